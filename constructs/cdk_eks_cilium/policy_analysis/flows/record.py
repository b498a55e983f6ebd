"""What one record of Hubble says about policies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, Literal

from cdk_eks_cilium.policy_analysis.evaluation import Direction, HttpRequest

Outcome = Literal["forwarded", "denied", "audited"]
"""What policies did: ``audited`` flows passed, and would not have passed without audit mode."""

REDACTED: Final = "HUBBLE_REDACTED"
"""What Hubble writes for what it must not record, `pkg/hubble/defaults` in Cilium."""


@lru_cache(maxsize=1 << 14)
def canonical_address(text: str) -> str | None:
    """An address as Python spells it; None if it is invalid. It is remembered: addresses repeat."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None


@dataclass(frozen=True)
class Party:
    """One side of a flow, as Cilium knew it when the flow was recorded.

    Attributes:
        kind: ``pod``, ``entity`` for what has a reserved identity, ``world`` for an address outside.
        name: ``NAMESPACE/WORKLOAD``, the entity, or the address.
        namespace: The namespace of a pod.
        labels: The labels of the identity of a pod, each ``source:key=value``, in order.
        maker: The kind of what makes the pod, such as ``Deployment``; empty if the record does not say.
        names: The DNS names that the agent knew for the address, in order.
        address: The IP address of an entity that ranges can mean, too; empty otherwise.
    """

    kind: Literal["pod", "entity", "world"]
    name: str
    namespace: str = ""
    labels: tuple[str, ...] = ()
    maker: str = ""
    names: tuple[str, ...] = ()
    address: str = ""

    def at(self, address: str) -> Party | None:
        """The same side at another address; None if the address is invalid."""
        if self.kind != "world" and not self.address:
            return self
        text = canonical_address(address)
        if text is None:
            return None
        return replace(self, name=text) if self.kind == "world" else replace(self, address=address)

    def __str__(self) -> str:
        if self.kind == "pod":
            return self.name
        if self.kind == "entity":
            return f"entity {self.name}"
        return f"fqdn {', '.join(self.names)}" if self.names else f"address {self.name}"


@dataclass(frozen=True)
class Conversation:
    """Who spoke to whom, at what. All flows of one conversation get one answer from policies.

    Attributes:
        source: The side that begins.
        destination: The other side.
        protocol: The protocol, as in `cdk_eks_cilium.policy_analysis.Flow`.
        port: The port of the destination; for ICMP the type.
        request: The HTTP request, if Cilium's proxy saw one. Its path has the query, because Cilium matches
            Envoy's ``:path`` (`getHTTPRule` in its ``pkg/envoy``).
        question: The DNS name that the source asked for, if Cilium's proxy saw it.
    """

    source: Party
    destination: Party
    protocol: str
    port: int
    request: HttpRequest | None = None
    question: str | None = None

    def __str__(self) -> str:
        text = f"{self.source} -> {self.destination} {self.protocol} {self.port}"
        if self.request is not None:
            return f"{text} {self.request.method} {self.request.path}"
        return f"{text} DNS {self.question}" if self.question is not None else text

    @property
    def is_redacted(self) -> bool:
        """Whether Hubble left parts of the request out."""
        if self.request is None:
            return False
        return any(value == REDACTED for _, value in self.request.headers)


@dataclass(frozen=True)
class Example:
    """One record, for people.

    Attributes:
        time: When, as Hubble wrote it.
        source: The pod or the address that sent it.
        destination: The pod or the address that it was for.
        node: The node that saw it.
    """

    time: str
    source: str
    destination: str
    node: str = ""

    def __str__(self) -> str:
        where = f" on {self.node}" if self.node else ""
        return f"{self.time or 'time unknown'} {self.source} -> {self.destination}{where}"


@dataclass(frozen=True)
class Sighting:
    """A record that policies decided.

    Attributes:
        conversation: What it is part of.
        direction: Where it was seen: ``egress`` at its source, ``ingress`` at its destination.
        outcome: What policies did there.
        example: The record, for people.
    """

    conversation: Conversation
    direction: Direction
    outcome: Outcome
    example: Example = field(compare=False)

    def with_headers(self, names: Collection[str]) -> Sighting:
        """The same record with some headers of its request, whose names are in lower case."""
        request = self.conversation.request
        if request is None or not request.headers:
            return self
        kept = tuple(each for each in request.headers if each[0].lower() in names)
        request = replace(request, headers=kept)
        return replace(self, conversation=replace(self.conversation, request=request))

    def at(self, source: str, destination: str, port: int | None = None) -> Sighting | None:
        """The same between other addresses, at another port if one is given, with the same example.

        None if an address is invalid.
        """
        begins = self.conversation.source.at(source)
        ends = self.conversation.destination.at(destination)
        if begins is None or ends is None:
            return None
        one = self.conversation
        return self.between(begins, ends, one.port if port is None else port)

    def between(self, source: Party, destination: Party, port: int) -> Sighting:
        """The same between other sides of the same kinds, at another port, with the same example."""
        one = self.conversation
        moved = Conversation(source, destination, one.protocol, port, one.request, one.question)
        return Sighting(moved, self.direction, self.outcome, self.example)


@dataclass(frozen=True)
class Unjudged:
    """A record that tells nothing about policies.

    Attributes:
        reason: Why, as a clause.
    """

    reason: str
