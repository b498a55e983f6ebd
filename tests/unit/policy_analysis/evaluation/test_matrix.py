from __future__ import annotations

from hypothesis import given, settings

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Matrix, Reach
from cdk_eks_cilium.policy_analysis.evaluation.matrix import is_pair
from tests.unit.policy_analysis.evaluation.pairs import assert_pairs_are_as_explained
from tests.unit.policy_analysis.evaluation.worlds import cluster, drawn, pod, policy, side

PODS = pod("a/web") + pod("a/api") + pod("b/web")


def reach(world: Evaluation, source: str, destination: str) -> Reach:
    ends = (side(world, source), side(world, destination))
    return Matrix(world, ends).reach(*ends)


@settings(max_examples=75, deadline=None)
@given(drawn())
def test_every_pair_is_as_explaining_it_says(world: Evaluation) -> None:
    assert_pairs_are_as_explained(world)


@settings(max_examples=50, deadline=None)
@given(drawn())
def test_groups_have_every_pair_with_something_in_it_once(world: Evaluation) -> None:
    ends = [
        *(Endpoint.pod(workload) for workload in world.inventory.workloads),
        Endpoint.address("203.0.113.9"),
        Endpoint.fqdn("www.example.com"),
        Endpoint.entity("host"),
    ]
    matrix = Matrix(world, ends)
    grouped = [reach for group in matrix.groups() for reach in group]
    pairs = [matrix.reach(one, other) for one in ends for other in ends if is_pair(one, other)]
    expected = [each for each in pairs if each.allowed or each.denied or each.unknown]
    assert list(matrix) == expected
    assert sorted(grouped, key=str_of) == sorted(expected, key=str_of)


def str_of(reach: Reach) -> str:
    return f"{reach.source} {reach.destination}"


def test_equal_pods_are_one_group() -> None:
    pods = "".join(pod(f"a/web-{number}", labels="app: web") for number in range(3)) + pod("a/api")
    spec = (
        "endpointSelector: {matchLabels: {app: web}}\ningress: [{fromEndpoints: [{matchLabels: {app: api}}]}]"
    )
    groups = list(Matrix(cluster(pods + policy("a/p", spec))).groups())
    assert [
        ([str(one) for one in each.sources], [str(one) for one in each.destinations]) for each in groups
    ] == [
        (["a/web-0", "a/web-1", "a/web-2"], ["a/api"]),
        (["a/api"], ["a/web-0", "a/web-1", "a/web-2", "a/api"]),
    ]
    assert [(each.source_places, each.destination_places) for each in groups] == [
        (0b0111, 0b1000),
        (0b1000, 0b1111),
    ]


def test_a_denial_is_listed_where_the_other_side_lets_nothing_through() -> None:
    shut = policy("a/shut", "endpointSelector: {matchLabels: {app: web}}\ningress: [{}]")
    spec = (
        "endpointSelector: {matchLabels: {app: api}}\nenableDefaultDeny: {egress: false}\n"
        "egressDeny: [{toEndpoints: [{matchLabels: {app: web}}]}]"
    )
    world = cluster(PODS + shut + policy("a/denial", spec))
    assert [
        (str(one.source), str(one.destination), str(one.denied)) for one in Matrix(world) if one.denied
    ] == [("a/api", "a/web", "all ports")]


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


def test_alternatives_for_overlapping_ports_stand_once_a_port() -> None:
    spec = (
        "endpointSelector: {matchLabels: {app: web}}\ningress:\n"
        "- toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}]\n"
        "- toPorts: [{ports: [{port: '80', protocol: TCP}, {port: '81', protocol: TCP}], "
        "rules: {http: [{method: POST}]}}]"
    )
    found = reach(cluster(PODS + policy("a/p", spec)), "b/web", "a/web")
    assert [(str(ports), text) for ports, text in found.limits] == [
        ("TCP 80", "HTTP GET any path or HTTP POST any path"),
        ("TCP 81", "HTTP POST any path"),
    ]
