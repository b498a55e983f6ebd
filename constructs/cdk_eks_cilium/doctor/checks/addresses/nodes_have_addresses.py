"""Whether the operator gave each node addresses at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, NO_ENI, config, uses_eni
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import nodes_by_name
from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, eni_nodes
from cdk_eks_cilium.doctor.checks.views.words import OPERATOR_LOG, RESTART_OPERATOR, age, counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

_LATE: Final = timedelta(minutes=5)
_FILTERS: Final = ("subnet-tags-filter", "subnet-ids-filter", "instance-tags-filter")


@check(
    "nodes-have-addresses",
    "the operator gave each node addresses",
    reads=(NODES, CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="the operator says: Instance not found!, and a new node gets no addresses",
    answers=("CILIUM-operator-first", "CILIUM-watermarks"),
    links=(
        "https://github.com/cilium/cilium/issues/46513",
        "https://github.com/cilium/cilium/issues/35404",
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/node.go",
    ),
    gate=True,
)
def nodes_have_addresses(seen: Seen) -> Iterator[Outcome]:
    """A new node asks for addresses, and the operator attaches an interface with them within seconds.

    It does nothing for an instance that is missing from its memory of EC2 ("Instance not found!"): with a
    filter of subnets or instances, a full synchronization drops nodes that have no matching interface yet.
    They wait until the operator restarts. It also has nothing to give where EC2 refuses: its log says so.
    """
    options = config(seen)
    if not uses_eni(options):
        yield Skip(NO_ENI)
        return
    nodes = seen.derived(nodes_by_name)
    here = [node for node in seen.derived(eni_nodes) if node.name in nodes]
    bare = seen.derived(nodes_without_addresses)
    if not bare:
        yield Fine(counted(len(here), "node"))
        return
    filters = {name: text for name in _FILTERS if (text := options.get(name))}
    evidence = [_evidence(node) for node in bare]
    evidence += [Evidence(CONFIG, name, text, "no filter") for name, text in filters.items()]
    fix = (
        f"{OPERATOR_LOG} | grep {bare[0].instance or bare[0].name}\n"
        "# Where it says 'Instance not found!' of an instance that runs, restart the operator:\n"
        f"{RESTART_OPERATOR}"
    )
    if filters:
        fix += "\n# These filters are for other purposes; name the pod subnets in eni-subnet-ids alone."
    yield Finding(
        Severity.ERROR,
        f"{counted(len(bare), 'node')} of {len(here)} without addresses for pods: "
        f"{named(node.name for node in bare)}",
        tuple(evidence),
        fix,
    )


def nodes_without_addresses(seen: Seen) -> list[EniNode]:
    """The nodes that got no address a while after they joined.

    Ask with ``seen.derived``; a check that asks reads `NODES` and `CILIUM_NODES`.
    """
    nodes = seen.derived(nodes_by_name)
    return [
        node
        for node in seen.derived(eni_nodes)
        if node.name in nodes
        and age(node.object, seen.now) > _LATE
        and not any(each.addresses or each.prefixes for each in node.pod_interfaces)
    ]


def _evidence(node: EniNode) -> Evidence:
    if not node.interfaces:
        return Evidence(node.object_name, "status.eni.enis", "", f"the interfaces of {node.instance}")
    if not node.pod_interfaces:
        return Evidence(
            node.object_name,
            "status.eni.enis",
            f"{counted(len(node.interfaces), 'interface')}, none of index {node.first_index} or more",
            "an interface for pods",
        )
    return Evidence(
        node.object_name, f"status.eni.enis[{node.pod_interfaces[0].id}].addresses", "", "addresses"
    )
