"""A pod's own node, which reaches it unless a rule denies that."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.documents import parse
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

WEB = Workload("shop", "web", {"app": "web"})
HOST = Endpoint.entity("host")


def evaluation(**sections: Any) -> Evaluation:
    data = {
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"endpointSelector": {}, **sections},
    }
    return Evaluation([parse(data)], Inventory((WEB,)))


def test_a_default_deny_does_not_keep_the_node_out() -> None:
    judged = evaluation(ingress=[{}])

    verdict = judged.explain(Flow(HOST, Endpoint.pod(WEB), 8080)).verdicts[0]

    assert verdict.allowed
    assert verdict.reason == "the node of a pod always reaches it, as kubelet's probes must"
    assert str(Matrix(judged, [HOST, Endpoint.pod(WEB)]).reach(HOST, Endpoint.pod(WEB))) == "all ports"


@pytest.mark.parametrize("entity", ["host", "cluster", "all"])
def test_a_denial_keeps_the_node_out(entity: str) -> None:
    judged = evaluation(ingressDeny=[{"fromEntities": [entity]}])

    verdict = judged.explain(Flow(HOST, Endpoint.pod(WEB), 8080)).verdicts[0]

    assert not verdict.allowed
    assert verdict.reason == "a rule denies it, and a denial wins over whatever allows"
    assert str(Matrix(judged, [HOST, Endpoint.pod(WEB)]).reach(HOST, Endpoint.pod(WEB))) == "nothing"


def test_a_denial_of_one_port_leaves_the_node_the_others() -> None:
    judged = evaluation(
        ingress=[{}],
        ingressDeny=[
            {"fromEntities": ["host"], "toPorts": [{"ports": [{"port": "9000", "protocol": "TCP"}]}]}
        ],
    )
    reach = Matrix(judged, [HOST, Endpoint.pod(WEB)]).reach(HOST, Endpoint.pod(WEB))

    assert not judged.allows(Flow(HOST, Endpoint.pod(WEB), 9000))
    assert judged.allows(Flow(HOST, Endpoint.pod(WEB), 8080))
    assert ("TCP", 9000) not in reach.ports
    assert ("TCP", 8080) in reach.ports
    assert str(reach.denied) == "TCP 9000"


NODE = Endpoint.pod(Workload("kube-system", "agent", host_network=True))
ON_ITS_NODE = "where kube-system/agent is on the node of shop/web itself, it is {}: it is its host then"


@pytest.mark.parametrize(
    ("sections", "allowed", "remarks"),
    [
        ({"ingress": [{}]}, False, (ON_ITS_NODE.format("allowed"),)),
        ({"ingress": [{"fromEntities": ["remote-node"]}]}, True, ()),
        (
            {"ingress": [{"fromEntities": ["all"]}], "ingressDeny": [{"fromEntities": ["host"]}]},
            True,
            (ON_ITS_NODE.format("denied"),),
        ),
        ({"ingressDeny": [{"fromEntities": ["all"]}]}, False, ()),
    ],
)
def test_a_pod_on_a_nodes_network_may_be_on_the_pods_own_node(
    sections: dict[str, Any], allowed: bool, remarks: tuple[str, ...]
) -> None:
    verdict = evaluation(**sections).explain(Flow(NODE, Endpoint.pod(WEB), 8080)).ingress

    assert verdict is not None
    assert verdict.allowed is allowed
    assert verdict.remarks == remarks


@pytest.mark.parametrize(
    ("entities", "allowed", "remarks"),
    [
        (["host"], False, (ON_ITS_NODE.format("allowed"),)),
        (["remote-node"], True, (ON_ITS_NODE.format("denied"),)),
        (["host", "remote-node"], True, ()),
        (["world"], False, ()),
    ],
)
def test_so_it_may_be_where_it_is_reached(
    entities: list[str], allowed: bool, remarks: tuple[str, ...]
) -> None:
    judged = evaluation(egress=[{"toEntities": entities}])
    verdict = judged.explain(Flow(Endpoint.pod(WEB), NODE, 8080)).egress

    assert verdict is not None
    assert verdict.allowed is allowed
    assert verdict.remarks == remarks


def test_a_denial_of_others_does_not_keep_the_node_out() -> None:
    judged = evaluation(ingressDeny=[{"fromEntities": ["remote-node", "world"]}])

    assert judged.allows(Flow(HOST, Endpoint.pod(WEB), 8080))
