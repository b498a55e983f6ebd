from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, PortSet
from cdk_eks_cilium.policy_analysis.graph import Arrow, Graph, GraphNode, Label, by_namespace, graph
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from tests.unit.policy_analysis.evaluation.worlds import drawn_parts

HTTP = PortSet.of([("TCP", 80, 80)])
TLS = PortSet.of([("TCP", 443, 443)])


def workload(name: str, namespace: str = "shop", **more: object) -> GraphNode:
    return GraphNode("workloads", (name,), namespace, **more)  # type: ignore[arg-type]


def name_outside(name: str) -> GraphNode:
    return GraphNode("outside", (name,), None, (Endpoint.fqdn(name),), world=True)


def said(found: Graph) -> list[tuple[str, str, tuple[str, ...]]]:
    """The arrows, each with the namespaces or names at its ends."""
    ends = [node.namespace or ", ".join(node.names) for node in found.nodes]
    return [(ends[arrow.source], ends[arrow.destination], arrow.label.lines) for arrow in found.arrows]


def test_the_workloads_of_a_namespace_share_a_box() -> None:
    web, api = workload("web", open=("ingress",)), workload("api")
    found = by_namespace(Graph((web, api, workload("db", "data")), ()))
    assert [(node.kind, node.namespace, node.names) for node in found.nodes] == [
        ("summary", "shop", ("web", "api")),
        ("workloads", "data", ("db",)),
    ]
    assert found.nodes[0].parts == (web, api)
    assert found.nodes[0].open == ()


def test_workloads_on_their_nodes_network_have_a_box_of_their_own() -> None:
    found = by_namespace(
        Graph((workload("web"), workload("agent", host_network=True), workload("api"), workload("db")), ())
    )
    assert [(node.names, node.host_network) for node in found.nodes] == [
        (("web", "api", "db"), False),
        (("agent",), True),
    ]


def test_an_arrow_of_all_says_no_more_than_its_ports() -> None:
    nodes = (workload("web"), workload("api"), workload("db", "data"))
    arrows = tuple(Arrow(source, 2, Label(HTTP)) for source in (0, 1))
    assert said(by_namespace(Graph(nodes, arrows))) == [("shop", "data", ("TCP 80",))]


def test_an_arrow_of_a_whole_namespace_is_an_arrow_of_all() -> None:
    nodes = (
        GraphNode("namespace", ("web", "api"), "shop"),
        workload("web"),
        workload("api"),
        workload("db", "data"),
    )
    assert said(by_namespace(Graph(nodes, (Arrow(0, 3, Label(HTTP)),)))) == [("shop", "data", ("TCP 80",))]


def test_an_arrow_says_of_whom_it_is_where_it_is_not_of_all() -> None:
    nodes = (workload("web"), workload("api"), workload("db", "data"), workload("cache", "data"))

    def shares(*ends: tuple[int, int, PortSet]) -> list[tuple[str, ...]]:
        found = by_namespace(
            Graph(nodes, tuple(Arrow(one, other, Label(ports)) for one, other, ports in ends))
        )
        return [lines for _, _, lines in said(found)]

    assert shares((0, 2, HTTP), (0, 3, HTTP)) == [("TCP 80 from some",)]
    assert shares((0, 2, HTTP), (1, 2, HTTP)) == [("TCP 80 to some",)]
    assert shares((0, 2, HTTP)) == [("TCP 80 from some to some",)]
    assert shares((0, 2, HTTP), (1, 3, HTTP)) == [("TCP 80 between some",)]
    assert shares((0, 2, HTTP), (1, 2, TLS)) == [("TCP 80+443 between some",)]


def test_different_ports_from_one_side_alone_are_named_by_the_other() -> None:
    nodes = (workload("web"), workload("api"), workload("db", "data"))
    arrows = (Arrow(0, 2, Label(HTTP)), Arrow(1, 2, Label(TLS)), Arrow(2, 0, Label(TLS)))
    assert said(by_namespace(Graph(nodes, arrows))) == [
        ("shop", "data", ("TCP 80+443 from some",)),
        ("data", "shop", ("TCP 443 to some",)),
    ]


def test_requests_that_differ_are_some_requests() -> None:
    nodes = (workload("web"), workload("api"), workload("db", "data"))
    get, post = (Label(PortSet({}), ((HTTP, f"HTTP {method}"),)) for method in ("GET", "POST"))
    one = by_namespace(Graph(nodes, (Arrow(0, 2, get), Arrow(1, 2, get))))
    both = by_namespace(Graph(nodes, (Arrow(0, 2, get), Arrow(1, 2, post))))
    assert said(one) == [("shop", "data", ("TCP 80 HTTP GET",))]
    assert said(both) == [("shop", "data", ("TCP 80 some requests from some",))]


def test_an_arrow_within_a_namespace_stays_in_its_box() -> None:
    nodes = (workload("web"), workload("api"))
    found = by_namespace(Graph(nodes, (Arrow(0, 1, Label(HTTP)),)))
    assert [(one.source, one.destination, one.among, one.label.lines) for one in found.arrows] == [
        (0, 0, "all", ("TCP 80 between some",))
    ]


def test_what_is_denied_and_what_is_not_known_stay_apart() -> None:
    nodes = (workload("web"), workload("api"), workload("db", "data"))
    arrows = (
        Arrow(0, 2, Label(HTTP)),
        Arrow(1, 2, Label(HTTP), denied=True),
        Arrow(1, 2, Label(TLS, word="not known:"), turn="unknown", missing=("the labels of data",)),
    )
    found = by_namespace(Graph(nodes, arrows))
    assert [(one.verdict, one.label.lines) for one in found.arrows] == [
        ("allowed", ("TCP 80 from some",)),
        ("denied", ("TCP 80 from some",)),
        ("unknown", ("not known: TCP 443 from some",)),
    ]
    assert found.missing == ("the labels of data",)


def test_names_and_addresses_with_equal_arrows_share_a_box() -> None:
    nodes = (
        workload("web"),
        workload("api"),
        *map(name_outside, ("a.example.com", "b.example.com", "c.example.com")),
    )
    arrows = (Arrow(0, 2, Label(TLS)), Arrow(1, 3, Label(TLS)), Arrow(1, 4, Label(HTTP)))
    assert said(by_namespace(Graph(nodes, arrows))) == [
        ("shop", "a.example.com, b.example.com", ("TCP 443 from some",)),
        ("shop", "c.example.com", ("TCP 80 from some",)),
    ]


def test_what_is_not_drawn_is_still_said() -> None:
    assert by_namespace(Graph((workload("web"),), (), ("a rule",))).unknown == ("a rule",)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["Pod", "Deployment"]).flatmap(drawn_parts))
def test_it_says_what_the_boxes_say_and_some_unless_all_say_it(parts: tuple[list[Policy], Inventory]) -> None:
    detailed = graph(*parts)
    found = by_namespace(detailed)
    before, after = _of_pairs(detailed), _of_pairs(found)
    boxes = {endpoint: box for box in found.nodes if box.kind == "summary" for endpoint in box.endpoints}
    for (source, destination, kind), ports in before.items():
        left = ports - after.get((source, destination, kind), PortSet({}))
        assert not left, f"{source} -> {destination}: {left} is missing"
    for (source, destination, kind), ports in after.items():
        if boxes.get(source) is not boxes.get(destination) or source not in boxes:
            whole = _of_pairs(found, whole=True).get((source, destination, kind), PortSet({}))
            assert not whole - before.get((source, destination, kind), PortSet({}))
        near = [
            said
            for (one, other, which), said in before.items()
            if which == kind
            and boxes.get(one, one) == boxes.get(source, source)
            and boxes.get(other, other) == boxes.get(destination, destination)
        ]
        assert not ports - PortSet.union([*near, PortSet({})]), f"{source} -> {destination}: nobody says it"


Kind = tuple[str, bool]


def _of_pairs(found: Graph, *, whole: bool = False) -> dict[tuple[Endpoint, Endpoint, Kind], PortSet]:
    """The ports at arrows, by the members of their boxes; if *whole*, without arrows of some members."""
    pairs: dict[tuple[Endpoint, Endpoint, Kind], list[PortSet]] = {}
    for arrow in found.arrows:
        if whole and arrow.label.share:
            continue
        ports = [arrow.label.ports, *(limited for limited, _ in arrow.label.limits)]
        source, destination = found.nodes[arrow.source], found.nodes[arrow.destination]
        for one, other in product(_members(source), _members(destination)):
            pairs.setdefault((one, other, (arrow.verdict, arrow.denied)), []).extend(ports)
    return {pair: PortSet.union(ports) for pair, ports in pairs.items()}


def _members(node: GraphNode) -> Iterable[Endpoint]:
    return node.endpoints
