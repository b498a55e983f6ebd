"""Selectors compared with each other, for unknown pods: whether one chooses all that the other does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdk_eks_cilium.policy.model import LabelSelector


@dataclass(frozen=True)
class SelectorTerms:
    """The terms of a selector, with keys without their source.

    Attributes:
        exact: Labels that must be there.
        expressions: Further terms: key, operator and values.
    """

    exact: Mapping[str, str]
    expressions: tuple[tuple[str, str, frozenset[str]], ...]


def _key(key: str) -> str:
    source, colon, rest = key.partition(":")
    return rest if colon and source in ("any", "k8s") else key


def selector_terms(selector: LabelSelector, further: Mapping[str, str]) -> SelectorTerms:
    """The terms of a selector and some further labels."""
    exact = {_key(key): value for key, value in (*(selector.match_labels or {}).items(), *further.items())}
    rest = []
    for one in selector.match_expressions or ():
        values = frozenset(one.values or ())
        if one.operator == "In" and len(values) == 1 and _key(one.key) not in exact:
            exact[_key(one.key)] = next(iter(values))
        else:
            rest.append((_key(one.key), str(one.operator), values))
    return SelectorTerms(exact, tuple(rest))


def implies(narrow: SelectorTerms, wide: SelectorTerms) -> bool:
    """Whether *wide* chooses all that *narrow* chooses. In doubt, no."""
    if any(narrow.exact.get(key) != value for key, value in wide.exact.items()):
        return False
    return all(_follows(narrow, *each) for each in wide.expressions)


def _follows(narrow: SelectorTerms, key: str, operator: str, values: frozenset[str]) -> bool:
    value = narrow.exact.get(key)
    given = [(op, other) for each, op, other in narrow.expressions if each == key]
    match operator:
        case "In":
            return value in values or any(op == "In" and other <= values for op, other in given)
        case "Exists":
            return value is not None or any(op in ("In", "Exists") for op, _ in given)
        case "DoesNotExist":
            return any(op == "DoesNotExist" for op, _ in given)
        case _:
            return (value is not None and value not in values) or any(
                op == "DoesNotExist"
                or (op == "NotIn" and other >= values)
                or (op == "In" and not other & values)
                for op, other in given
            )


def doubts(narrow: SelectorTerms, wide: SelectorTerms) -> tuple[int, int]:
    """How many labels of *wide* some of what *narrow* chooses may have otherwise.

    Returns:
        The labels that it needs, which most pods lack, and the labels that it only rules out, which holds
        for nearly every pod.
    """
    needed = {key for key, value in wide.exact.items() if narrow.exact.get(key) != value}
    ruled_out: set[str] = set()
    for key, operator, values in wide.expressions:
        if not _follows(narrow, key, operator, values):
            (ruled_out if operator in ("NotIn", "DoesNotExist") else needed).add(key)
    return len(needed), len(ruled_out - needed)


def disjoint(one: SelectorTerms, other: SelectorTerms) -> bool:
    """Whether nothing can match both. In doubt, no."""
    return any(other.exact.get(key, value) != value for key, value in one.exact.items())
