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
from functools import cache, cached_property, lru_cache
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

    @cached_property
    def values(self) -> Mapping[str, str | tuple[str, ...]]:
        """The context by its keys in lower case: their names ignore case."""
        return {key.lower(): value for key, value in self.context.items()}

    @cached_property
    def multi_valued(self) -> frozenset[str]:
        """Keys of the context that have several values, in lower case."""
        return frozenset(key.lower() for key, value in self.context.items() if not isinstance(value, str))


class Policy(tuple[Statement, ...]):
    """Statements that judge many requests: they are read at the first one, and no more."""

    @cached_property
    def prepared(self) -> tuple[_Prepared, ...]:
        """The statements, read.

        Raises:
            ValueError: If a statement holds something that this evaluator does not know.
        """
        return tuple(map(_prepare, self))


@dataclass(frozen=True)
class _Prepared:
    """A statement of which every part is known.

    Attributes:
        given: The statement as it was written.
        effect: ``Allow`` or ``Deny``.
        actions: Its patterns, in lower case.
        but_actions: Whether it is for all other actions.
        resources: Its patterns.
        but_resources: Whether it is for all other resources.
        conditions: An operator, a key in lower case, and the values that are wanted.
        single_valued: Operators that compare one value, by their keys in lower case.
    """

    given: Statement
    effect: str
    actions: tuple[str, ...]
    but_actions: bool
    resources: tuple[str, ...]
    but_resources: bool
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    single_valued: Mapping[str, str]

    def names_action(self, request: Request) -> bool:
        return _any_matches(self.actions, request.action.lower()) != self.but_actions

    def names_resource(self, request: Request) -> bool:
        return _any_matches(self.resources, request.resource) != self.but_resources

    def applies(self, request: Request) -> bool:
        # Whatever the rest says: a request that this evaluator cannot judge is always refused.
        for key in request.multi_valued:
            if name := self.single_valued.get(key):
                raise ValueError(f"{name} on a key with several values needs ForAnyValue or ForAllValues")
        return (
            self.names_action(request)
            and self.names_resource(request)
            and all(_holds(name, wanted, request.values.get(key)) for name, key, wanted in self.conditions)
        )


def decide(statements: Iterable[Statement], request: Request) -> Decision:
    """Evaluate *request* against all *statements* of a principal; a `Policy` is read only once.

    Raises:
        ValueError: If a statement holds something that this evaluator does not know.
    """
    effects = {one.effect for one in _read(statements) if one.applies(request)}
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def allows(statements: Sequence[Statement], *requests: Request) -> bool:
    """Whether every one of *requests*, the parts of a call, is allowed."""
    policy = statements if isinstance(statements, Policy) else Policy(statements)
    return all(decide(policy, request) is Decision.ALLOWED for request in requests)


def why_not(statements: Iterable[Statement], request: Request) -> str:
    """Why *request* is not allowed, by the statement that comes closest; empty if it is allowed.

    A statement that denies comes first, then statements that allow the action on the resource under a
    condition that fails, and then statements that allow it on other resources.
    """
    every = statements if isinstance(statements, Policy) else Policy(statements)
    if decide(every, request) is Decision.ALLOWED:
        return ""
    read = every.prepared
    denying = [one for one in read if one.effect == "Deny" and one.applies(request)]
    if denying:
        return f"{_called(denying[0].given)} denies it"
    named = [one for one in read if one.effect == "Allow" and one.names_action(request)]
    here = [one for one in named if one.names_resource(request)]
    if here:
        return "; ".join(
            f"{_called(one.given)} allows it only where {_failed(one.given, request)}" for one in here
        )
    if named:
        return "; ".join(f"{_called(one.given)} allows it only {_where(one.given)}" for one in named)
    return "no statement allows the action"


def _read(statements: Iterable[Statement]) -> Iterable[_Prepared]:
    return statements.prepared if isinstance(statements, Policy) else map(_prepare, statements)


def matches(pattern: str, text: str) -> bool:
    """Whether *text* matches IAM's wildcards: ``*`` for any run of characters, ``?`` for any one."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    if "${" in pattern:
        raise ValueError(f"policy variables are not evaluated: {pattern}")
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in pattern), re.DOTALL)


# The same few patterns meet the same few texts in every call of a role, so the answers are kept.
@lru_cache(maxsize=65_536)
def _any_matches(patterns: tuple[str, ...], text: str) -> bool:
    return any(matches(pattern, text) for pattern in patterns)


def _prepare(statement: Statement) -> _Prepared:
    """Read every part of a statement, so that an unknown one is refused whatever the request."""
    if unknown := statement.keys() - _KNOWN:
        raise ValueError(f"unknown elements of a statement: {sorted(unknown)}")
    effect = statement["Effect"]
    if effect not in ("Allow", "Deny"):
        raise ValueError(f"unknown effect: {effect}")
    actions, but_actions = _element(statement, "Action")
    resources, but_resources = _element(statement, "Resource")
    conditions = [
        (name, key.lower(), _many(wanted))
        for name, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    ]
    for name, _, wanted in conditions:
        _refuse_unknown(name, wanted)
    return _Prepared(
        statement,
        str(effect),
        tuple(pattern.lower() for pattern in actions),
        but_actions,
        resources,
        but_resources,
        tuple(conditions),
        {key: name for name, key, _ in conditions if name != "Null" and ":" not in name},
    )


def _called(statement: Statement) -> str:
    return f"statement {statement['Sid']}" if "Sid" in statement else "a statement"


def _where(statement: Statement) -> str:
    if "Resource" in statement:
        return f"on {', '.join(_many(statement['Resource']))}"
    return f"outside {', '.join(_many(statement['NotResource']))}"


def _failed(statement: Statement, request: Request) -> str:
    """The conditions of a statement that do not hold, with what the request has."""
    failed = []
    for name, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            given = request.values.get(key.lower())
            if not _holds(name, _many(wanted), given):
                got = "nothing" if given is None else " and ".join(map(repr, _many(given))) or "no value"
                failed.append(f"{name} {key} {' or '.join(map(repr, _many(wanted)))}, got {got}")
    return "; ".join(failed)


def _element(statement: Statement, name: str) -> tuple[tuple[str, ...], bool]:
    """The patterns of an element, and whether the statement is for all others."""
    given, inverse = statement.get(name), statement.get(f"Not{name}")
    if (given is None) == (inverse is None):
        raise ValueError(f"a statement needs either {name} or Not{name}")
    patterns = _many(given if inverse is None else inverse)
    for pattern in patterns:
        _compiled(pattern)
    return patterns, inverse is not None


def _many(given: Any) -> tuple[str, ...]:
    values = (given,) if isinstance(given, (str, bool)) else tuple(given)
    if all(type(value) is str for value in values):
        return values
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


_PATTERNS: Final = (matches, _arn_matches)


def _operator(name: str) -> tuple[str, str]:
    """The set that an operator asks about, if any, and the operator without that and without IfExists."""
    for_set, _, rest = name.rpartition(":")
    return for_set, rest.removesuffix("IfExists")


def _refuse_unknown(name: str, wanted: tuple[str, ...]) -> None:
    if name == "Null":
        return
    for_set, operator = _operator(name)
    test = _OPERATORS.get(_NEGATED.get(operator, operator))
    if test is None or for_set not in ("", "ForAnyValue", "ForAllValues"):
        raise ValueError(f"unknown condition operator: {name}")
    for pattern in wanted if test in _PATTERNS else ():
        _compiled(pattern)


@lru_cache(maxsize=65_536)
def _holds(name: str, wanted: tuple[str, ...], given: str | tuple[str, ...] | None) -> bool:
    if name == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    for_set, operator = _operator(name)
    negated = operator in _NEGATED
    test = _OPERATORS[_NEGATED.get(operator, operator)]
    values = () if given is None else _many(given)
    if given is None and name.endswith("IfExists"):
        return True
    fits = [any(test(one, value) for one in wanted) != negated for value in values]
    if for_set == "ForAnyValue":
        return any(fits)
    if for_set == "ForAllValues":
        return all(fits)
    # A missing key fails a positive test and passes a negated one.
    return fits[0] if fits else negated
