"""Limits of requests as sets, so that two of them can be compared by what they let through.

A limit has alternatives, of which any one must hold. A flow may meet limits on either side, and then all of
them must hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from cdk_eks_cilium.policy.model import HttpRule
from cdk_eks_cilium.policy_analysis.evaluation.ports import Limit

Clause = frozenset["Alternative"]
"""Alternatives of which any one must hold."""

_HTTP: Final = ("method", "path", "host")


@dataclass(frozen=True)
class Alternative:
    """One way to meet a limit.

    Attributes:
        kind: What checks it: ``http``, ``dns``, ``tls``, another protocol, ``listener`` or ``any``.
        fields: What must hold, as sorted pairs of a field and its value.
        proof: The mode of authentication that must hold, too; empty without one.
        text: All of it in words.
    """

    kind: str
    fields: frozenset[tuple[str, str]]
    proof: str
    text: str = field(compare=False)

    def implies(self, other: Alternative) -> bool:
        """Whether everything that meets this meets *other*, too; False also where that is not decided.

        Expressions are compared as text: two that differ count as different.
        """
        if other.proof not in ("", self.proof):
            return False
        if other.kind == "any" or (self.kind, self.fields) == (other.kind, other.fields):
            return True
        if self.kind != other.kind:
            return False
        if other.kind == "dns":
            return ("name", "*") in other.fields
        # Every field narrows an HTTP rule, so more fields mean fewer requests.
        return self.kind == "http" and other.fields <= self.fields


def alternatives(limit: Limit) -> Iterator[Alternative]:
    """The alternatives of a limit."""
    proof = limit.proof or ""
    if limit.rules is None:
        for name in limit.server_names:
            yield _alternative("tls", {("name", name.lower())}, proof, f"TLS to {name}")
        if not limit.server_names:
            # A listener has only its text; what is left without rules is authentication alone.
            own = not proof or " and " in limit.text
            fields = {("text", limit.text)} if own else set()
            yield _alternative("listener" if own else "any", fields, proof, limit.text)
        return
    for rule in limit.rules.http or ():
        yield _alternative("http", set(_http_fields(rule)), proof, _http_text(rule))
    for question in limit.rules.dns or ():
        name = question.text.lower().rstrip(".")
        yield _alternative("dns", {("name", name)}, proof, f"DNS {question.text}")
    for each in limit.rules.kafka or ():
        fields = {(key, str(value)) for key, value in each.manifest().items()}
        yield _alternative("kafka", fields, proof, f"Kafka {_listed(fields)}")
    for pairs in limit.rules.l7 or ():
        fields = {("protocol", str(limit.rules.l7proto)), *pairs.items()}
        yield _alternative("l7", fields, proof, f"{limit.rules.l7proto} {_listed(set(pairs.items()))}")


def _alternative(kind: str, fields: set[tuple[str, str]], proof: str, text: str) -> Alternative:
    words = f"{text}, with authentication {proof}" if proof and kind not in ("any", "listener") else text
    return Alternative(kind, frozenset(fields), proof, words)


def _http_fields(rule: HttpRule) -> Iterator[tuple[str, str]]:
    for name in _HTTP:
        if value := getattr(rule, name):
            yield name, value
    for header in rule.headers or ():
        yield "header", header
    for match in rule.header_matches or ():
        # A mismatch is only logged or repaired, and refuses nothing.
        if match.mismatch is None:
            yield "header", str(sorted(match.manifest().items()))


def _http_text(rule: HttpRule) -> str:
    words: list[Any] = ["HTTP", rule.method or "any method", rule.path or "any path"]
    words += [f"at {rule.host}"] if rule.host else []
    names = [*(rule.headers or ()), *(_header(one.name, one.value) for one in rule.header_matches or ())]
    words += [f"with header {' and '.join(names)}"] if names else []
    return " ".join(words)


def _header(name: str, value: str | None) -> str:
    return name if value is None else f"{name}: {value}"


def _listed(fields: set[tuple[str, str]]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(fields)) or "anything"


def implies(narrow: frozenset[Clause], wide: frozenset[Clause]) -> bool:
    """Whether everything that meets all clauses of *narrow* meets all of *wide*."""
    return all(any(_clause_implies(one, each) for one in narrow) for each in wide)


def _clause_implies(narrow: Clause, wide: Clause) -> bool:
    return all(any(one.implies(other) for other in wide) for one in narrow)
