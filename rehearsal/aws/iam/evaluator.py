"""Decides what an identity policy allows, as far as the policies of this project go.

The evaluation is AWS's: an explicit deny wins, an allow is needed, all else is denied
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html). moto's own
evaluation looks at no condition of an identity policy, and conditions are what ours are made of.
The evaluator refuses what it does not know: nothing must pass because of a gap.
"""

# belief: IAM-policy-evaluation

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


def why_not(statements: Iterable[Statement], request: Request) -> str:
    """Why *request* is not allowed, by the statement that comes closest; empty if it is allowed.

    A statement that denies comes first, then statements that allow the action on the resource under a
    condition that fails, and then statements that allow it on other resources.
    """
    every = list(statements)
    if decide(every, request) is Decision.ALLOWED:
        return ""
    denying = [one for one in every if _effect(one) == "Deny" and _applies(one, request)]
    if denying:
        return f"{_called(denying[0])} denies it"
    named = [one for one in every if _effect(one) == "Allow" and _names_action(one, request)]
    here = [one for one in named if _names_resource(one, request)]
    if here:
        return "; ".join(f"{_called(one)} allows it only where {_failed(one, request)}" for one in here)
    if named:
        return "; ".join(f"{_called(one)} allows it only {_where(one)}" for one in named)
    return "no statement allows the action"


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
        _names_action(statement, request),
        _names_resource(statement, request),
        *(_condition(name, keys, request) for name, keys in statement.get("Condition", {}).items()),
    ]
    return all(parts)


def _names_action(statement: Statement, request: Request) -> bool:
    return _element(statement, "Action", lambda pattern: matches(pattern.lower(), request.action.lower()))


def _names_resource(statement: Statement, request: Request) -> bool:
    return _element(statement, "Resource", lambda pattern: matches(pattern, request.resource))


def _called(statement: Statement) -> str:
    return f"statement {statement['Sid']}" if "Sid" in statement else "a statement"


def _where(statement: Statement) -> str:
    if "Resource" in statement:
        return f"on {', '.join(_many(statement['Resource']))}"
    return f"outside {', '.join(_many(statement['NotResource']))}"


def _failed(statement: Statement, request: Request) -> str:
    """The conditions of a statement that do not hold, with what the request has."""
    context = {key.lower(): value for key, value in request.context.items()}
    failed = []
    for name, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            given = context.get(key.lower())
            if not _holds(name, _many(wanted), given):
                got = "nothing" if given is None else " and ".join(map(repr, _many(given))) or "no value"
                failed.append(f"{name} {key} {' or '.join(map(repr, _many(wanted)))}, got {got}")
    return "; ".join(failed)


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
