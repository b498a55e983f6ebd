"""A suggested policy, as calls of the builders: the same calls give YAML and Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cdk_eks_cilium.policy import CiliumNetworkPolicy, Http, Icmp, Peer, PolicyBuilder, Port

from .stable_labels import Chosen

_WIDTH: Final = 100

At = tuple[str, int]
"""Protocol and port, or type of ICMP."""

Request = tuple[str, str]
"""Method and expression of a path."""


@dataclass(frozen=True, order=True)
class PeerSpec:
    """The other side of a call.

    Attributes:
        kind: A class method of `Peer`.
        values: Its values: for pods, each the labels with the namespace, which is empty for the policy's own.
    """

    kind: Literal["pods", "entity", "cidr", "fqdn"]
    values: tuple[Any, ...]

    def made(self) -> Peer:
        """The peer."""
        if self.kind == "pods":
            return Peer.any_of(*(_pods(labels, namespace) for labels, namespace in self.values))
        if self.kind == "entity":
            return Peer.entity(*self.values)
        return Peer.cidr(*self.values) if self.kind == "cidr" else Peer.fqdn(*self.values)

    def written(self) -> str:
        """The peer as Python."""
        if self.kind != "pods":
            return f"Peer.{self.kind}({', '.join(map(_quoted, self.values))})"
        each = [_written_pods(labels, namespace) for labels, namespace in self.values]
        return each[0] if len(each) == 1 else f"Peer.any_of({', '.join(each)})"


def _pods(labels: Chosen, namespace: str) -> Peer:
    return Peer.pods(dict(labels) or None, namespace=namespace or None)


def _written_pods(labels: Chosen, namespace: str) -> str:
    given = [_written_labels(labels)] if labels else []
    if namespace:
        given.append(f"namespace={_quoted(namespace)}")
    return f"Peer.pods({', '.join(given)})"


@dataclass(frozen=True)
class Call:
    """One verb.

    Attributes:
        verb: A method of `PolicyBuilder`.
        peer: The other side; for ``allow_dns`` the servers.
        ports: The ports, or types of ICMP; empty for ``allow_dns``.
        requests: The HTTP requests that pass; empty for all.
        names: The names that may be asked for.
    """

    verb: Literal["allow_from", "allow_to", "allow_dns"]
    peer: PeerSpec
    ports: tuple[At, ...] = ()
    requests: tuple[Request, ...] = ()
    names: tuple[str, ...] = ()

    def apply(self, builder: PolicyBuilder) -> None:
        """Call the verb."""
        if self.verb == "allow_dns":
            builder.allow_dns(*self.names, servers=self.peer.made())
            return
        requests = [Http(method=method, path=path) for method, path in self.requests]
        getattr(builder, self.verb)(self.peer.made(), *map(_port, self.ports), http=requests)

    def written(self, builder: str) -> str:
        """The call as Python."""
        if self.verb == "allow_dns":
            given = [*map(_quoted, self.names), f"servers={self.peer.written()}"]
        else:
            given = [self.peer.written(), *map(_written_port, self.ports)]
            if self.requests:
                each = [
                    f"Http(method={_quoted(method)}, path={_quoted(path)})" for method, path in self.requests
                ]
                given.append(_indented(_call("http=", each, "[]", _WIDTH - len("    ,"))))
        return _call(f"{builder}.{self.verb}", given)


@dataclass(frozen=True)
class SuggestedPolicy:
    """A policy for one workload, or for workloads that cannot be told apart.

    Attributes:
        name: Its name.
        namespace: Its namespace.
        labels: The labels of its pods; empty for every pod of the namespace.
        calls: What it allows, in order.
        closed: The directions in which it refuses what nothing allows.
        wider: What it allows beyond what was seen, as clauses.
    """

    name: str
    namespace: str
    labels: Chosen
    calls: tuple[Call, ...]
    closed: tuple[str, ...] = ("ingress", "egress")
    wider: tuple[str, ...] = field(default=())

    def made(self) -> CiliumNetworkPolicy:
        """The policy."""
        builder = PolicyBuilder(self.name, namespace=self.namespace, pods=dict(self.labels) or None)
        for call in self.calls:
            call.apply(builder)
        builder.default_deny(ingress="ingress" in self.closed, egress="egress" in self.closed)
        return builder.policy()

    @property
    def comments(self) -> Iterator[str]:
        """What people must know of it, as lines."""
        yield from (f"# Wider than what was seen: {each}" for each in self.wider)
        if not self.calls:
            return
        for direction, verbs in _VERBS.items():
            if direction in self.closed and not any(call.verb in verbs for call in self.calls):
                yield f"# No flow was seen in {direction}, which is shut"

    def written(self, variable: str) -> Iterator[str]:
        """The policy as lines of Python."""
        yield from self.comments
        given = [_quoted(self.name), f"namespace={_quoted(self.namespace)}"]
        if self.labels:
            given.append(f"pods={_written_labels(self.labels)}")
        yield f"{variable} = {_call('PolicyBuilder', given)}"
        yield from (call.written(variable) for call in self.calls)
        left_open = [f"{each}=False" for each in ("ingress", "egress") if each not in self.closed]
        if len(left_open) < 2:
            yield f"{variable}.default_deny({', '.join(left_open)})"


_VERBS: Final = {"ingress": ("allow_from",), "egress": ("allow_to", "allow_dns")}


def python_of(policies: Sequence[SuggestedPolicy]) -> str:
    """A Python module that makes the policies, as the list ``policies``."""
    lines: list[str] = []
    variables: list[str] = []
    for policy in policies:
        plain = re.sub(r"\W", "_", f"{policy.namespace}_{policy.name}")
        variable = plain if plain[0].isalpha() else f"policy_{plain}"
        while variable in variables:
            variable += "_"
        variables.append(variable)
        lines += ["", *policy.written(variable)]
    text = "\n".join(lines)
    used = [name for name in ("Http", "Icmp", "Peer", "Port") if f"{name}." in text or f"{name}(" in text]
    names = ", ".join(sorted([*used, "PolicyBuilder"]))
    made = ", ".join(f"{each}.policy()" for each in variables)
    head = f"from cdk_eks_cilium.policy import {names}"
    return f"{head}\n{text}\n\n{_call('policies = ', made.split(', ') if made else [], '[]')}\n"


def _port(at: At) -> Port | Icmp:
    protocol, number = at
    if protocol == "ICMP":
        return Icmp.v4(number)
    return Icmp.v6(number) if protocol == "ICMPv6" else _PORTS[protocol](number)


_PORTS: Final = {"TCP": Port.tcp, "UDP": Port.udp, "SCTP": Port.sctp}


def _written_port(at: At) -> str:
    protocol, number = at
    if protocol.startswith("ICMP"):
        return f"Icmp.{'v6' if protocol == 'ICMPv6' else 'v4'}({number})"
    return f"Port.{protocol.lower()}({number})"


def _written_labels(labels: Chosen) -> str:
    return "{" + ", ".join(f"{_quoted(key)}: {_quoted(value)}" for key, value in labels) + "}"


def _quoted(text: str) -> str:
    if "\\" in text and '"' not in text and not text.endswith("\\"):
        return f'r"{text}"'
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain.startswith("'") and '"' not in plain else plain


def _indented(text: str) -> str:
    """A text of several lines, as it stands among the arguments of a call."""
    return text.replace("\n", "\n    ")


def _call(what: str, given: Sequence[str], brackets: str = "()", width: int = _WIDTH) -> str:
    """A call on one line, or with one argument a line."""
    line = f"{what}{brackets[0]}{', '.join(given)}{brackets[1]}"
    if len(line) <= width and "\n" not in line:
        return line
    listed = "".join(f"    {each},\n" for each in given)
    return f"{what}{brackets[0]}\n{listed}{brackets[1]}"
