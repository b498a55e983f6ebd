"""What NetworkPolicies of Kubernetes mean, from its own documents, for plain data.

Written without a look at the library, which it is to be compared with: it imports nothing of it.
https://kubernetes.io/docs/concepts/services-networking/network-policies/
https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

Labels = dict[str, str]


@dataclass(frozen=True)
class Pod:
    """A pod, or with *address* somebody outside the cluster."""

    name: str
    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    ports: tuple[tuple[str, int, str], ...] = ()
    address: str = ""


@dataclass(frozen=True)
class World:
    """Policies, and the labels of namespaces."""

    policies: list[dict[str, Any]]
    namespaces: dict[str, Labels] = field(default_factory=dict)

    def allows(self, source: Pod, destination: Pod, port: int, protocol: str) -> bool:
        """Whether a connection may be made: the source's side and the destination's must both allow it."""
        return self._side("Egress", source, destination, destination, port, protocol) and self._side(
            "Ingress", destination, source, destination, port, protocol
        )

    def _side(
        self, direction: str, subject: Pod, other: Pod, receiver: Pod, port: int, protocol: str
    ) -> bool:
        if subject.address:
            return True
        isolating = [
            policy["spec"]
            for policy in self.policies
            if policy["metadata"]["namespace"] == subject.namespace
            and selects(policy["spec"]["podSelector"], dict(subject.labels))
            and direction in policy_types(policy["spec"])
        ]
        if not isolating:
            return True
        section, peers = ("egress", "to") if direction == "Egress" else ("ingress", "from")
        return any(
            self._peer(rule.get(peers), policy_namespace, other)
            and admits(rule.get("ports"), receiver, port, protocol)
            for spec, policy_namespace in ((spec, subject.namespace) for spec in isolating)
            for rule in spec.get(section) or []
        )

    def _peer(self, peers: list[dict[str, Any]] | None, namespace: str, other: Pod) -> bool:
        if not peers:
            return True  # "If this field is empty or missing, this rule matches all sources"
        return any(self._one_peer(peer, namespace, other) for peer in peers)

    def _one_peer(self, peer: dict[str, Any], namespace: str, other: Pod) -> bool:
        if "ipBlock" in peer:
            # Whether a pod's own address counts is left to the implementation; Cilium says it does not.
            return bool(other.address) and in_block(peer["ipBlock"], other.address)
        if other.address:
            return False
        if "namespaceSelector" in peer:
            labels = {
                "kubernetes.io/metadata.name": other.namespace,
                **self.namespaces.get(other.namespace, {}),
            }
            if not selects(peer["namespaceSelector"], labels):
                return False
        elif other.namespace != namespace:
            return False
        return "podSelector" not in peer or selects(peer["podSelector"], dict(other.labels))


def policy_types(spec: dict[str, Any]) -> list[str]:
    """The directions a policy is about, with the API server's default."""
    given = spec.get("policyTypes")
    if given:
        return list(given)
    return ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def selects(selector: dict[str, Any], labels: Labels) -> bool:
    """Whether a label selector matches."""
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for each in selector.get("matchExpressions") or []:
        key, operator, values = each["key"], each["operator"], each.get("values") or []
        there = key in labels
        matched = {
            "In": there and labels.get(key) in values,
            "NotIn": not there or labels[key] not in values,
            "Exists": there,
            "DoesNotExist": not there,
        }[operator]
        if not matched:
            return False
    return True


def admits(ports: list[dict[str, Any]] | None, receiver: Pod, port: int, protocol: str) -> bool:
    """Whether a list of ports lets a port of the receiver through."""
    if not ports:
        return True
    return any(_admits(each, receiver, port, protocol) for each in ports)


def _admits(given: dict[str, Any], receiver: Pod, port: int, protocol: str) -> bool:
    if given.get("protocol", "TCP") != protocol:
        return False
    wanted = given.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return (wanted, port, protocol) in receiver.ports
    return bool(wanted <= port <= given.get("endPort", wanted))


def in_block(block: dict[str, Any], address: str) -> bool:
    """Whether an address is in a block and in none of its exceptions."""
    ip = ipaddress.ip_address(address)
    if ip not in ipaddress.ip_network(block["cidr"], strict=False):
        return False
    return not any(ip in ipaddress.ip_network(hole, strict=False) for hole in block.get("except") or [])
