from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.evaluation import Endpoint, Evaluation, Flow
from cdk_eks_cilium.policy.graph import Graph, graph, spoken_of
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy.workloads import Inventory
from tests.unit.policy.evaluation.worlds import drawn_parts
from tests.unit.policy.graph.readings import Reading, box

PLACES = (("TCP", 80), ("TCP", 79), ("TCP", 8080), ("UDP", 53), ("UDP", 7), ("ICMP", 8))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["Pod", "Deployment"]).flatmap(drawn_parts))
def test_what_is_read_from_it_is_what_policies_mean(parts: tuple[list[Policy], Inventory]) -> None:
    policies, inventory = parts
    found = graph(policies, inventory)
    reading = Reading(found)
    world = Evaluation(policies, spoken_of(policies, inventory))
    sides = [side for node in found.nodes if node.kind in ("workloads", "outside") for side in node.endpoints]
    for source in sides:
        for destination in sides:
            if not _is_pair(source, destination) or not _are_shown(found, source, destination):
                continue
            for protocol, port in PLACES:
                explained = world.explain(Flow(source, destination, port, protocol))
                read = reading.passes(source, destination, protocol, port)
                assert read[0] == explained.allowed, f"{source} -> {destination} {protocol} {port}"
                if explained.allowed:
                    assert read[1] == bool(explained.limits), f"{source} -> {destination} {protocol} {port}"


def _is_pair(source: Endpoint, destination: Endpoint) -> bool:
    if source.kind == "fqdn" or source.is_own_node or not (source.workload or destination.workload):
        return False
    return source != destination or (source.workload is not None and source.workload.kind != "Pod")


def _are_shown(found: Graph, source: Endpoint, destination: Endpoint) -> bool:
    """Whether sides that are no pods are shown in this role."""
    return (source.workload is not None or "ingress" in box(found, source).directions) and (
        destination.workload is not None or "egress" in box(found, destination).directions
    )
