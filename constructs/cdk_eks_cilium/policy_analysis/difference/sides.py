"""The sides that two states of policies are compared for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from cdk_eks_cilium.policy.model import Entity, FqdnSelector, Item
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint, Evaluation
from cdk_eks_cilium.policy_analysis.evaluation.compiled import DIRECTIONS
from cdk_eks_cilium.policy_analysis.graph import Outside, outsides
from cdk_eks_cilium.policy_analysis.graph.outside import stand_in
from cdk_eks_cilium.policy_analysis.workloads import Workload

from .stand_ins import StandIns, words
from .state import PolicyState

Presence = Literal["both", "old", "new", "neither"]

WORLD: Final = "world"
NODES: Final = "remote-node"
OUTSIDE: Final = "outside the cluster"
UNRESOLVED: Final = "addresses that no file tells"
_UNUSED: Final = "192.88.99.1"
"""An address that nobody uses, so that no range of a policy is likely to have it: RFC 7526, section 4."""
ENTITIES: Final = (WORLD, "host", NODES, "kube-apiserver", "ingress")
"""The entities that are compared whether or not a policy mentions them.

What reaches pods through Cilium's Ingress and Gateway API comes from the entity ``ingress``, whoever began:
https://github.com/cilium/cilium/commit/04f19e98705ce54d6b6bb0c33a7d0af826c9900e.
"""
_ENTITY_NAMES: Final = frozenset(get_args(Entity))


@dataclass(frozen=True, eq=False)
class ComparedSide:
    """A side of flows, as it was and as it is. Each is made once, and equal only to itself.

    Attributes:
        text: Its name: ``shop/web``, ``pods app=web of shop``, ``world``, ``10.0.0.0/8``.
        tenant: Its namespace; `OUTSIDE` for what is outside the cluster, ``nodes`` for nodes and the like.
        old: The side to the old policies.
        new: The side to the new policies.
        presence: Which files describe it; ``neither`` for what only policies mention.
        whole: The text of the side that it is a part of, such as ``world`` for a range.
        combined: Whether it only stands for pods with the labels of two selectors together.
    """

    text: str
    tenant: str
    old: Endpoint
    new: Endpoint
    presence: Presence = "both"
    whole: str = ""
    combined: bool = False

    @property
    def is_pod(self) -> bool:
        """Whether it is a pod that is not on its node's network."""
        return self.old.workload is not None and not self.old.workload.host_network


@dataclass(frozen=True)
class StandInEndpoint(Endpoint):
    """A side outside that stands for what policies mention: a name, an address of a range, an entity.

    It has what its text says, and nothing else: a name whose addresses no range of a policy has, an address
    that no name of a policy has. Otherwise each range would make it unknown what every name may be.
    """

    apart: bool = field(default=True, compare=False)


def compared_sides(
    old: PolicyState, new: PolicyState, found: StandIns, evaluations: Iterable[Evaluation]
) -> list[ComparedSide]:
    """The workloads of both states, pods that only policies mean, and the sides other than pods.

    *evaluations* are of the states.
    """
    return [*_described(old, new), *_meant(found), *_outside(old, new), *_unresolved(evaluations)]


def _described(old: PolicyState, new: PolicyState) -> Iterator[ComparedSide]:
    """Every workload; one that only one state has is asked about as if the other had it, too."""
    for name in sorted({*old.workloads, *new.workloads}):
        before, after = old.workloads.get(name), new.workloads.get(name)
        one = before or after
        assert one is not None
        presence: Presence = "both" if before and after else "old" if before else "new"
        sides = (before or one, after or one)
        hosts = all(each.host_network for each in sides)
        yield ComparedSide(
            name,
            one.namespace,
            Endpoint.pod(sides[0]),
            Endpoint.pod(sides[1]),
            presence,
            NODES if hosts else "",
        )


def _meant(found: StandIns) -> Iterator[ComparedSide]:
    for one in found.workloads:
        endpoint = Endpoint.pod(one)
        combined = str(one) in found.combined
        yield ComparedSide(words(one), one.namespace, endpoint, endpoint, "neither", "", combined)


def _outside(old: PolicyState, new: PolicyState) -> Iterator[ComparedSide]:
    items = [*old.items(), *new.items()]
    groups = [*dict.fromkeys([*old.inventory.cidr_groups, *new.inventory.cidr_groups])]
    both = [old.inventory, new.inventory]
    found = {_text(one): one for one in outsides(items, groups, inventories=both)}
    for name in ENTITIES:
        found.setdefault(name, Outside(name, Endpoint.entity(name), frozenset(DIRECTIONS)))
    for text, outside in found.items():
        endpoint = StandInEndpoint(outside.endpoint.kind, outside.endpoint.name)
        tenant = OUTSIDE if outside.world else "nodes"
        # EKS's API server is a part of the world, too (`endpoint_labels`); the world is that of IPv4.
        part = (
            endpoint.kind == "fqdn"
            or endpoint.name == "kube-apiserver"
            or (endpoint.ip is not None and endpoint.ip.version == 4)
        )
        yield ComparedSide(text, tenant, endpoint, endpoint, "neither", WORLD if part else "")
    for text, deeper in _deeper_names(items):
        yield ComparedSide(text, OUTSIDE, deeper, deeper, "neither", WORLD)


def _text(outside: Outside) -> str:
    """The name of a side; a DNS name such as ``host`` is told from the entity."""
    is_ambiguous = outside.endpoint.kind == "fqdn" and outside.text in _ENTITY_NAMES
    return f"name {outside.text}" if is_ambiguous else outside.text


def _deeper_names(items: Iterable[tuple[Direction, Item]]) -> Iterator[tuple[str, Endpoint]]:
    """A name with one label more for each pattern with ``**.``, which releases read differently."""
    patterns = {
        name.match_pattern
        for _, item in items
        for name in getattr(item, "to_fqdns", None) or ()
        if (name.match_pattern or "").startswith("**.")
    }
    for pattern in sorted(patterns):
        deeper = FqdnSelector(match_pattern=f"*.{pattern}")
        yield f"{pattern} with more labels", StandInEndpoint.fqdn(stand_in(deeper))


def _unresolved(evaluations: Iterable[Evaluation]) -> Iterator[ComparedSide]:
    """An address that may be what only a cluster knows, if a policy means that.

    Such are groups of ranges that no file has, groups of the cloud provider, and addresses of Services.
    """
    address = Endpoint.address(_UNUSED)
    for evaluation in evaluations:
        labels = evaluation.labels_of(address)
        for item in evaluation.items():
            by_name = item.item.peer_kind == "to_fqdns"
            if not by_name and item.peers.means(address, labels).matches is None:
                yield ComparedSide(UNRESOLVED, OUTSIDE, address, address, "neither")
                return


def workload_names(sides: Iterable[ComparedSide], presence: Presence) -> list[str]:
    """The workloads that the files of one state alone describe, by name."""
    return [one.text for one in sides if one.presence == presence]


def relabelled(old: PolicyState, new: PolicyState) -> list[str]:
    """The workloads that policies may see differently, because they themselves changed."""
    return [
        name
        for name in sorted(old.workloads.keys() & new.workloads.keys())
        if _seen(old.workloads[name]) != _seen(new.workloads[name])
    ]


def _seen(workload: Workload) -> tuple[object, ...]:
    return (dict(workload.labels), workload.service_account, workload.ports, workload.host_network)
