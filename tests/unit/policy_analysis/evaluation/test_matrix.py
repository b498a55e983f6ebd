from __future__ import annotations

from hypothesis import given, settings

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Matrix, Reach
from tests.unit.policy_analysis.evaluation.worlds import cluster, drawn, pod, policy, side

PODS = pod("a/web") + pod("a/api") + pod("b/web")


def reach(world: Evaluation, source: str, destination: str) -> Reach:
    ends = (side(world, source), side(world, destination))
    return Matrix(world, ends).reach(*ends)


@settings(max_examples=75, deadline=None)
@given(drawn())
def test_every_pair_is_as_explaining_it_says(world: Evaluation) -> None:
    ends = [
        *(Endpoint.pod(workload) for workload in world.inventory.workloads),
        Endpoint.address("203.0.113.9"),
        Endpoint.address("203.0.113.200"),
        Endpoint.fqdn("www.example.com"),
        Endpoint.entity("host"),
        Endpoint.entity("kube-apiserver"),
    ]
    matrix = Matrix(world, ends)
    for source in ends[::2]:
        for destination in ends:
            if source == destination or source.kind == "fqdn":
                continue
            found = matrix.reach(source, destination)
            for port, protocol in ((80, "TCP"), (8080, "TCP"), (53, "UDP"), (8, "ICMP")):
                explanation = world.explain(Flow(source, destination, port, protocol))
                point = (protocol, port)
                ports = ("ports", "limited", "unknown")
                there = [name for name in ports if point in getattr(found, name)]
                if explanation.verdict == "allowed":
                    expected = ["limited" if explanation.limits else "ports"]
                else:
                    expected = ["unknown"] if explanation.verdict == "unknown" else []
                assert there == expected, f"{source} -> {destination} {protocol} {port}"
                if explanation.verdict == "unknown":
                    assert set(explanation.missing) <= set(found.missing)


def test_a_matrix_has_every_pair_with_a_pod_where_something_passes() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\ningress: [{}]\negress: [{}]"))
    ends = [*(Endpoint.pod(each) for each in world.inventory.workloads), Endpoint.entity("world")]
    assert [(str(one.source), str(one.destination)) for one in Matrix(world, ends)] == [
        ("b/web", "entity world"),
        ("entity world", "b/web"),
    ]


def test_a_deployments_pods_are_a_pair_too() -> None:
    deployment = (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: many, namespace: a}\n"
        "spec: {template: {metadata: {labels: {app: many}}}}\n"
    )
    assert [str(one.source) for one in Matrix(cluster(deployment))] == ["a/many"]


def test_a_reach_is_plain_data() -> None:
    spec = (
        "endpointSelector: {}\ningress:\n- toPorts:\n"
        "  - {ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}"
    )
    assert reach(cluster(PODS + policy("a/p", spec)), "b/web", "a/web").as_json() == {
        "source": "b/web",
        "destination": "a/web",
        "ports": "",
        "limited": "TCP 80",
        "limits": [{"ports": "TCP 80", "only": "HTTP GET any path"}],
        "denied": "",
        "unknown": "",
        "missing": [],
    }
