"""A pod's own node, which reaches it unless a rule denies that."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.documents import parse
from cdk_eks_cilium.policy.evaluation import Endpoint, Evaluation, Flow, Matrix
from cdk_eks_cilium.policy.workloads import Inventory, Workload

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


def test_a_denial_of_others_does_not_keep_the_node_out() -> None:
    judged = evaluation(ingressDeny=[{"fromEntities": ["remote-node", "world"]}])

    assert judged.allows(Flow(HOST, Endpoint.pod(WEB), 8080))
