from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis.evaluation import Evaluation
from tests.unit.policy_analysis.evaluation.worlds import cluster, flow, pod, policy

PODS = pod("a/web") + pod("a/api") + pod("b/web") + pod("b/api")


def test_only_sides_that_are_pods_judge() -> None:
    world = cluster(PODS)
    explanation = world.explain(flow(world, "cidr:203.0.113.9", "a/web"))
    assert explanation.egress is None
    assert [verdict.direction for verdict in explanation.verdicts] == ["ingress"]


def test_an_explanation_is_plain_data() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\ningress: [{}]"))
    assert world.explain(flow(world, "b/api", "a/web")).as_json() == {
        "source": "b/api",
        "destination": "a/web",
        "port": 80,
        "protocol": "TCP",
        "verdict": "denied",
        "directions": [
            {
                "direction": "egress",
                "verdict": "allowed",
                "reason": "no policy isolates b/api for egress",
                "deciding": [],
                "limits": [],
                "change": "",
                "remarks": [],
                "missing": [],
            },
            {
                "direction": "ingress",
                "verdict": "denied",
                "reason": "policies isolate a/web for ingress, and no rule allows it",
                "deciding": [{"policy": "CiliumNetworkPolicy a/p", "path": "spec"}],
                "limits": [],
                "change": "add fromEndpoints (app=api in b) with port 80 TCP to ingress of a policy that "
                "selects a/web",
                "remarks": [],
                "missing": [],
            },
        ],
    }


def test_without_an_inventory_nothing_is_known() -> None:
    assert Evaluation([]).inventory.workloads == ()


@pytest.mark.parametrize("entity", ["cluster-mesh", "cluster", "world"])
def test_the_entity_of_a_mesh_means_pods_and_nodes_as_the_entity_of_a_cluster_does(entity: str) -> None:
    world = cluster(PODS + policy("a/p", f"endpointSelector: {{}}\ningress: [{{fromEntities: [{entity}]}}]"))
    sources = ("b/api", "entity:remote-node", "entity:world")

    found = {source: world.allows(flow(world, source, "a/web")) for source in sources}

    inside = entity != "world"
    assert found == {"b/api": inside, "entity:remote-node": inside, "entity:world": not inside}
