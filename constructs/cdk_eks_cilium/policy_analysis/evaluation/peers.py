"""Whether an item of a policy means the other side of a flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from ipaddress import ip_network
from typing import Final

from cdk_eks_cilium.policy.model import CidrRule, EgressDenyRule, FqdnSelector, Item, LabelSelector, Service
from cdk_eks_cilium.policy_analysis.workloads import CidrGroup, Inventory
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .flow import Endpoint
from .labels import CLUSTER, Labels, matcher
from .names import matches_name
from .selectors import Surroundings, peer_selector
from .services import services_of

#: What ``cluster`` means, beside every pod of the cluster.
_IN_CLUSTER: Final = ("host", "remote-node", "init", "ingress", "health", "unmanaged", "kube-apiserver")


@dataclass(frozen=True)
class Meaning:
    """Whether an item means an endpoint.

    Attributes:
        matches: Whether it does; None if only the cluster knows.
        why: What an unknown answer depends on.
    """

    matches: bool | None
    why: str = ""


YES: Final = Meaning(True)
NO: Final = Meaning(False)

Question = Callable[[Endpoint, Labels], Meaning]


@dataclass(frozen=True)
class Peers:
    """The other side that an item means.

    Attributes:
        means: Whether it means an endpoint.
        namespaces: The only namespaces whose pods it can mean; None if any.
        pods: Whether it can mean a pod at all.
    """

    means: Question
    namespaces: frozenset[str] | None = None
    pods: bool = True


def peers_of(item: Item, namespace: str | None, around: Surroundings) -> Peers:
    """Compile the other side of an item; *namespace* is that of its policy, None if it is clusterwide."""
    kind = item.peer_kind
    if kind is None or _is_taken_for_anyone(item, around):
        return Peers(lambda *_: YES)
    given = getattr(item, kind)
    if isinstance(item, EgressDenyRule) and kind == "to_services":
        return Peers(lambda *_: NO)
    makers: dict[str, Callable[[], Peers]] = {
        "endpoints": lambda: _endpoints(given, namespace, around),
        "entities": lambda: _entities(given, around.inventory.cluster_name),
        "cidr": lambda: _any_of([_range(text, ()) for text in given]),
        "cidr_set": lambda: _any_of([each for rule in given for each in _ranges(rule, around.inventory)]),
        "fqdns": lambda: _fqdns(given, around.version),
        "services": lambda: _services(given, around, bool(item.to_ports)),
        "nodes": lambda: Peers(_node, pods=False),
        "groups": lambda: Peers(_group, pods=False),
    }
    return makers[kind.partition("_")[2]]()


def _is_taken_for_anyone(item: Item, around: Surroundings) -> bool:
    """Whether Cilium sees ports without peers, and opens the ports to everyone.

    Before `EMPTY_PEERS_ARE_NOBODY` an empty list of peers counts as a missing list. No release looks up
    Services in denials (``pkg/policy/k8s/service.go``).
    """
    if not (item.to_ports or item.icmps):
        return False
    kind = str(item.peer_kind)
    if kind == "to_services" and isinstance(item, EgressDenyRule):
        return True
    if behaviour.policy.EMPTY_PEERS_ARE_NOBODY.holds(around.version):
        return False
    given = getattr(item, kind)
    if kind.endswith("_cidr_set"):
        return not any(_ranges(rule, around.inventory) for rule in given)
    return not given


def _endpoints(selectors: Iterable[LabelSelector], namespace: str | None, around: Surroundings) -> Peers:
    ready = [matcher(*peer_selector(selector, namespace, around)) for selector in selectors]
    named = [one.namespace for one in ready]
    within = None if any(name is None for name in named) else frozenset(name for name in named if name)

    def means(_: Endpoint, labels: Labels) -> Meaning:
        return YES if any(one.matches(labels) for one in ready) else NO

    return Peers(means, namespaces=within)


def _entities(names: Iterable[str], cluster_name: str) -> Peers:
    wanted = set(names)
    if "all" in wanted:
        return Peers(lambda *_: YES)
    in_cluster = "cluster" in wanted
    keys = {f"reserved:{name}" for name in wanted - {"cluster", "none"}}
    if in_cluster:
        keys |= {f"reserved:{name}" for name in _IN_CLUSTER}

    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        if any(key in labels for key in keys):
            return YES
        if in_cluster and labels.get(f"k8s:{CLUSTER}") == cluster_name:
            return YES
        return NO

    return Peers(means, pods=in_cluster)


def _ranges(rule: CidrRule, inventory: Inventory) -> list[Question]:
    exceptions = rule.except_ or ()
    if rule.cidr is not None:
        return [_range(rule.cidr, exceptions)]
    groups = chosen_groups(rule, inventory.cidr_groups)
    if rule.cidr_group_ref is not None and not groups:
        return [lambda endpoint, labels: _unless_pod(labels, f"CiliumCIDRGroup {rule.cidr_group_ref}")]
    return [_range(cidr, exceptions) for group in groups for cidr in group.cidrs]


def chosen_groups(rule: CidrRule, groups: Iterable[CidrGroup]) -> list[CidrGroup]:
    """The groups that a rule without a range of its own means."""
    if rule.cidr_group_ref is not None:
        return [group for group in groups if group.name == rule.cidr_group_ref]
    chosen = matcher(rule.cidr_group_selector or LabelSelector())
    return [group for group in groups if chosen.matches(group.labels)]


def _unless_pod(labels: Labels, why: str) -> Meaning:
    return Meaning(None, why) if "reserved:world" in labels else NO


def _range(text: str, exceptions: Iterable[str]) -> Question:
    """Ranges mean only the world: pods and nodes have identities of their own, whatever their address."""
    whole = ip_network(text, strict=False)
    holes = [ip_network(each, strict=False) for each in exceptions]

    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        if "reserved:world" not in labels:
            return NO
        if endpoint.ip is None:
            if whole.prefixlen == 0 and whole.version == 4 and not holes:
                return YES
            return Meaning(None, f"whether its address is in {text}")
        if endpoint.ip not in whole or any(endpoint.ip in hole for hole in holes):
            return NO
        return YES

    return means


def _any_of(questions: list[Question]) -> Peers:
    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        answers = (question(endpoint, labels) for question in questions)
        return reduce(_either, answers, NO)

    return Peers(means, pods=False)


def _either(one: Meaning, other: Meaning) -> Meaning:
    if one.matches or other.matches is False:
        return one
    return other if other.matches or one.matches is False else one


def _fqdns(selectors: Iterable[FqdnSelector], version: CiliumVersion | None) -> Peers:
    wanted = tuple(selectors)

    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        if endpoint.kind == "fqdn":
            hit = any(matches_name(each, endpoint.name, version) for each in wanted)
            return YES if hit else NO
        if endpoint.kind == "address":
            return Meaning(None, "whether one of the names has the address")
        return NO

    return Peers(means, pods=False)


def _services(services: Iterable[Service], around: Surroundings, with_ports: bool) -> Peers:
    """Peers that Services stand for. Without such peers, the ports of the item are open to everyone.

    https://github.com/cilium/cilium/issues/20067
    """
    meant = services_of(services, around.inventory, around.version)
    if with_ports and meant.is_nothing:
        return Peers(lambda *_: YES)
    other = f"whether Service {', '.join(meant.unknown)} exists; without it the ports are open to everyone"
    some = bool(meant.pods or meant.addresses or meant.api_server)

    def means(_: Endpoint, labels: Labels) -> Meaning:
        if any(one.matches(labels) for one in meant.pods):
            return YES
        if meant.api_server and "reserved:kube-apiserver" in labels:
            return YES
        if meant.unknown and with_ports and not some:
            return Meaning(None, other)
        if meant.unknown:
            return Meaning(None, f"the endpoints of Service {', '.join((*meant.addresses, *meant.unknown))}")
        if meant.addresses:
            return _unless_pod(labels, f"the endpoints of Service {', '.join(meant.addresses)}")
        return NO

    return Peers(means)


def _node(endpoint: Endpoint, _: Labels) -> Meaning:
    # Only remote nodes have labels of nodes: https://github.com/cilium/cilium/pull/36657.
    if endpoint.is_own_node:
        return NO
    return Meaning(None, "the labels of the node") if endpoint.on_node else NO


def _group(endpoint: Endpoint, labels: Labels) -> Meaning:
    return _unless_pod(labels, "which instances are in the cloud provider's group")
