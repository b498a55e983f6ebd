"""Whether an item of a policy means the other side of a flow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.policy.model import CidrRule, EgressDenyRule, FqdnSelector, Item, LabelSelector, Service
from cdk_eks_cilium.policy_analysis.workloads import CidrGroup, Inventory
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .flow import Endpoint
from .labels import CLUSTER, Labels, Matcher, matcher
from .meaning import NO, YES, Meaning, any_of, known, unknown
from .names import matches_name
from .ranges import Question, means_pods, range_question
from .selectors import Surroundings, peer_selector
from .services import services_of

#: What ``cluster`` and ``cluster-mesh`` mean, beside every pod of the cluster or of each cluster in the mesh.
_IN_CLUSTER: Final = ("host", "remote-node", "init", "ingress", "health", "unmanaged", "kube-apiserver")


@dataclass(frozen=True)
class Peers:
    """The other side that an item means.

    Attributes:
        means: Whether it means an endpoint.
        namespaces: The only namespaces whose pods it can mean; None if any.
        pods: Whether it can mean a pod at all.
        choices: The selectors, any of which chooses it; None if more than selectors decides.
    """

    means: Question
    namespaces: frozenset[str] | None = None
    pods: bool = True
    choices: tuple[Matcher, ...] | None = None


#: A selector without terms chooses everyone; without a selector nobody is chosen.
ANYONE: Final = Peers(lambda *_: YES, choices=(Matcher(()),))
NOBODY: Final = Peers(lambda *_: NO, choices=())


def peers_of(item: Item, namespace: str | None, around: Surroundings) -> Peers:
    """Compile the other side of an item; *namespace* is that of its policy, None if it is clusterwide."""
    kind = item.peer_kind
    if kind is None or _is_taken_for_anyone(item, around):
        return ANYONE
    given = getattr(item, kind)
    if isinstance(item, EgressDenyRule) and kind == "to_services":
        return NOBODY
    makers: dict[str, Callable[[], Peers]] = {
        "endpoints": lambda: _endpoints(given, namespace, around),
        "entities": lambda: _entities(given, around.inventory.cluster_name),
        "cidr": lambda: _any_of([range_question(text, (), around) for text in given], around),
        "cidr_set": lambda: _any_of([each for rule in given for each in _ranges(rule, around)], around),
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
        return not any(_ranges(rule, around) for rule in given)
    return not given


def _endpoints(selectors: Iterable[LabelSelector], namespace: str | None, around: Surroundings) -> Peers:
    ready = [matcher(*peer_selector(selector, namespace, around)) for selector in selectors]
    named = [one.namespace for one in ready]
    within = None if any(name is None for name in named) else frozenset(name for name in named if name)

    def means(_: Endpoint, labels: Labels) -> Meaning:
        return ready[0].meaning(labels) if len(ready) == 1 else any_of(one.meaning(labels) for one in ready)

    return Peers(means, namespaces=within, choices=tuple(ready))


def _entities(names: Iterable[str], cluster_name: str) -> Peers:
    wanted = set(names)
    if "all" in wanted:
        return ANYONE
    in_mesh = "cluster-mesh" in wanted
    in_cluster = in_mesh or "cluster" in wanted
    keys = {f"reserved:{name}" for name in wanted - {"cluster", "cluster-mesh", "none"}}
    if in_cluster:
        keys |= {f"reserved:{name}" for name in _IN_CLUSTER}

    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        if any(key in labels for key in keys):
            return YES
        own = labels.get(f"k8s:{CLUSTER}")
        if own is not None and (in_mesh or (in_cluster and own == cluster_name)):
            return YES
        return NO

    return Peers(means, pods=in_cluster)


def _ranges(rule: CidrRule, around: Surroundings) -> list[Question]:
    exceptions = rule.except_ or ()
    if rule.cidr is not None:
        return [range_question(rule.cidr, exceptions, around, is_rule=True)]
    groups = chosen_groups(rule, around.inventory.cidr_groups)
    missing = _missing_group(rule, groups, around.inventory)
    if missing:
        return [lambda endpoint, labels: _unless_pod(endpoint, labels, missing)]
    return [
        range_question(cidr, exceptions, around, is_rule=True) for group in groups for cidr in group.cidrs
    ]


def _missing_group(rule: CidrRule, chosen: list[CidrGroup], inventory: Inventory) -> str:
    """The groups that a rule means and nobody described; empty if they are described."""
    if rule.cidr_group_ref is not None:
        return "" if chosen else f"CiliumCIDRGroup {rule.cidr_group_ref}"
    # Where some groups are described, a selector that chooses none of them means nothing.
    return "" if inventory.cidr_groups else "the CiliumCIDRGroups"


def chosen_groups(rule: CidrRule, groups: Iterable[CidrGroup]) -> list[CidrGroup]:
    """The groups that a rule without a range of its own means."""
    if rule.cidr_group_ref is not None:
        return [group for group in groups if group.name == rule.cidr_group_ref]
    chosen = matcher(rule.cidr_group_selector or LabelSelector())
    return [group for group in groups if chosen.matches(group.labels)]


def _unless_pod(endpoint: Endpoint, labels: Labels, missing: str) -> Meaning:
    return unknown(missing) if "reserved:world" in labels and not endpoint.apart else NO


def _any_of(questions: list[Question], around: Surroundings) -> Peers:
    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        return any_of(question(endpoint, labels) for question in questions)

    return Peers(means, pods=means_pods(around))


def _fqdns(selectors: Iterable[FqdnSelector], version: CiliumVersion | None) -> Peers:
    """Names mean other names never, and addresses if they have them.

    A name's addresses count wherever some pod of the node learns them (`NameManager` in Cilium's
    ``pkg/fqdn/namemanager``), so without a DNS rule an address may be meant, too.
    """
    wanted = tuple(selectors)
    texts = " or ".join(each.text if each.match_name else f"a name like {each.text}" for each in wanted)

    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        if endpoint.kind == "fqdn":
            return known(any(matches_name(each, endpoint.name, version) for each in wanted))
        if not wanted or endpoint.apart or "reserved:world" not in labels:
            return NO
        address = f"the address {endpoint.name}" if endpoint.ip else f"the addresses of {endpoint.name}"
        return unknown(f"whether {texts} has {address}")

    return Peers(means, pods=False)


def _services(services: Iterable[Service], around: Surroundings, with_ports: bool) -> Peers:
    """Peers that Services stand for. Without such peers, the ports of the item are open to everyone.

    https://github.com/cilium/cilium/issues/20067
    """
    meant = services_of(services, around.inventory, around.version)
    if with_ports and meant.is_nothing:
        return ANYONE
    addresses = tuple(f"the endpoints of Service {each}" for each in meant.addresses)
    ranges = [range_question(text, (), around, is_rule=True) for text in meant.ranges]

    def means(endpoint: Endpoint, labels: Labels) -> Meaning:
        answers = [one.meaning(labels) for one in meant.pods]
        answers += [question(endpoint, labels) for question in ranges]
        if meant.api_server:
            answers.append(known("reserved:kube-apiserver" in labels))
        if meant.unknown:
            answers.append(unknown(*meant.unknown))
        answers += [_unless_pod(endpoint, labels, each) for each in addresses]
        return any_of(answers)

    return Peers(means)


def _node(endpoint: Endpoint, _: Labels) -> Meaning:
    # Only remote nodes have labels of nodes: https://github.com/cilium/cilium/pull/36657.
    if endpoint.is_own_node:
        return NO
    return unknown("the labels of the node") if endpoint.on_node else NO


def _group(endpoint: Endpoint, labels: Labels) -> Meaning:
    return _unless_pod(endpoint, labels, "which instances are in the cloud provider's group")
