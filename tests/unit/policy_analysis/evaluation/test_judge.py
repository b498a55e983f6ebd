from __future__ import annotations

from hypothesis import given, settings

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, FlowJudge
from tests.unit.policy_analysis.evaluation.worlds import cluster, drawn, pod, policy, side

ADDRESSES = ("203.0.113.9", "203.0.113.10", "203.0.113.200", "192.0.2.1", "2001:db8::1")


@settings(max_examples=40, deadline=None)
@given(drawn())
def test_a_judgement_is_the_verdict_of_the_explanation(world: Evaluation) -> None:
    judge = FlowJudge(world)
    ends = [
        *(Endpoint.pod(workload) for workload in world.inventory.workloads),
        *(Endpoint.address(text) for text in ADDRESSES),
        Endpoint.fqdn("www.example.com"),
        Endpoint.entity("host"),
    ]
    for source in ends[::2]:
        for destination in ends:
            if source == destination or source.kind == "fqdn":
                continue
            explanation = world.explain(Flow(source, destination, 80))
            found = judge.judge(judge.identity(source), judge.identity(destination), "TCP", 80)
            assert found.verdict == explanation.verdict
            assert found.limited == (explanation.allowed and bool(explanation.limits))


def test_sides_that_no_policy_tells_apart_have_one_identity() -> None:
    pods = pod("a/one", labels="app: web") + pod("a/two", labels="app: web") + pod("b/one", labels="app: web")
    world = cluster(pods + policy("a/p", "endpointSelector: {}\ningress: [{fromCIDR: [203.0.113.0/24]}]"))
    judge = FlowJudge(world)
    assert judge.identity(side(world, "a/one")) == judge.identity(side(world, "a/two"))
    assert judge.identity(side(world, "a/one")) != judge.identity(side(world, "b/one"))
    near, far = "cidr:203.0.113.9", "cidr:198.51.100.1"
    assert judge.identity(side(world, near)) == judge.identity(side(world, "cidr:203.0.113.255"))
    assert judge.identity(side(world, near)) != judge.identity(side(world, far))
    assert judge.identity(side(world, far)) == judge.identity(side(world, "cidr:10.0.0.1"))


def test_two_sides_of_one_identity_are_two_pods() -> None:
    world = cluster(pod("a/web") + policy("a/p", "endpointSelector: {}\ningress: [{}]"))
    judge = FlowJudge(world)
    web = judge.identity(side(world, "a/web"))
    assert judge.judge(web, web, "TCP", 80).verdict == "denied"
