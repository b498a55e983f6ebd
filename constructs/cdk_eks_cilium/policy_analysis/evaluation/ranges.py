"""Whether a range means a side: addresses outside the cluster, and by an option nodes and pods, too.

Cilium looks at labels. A range is a label that it gives to addresses outside the cluster, and, with the
agents' ``policy-cidr-match-mode``, to addresses of nodes and pods (`resolveLabels` in Cilium's
``pkg/ipcache/metadata.go``, https://docs.cilium.io/en/stable/security/policy/layer3/#selecting-nodes-with-cidr-ipblock,
https://github.com/cilium/cilium/pull/45194). A range of all addresses is the label of the world, which nodes
and pods lack, so releases differ there (`behaviour.policy`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from cdk_eks_cilium.policy.model.peers import Network
from cdk_eks_cilium.versions import behaviour

from .flow import Endpoint
from .labels import Labels
from .meaning import NO, YES, Meaning, known, unknown
from .selectors import Surroundings

Question = Callable[[Endpoint, Labels], Meaning]


def range_question(
    text: str, exceptions: Iterable[str], around: Surroundings, *, is_rule: bool = False
) -> Question:
    """Whether a range without its exceptions means a side.

    Args:
        text: The range.
        exceptions: Ranges that it leaves out.
        around: What the meaning of peers depends on.
        is_rule: Whether it stands in ``toCIDRSet``, ``fromCIDRSet`` or an ``ipBlock``.
    """
    whole = ip_network(text, strict=False)
    found = _Range(text, whole, tuple(ip_network(each, strict=False) for each in exceptions), is_rule)
    nodes, pods = means_nodes(around), means_pods(around)

    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        if "reserved:world" in labels:
            return found.means_outside(endpoint)
        if endpoint.on_node:
            return found.means_node(endpoint, around, pods) if nodes else NO
        if pods and endpoint.kind == "foreign":
            return unknown(f"the addresses of {endpoint}")
        return found.means_pod(endpoint) if pods and endpoint.workload is not None else NO

    return means


def means_nodes(around: Surroundings) -> bool:
    """Whether ranges mean nodes, too."""
    return "nodes" in around.inventory.ranges_mean and behaviour.policy.RANGES_MEAN_NODES.holds(
        around.version
    )


def means_pods(around: Surroundings) -> bool:
    """Whether ranges mean pods, too."""
    return "pods" in around.inventory.ranges_mean and behaviour.policy.RANGES_MEAN_PODS.holds(around.version)


@dataclass(frozen=True)
class _Range:
    text: str
    whole: Network
    holes: tuple[Network, ...]
    is_rule: bool

    def means_outside(self, endpoint: Endpoint) -> Meaning:
        is_everything = self.whole.prefixlen == 0 and self.whole.version == 4
        if endpoint.ip is not None:
            return known(self._has(endpoint.ip))
        if endpoint.apart or (is_everything and not self.holes):
            return known(is_everything)
        # No API server has a link-local address.
        if endpoint.kind == "entity" and self.whole.is_link_local:
            return NO
        return unknown(f"whether the addresses of {endpoint.name} are in {self.text}")

    def means_node(self, endpoint: Endpoint, around: Surroundings, with_pods: bool) -> Meaning:
        if self.whole.prefixlen == 0:
            leaves_out = behaviour.policy.ALL_ADDRESSES_LACK_NODES.holds(around.version)
            if self.is_rule and behaviour.policy.RULES_OF_ALL_ADDRESSES_LACK_NODES.holds(around.version):
                return NO
            if leaves_out and with_pods:
                # Two reports contradict each other: cilium's pull requests 47828 and 48046.
                return unknown("whether a range of all addresses means nodes where ranges mean pods, too")
            if leaves_out:
                return NO
        addresses = _node_addresses(endpoint, around)
        return self._among(addresses, "the addresses of the nodes", f"which node it is, for {self.text}")

    def means_pod(self, endpoint: Endpoint) -> Meaning:
        assert endpoint.workload is not None
        addresses = tuple(map(ip_address, endpoint.workload.addresses))
        name = str(endpoint.workload)
        return self._among(
            addresses, f"the addresses of {name}", f"which pod of {name} it is, for {self.text}"
        )

    def _among(self, addresses: Sequence[IPv4Address | IPv6Address], missing: str, which: str) -> Meaning:
        """Whether one of some addresses, whichever it is, is in the range."""
        if not addresses:
            return YES if self.whole.prefixlen == 0 and not self.holes else unknown(missing)
        found = {self._has(each) for each in addresses if each.version == self.whole.version}
        return unknown(which) if len(found) > 1 else known(True in found)

    def _has(self, address: IPv4Address | IPv6Address) -> bool:
        return address in self.whole and not any(address in hole for hole in self.holes)


def _node_addresses(endpoint: Endpoint, around: Surroundings) -> tuple[IPv4Address | IPv6Address, ...]:
    """The addresses that a node, or a pod on its node's network, may have."""
    if endpoint.ip is not None:
        return (endpoint.ip,)
    if endpoint.workload is not None and endpoint.workload.addresses:
        return tuple(map(ip_address, endpoint.workload.addresses))
    return tuple(ip_address(text) for node in around.inventory.nodes for text in node.addresses)
