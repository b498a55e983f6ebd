"""Decides what an identity policy allows, as far as the policies of this project go.

The evaluation is AWS's: an explicit deny wins, an allow is needed, all else is denied
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html). moto's own
evaluation looks at no condition of an identity policy, and conditions are what ours are made of.
The evaluator refuses what it does not know: a test must not pass because of a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Final

Statement = Mapping[str, Any]

_KNOWN: Final = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Principal"}
)


class Decision(Enum):
    """What a policy says to a request."""

    ALLOWED = "allowed"
    DENIED = "denied by a statement"
    NOT_ALLOWED = "allowed by no statement"


@dataclass(frozen=True)
class Request:
    """One action on one resource. A call on several resources is several requests, and needs them all.

    Attributes:
        action: Such as ``ec2:CreateTags``.
        resource: ARN, or ``*`` for actions that know no resources.
        context: Condition keys of this request; a multi-valued key has a tuple.
    """

    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


def decide(statements: Iterable[Statement], request: Request) -> Decision:
    """Evaluate *request* against all *statements* of a principal.

    Raises:
        ValueError: If a statement holds something that this evaluator does not know.
    """
    effects = {_effect(statement) for statement in statements if _applies(statement, request)}
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def allows(statements: Sequence[Statement], *requests: Request) -> bool:
    """Whether every one of *requests*, the parts of a call, is allowed."""
    return all(decide(statements, request) is Decision.ALLOWED for request in requests)


def matches(pattern: str, text: str) -> bool:
    """Whether *text* matches IAM's wildcards: ``*`` for any run of characters, ``?`` for any one."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    if "${" in pattern:
        raise ValueError(f"policy variables are not evaluated: {pattern}")
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in pattern), re.DOTALL)


def _effect(statement: Statement) -> str:
    effect = statement["Effect"]
    if effect not in ("Allow", "Deny"):
        raise ValueError(f"unknown effect: {effect}")
    return str(effect)


def _applies(statement: Statement, request: Request) -> bool:
    if unknown := set(statement) - _KNOWN:
        raise ValueError(f"unknown elements of a statement: {sorted(unknown)}")
    # A list, not a generator: every part must be read, so that an unknown one is always refused.
    parts = [
        _element(statement, "Action", lambda pattern: matches(pattern.lower(), request.action.lower())),
        _element(statement, "Resource", lambda pattern: matches(pattern, request.resource)),
        *(_condition(name, keys, request) for name, keys in statement.get("Condition", {}).items()),
    ]
    return all(parts)


def _element(statement: Statement, name: str, fits: Callable[[str], bool]) -> bool:
    given, inverse = statement.get(name), statement.get(f"Not{name}")
    if (given is None) == (inverse is None):
        raise ValueError(f"a statement needs either {name} or Not{name}")
    if inverse is not None:
        return not any(fits(pattern) for pattern in _many(inverse))
    return any(fits(pattern) for pattern in _many(given))


def _many(given: Any) -> tuple[str, ...]:
    values = (given,) if isinstance(given, (str, bool)) else tuple(given)
    return tuple(str(value).lower() if isinstance(value, bool) else value for value in values)


def _arn_matches(pattern: str, text: str) -> bool:
    """ArnEquals and ArnLike alike: each of the six parts by itself, with wildcards."""
    patterns, parts = pattern.split(":", 5), text.split(":", 5)
    return (
        len(patterns) == len(parts) == 6
        and parts[0] == "arn"
        and all(matches(one, other) for one, other in zip(patterns, parts, strict=True))
    )


_OPERATORS: Final[dict[str, Callable[[str, str], bool]]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": matches,
    "ArnEquals": _arn_matches,
    "ArnLike": _arn_matches,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
}
_NEGATED: Final = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def _condition(name: str, keys: Mapping[str, Any], request: Request) -> bool:
    context = {key.lower(): value for key, value in request.context.items()}
    every = [
        _holds(name, _many(wanted), context.get(key.lower()))  # names of keys ignore case
        for key, wanted in keys.items()
    ]
    return all(every)


def _holds(name: str, wanted: tuple[str, ...], given: str | tuple[str, ...] | None) -> bool:
    if name == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    for_set, _, rest = name.rpartition(":")
    operator = rest.removesuffix("IfExists")
    negated = operator in _NEGATED
    test = _OPERATORS.get(_NEGATED.get(operator, operator))
    if test is None or for_set not in ("", "ForAnyValue", "ForAllValues"):
        raise ValueError(f"unknown condition operator: {name}")
    values = () if given is None else _many(given)
    if not for_set and given is not None and not isinstance(given, str):
        raise ValueError(f"{name} on a key with several values needs ForAnyValue or ForAllValues")
    if given is None and rest != operator:
        return True
    fits = [any(test(one, value) for one in wanted) != negated for value in values]
    if for_set == "ForAnyValue":
        return any(fits)
    if for_set == "ForAllValues":
        return all(fits)
    # A missing key fails a positive test and passes a negated one.
    return fits[0] if fits else negated
