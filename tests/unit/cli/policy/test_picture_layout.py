"""Nothing in a picture is on top of anything else, whatever the graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.cli.policy.picture import draw, on_a_page
from cdk_eks_cilium.cli.policy.picture.box_text import wrapped
from cdk_eks_cilium.cli.policy.picture.boxes import BOLD_WIDTH, LABEL_LINE, Box, Bundle
from cdk_eks_cilium.cli.policy.picture.layout import Layout, Point
from cdk_eks_cilium.cli.policy.picture.routing import Piece, ordered
from cdk_eks_cilium.policy_analysis.evaluation import PortSet
from cdk_eks_cilium.policy_analysis.graph import Arrow, Graph, GraphNode, Label, by_namespace

Rectangle = tuple[float, float, float, float]


_HTTP = PortSet.of([("TCP", 8080, 8080)])
_SAID = [
    (80, (), False),
    (443, (), False),
    (443, ((_HTTP, "HTTP GET /one/.* or HTTP GET /two/.* or HTTP POST /three/.*"),), False),
    (25, (), True),
    (443, ((_HTTP, f"HTTP GET /{'segment-of-a-long-path/' * 4}.*|{'x' * 70}"),), False),
]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to twenty boxes in up to four namespaces, some of them outside, with any arrows between them."""
    count = draw(st.one_of(st.integers(1, 9), st.integers(10, 17)))
    nodes = [
        GraphNode(
            "workloads",
            tuple(f"workload-{number}-{each}" for each in range(draw(st.integers(1, 3)))),
            draw(st.sampled_from(["a", "b", "c", "d-with-a-long-name-of-a-namespace-of-a-team"])),
            open=draw(st.sampled_from([(), ("ingress",), ("egress", "ingress")])),
        )
        for number in range(count)
    ]
    nodes += [
        GraphNode("outside", (f"name-{n}.example.com",), world=True) for n in range(draw(st.integers(0, 3)))
    ]
    ends = st.tuples(st.integers(0, len(nodes) - 1), st.integers(0, len(nodes) - 1))
    arrows = [
        Arrow(source, destination, Label(PortSet.of([("TCP", port, port)]), limits), denied)
        for source, destination in sorted(draw(st.sets(ends, max_size=25)))
        if source != destination and (source < count or destination < count)
        for port, limits, denied in [draw(st.sampled_from(_SAID))]
    ]
    return Graph(tuple(nodes), tuple(arrows))


#: Both kinds of pictures: with a box for each kind of workload, and for each namespace.
shown = st.one_of(graphs(), graphs().map(by_namespace))


def rectangle(box: Box) -> Rectangle:
    return box.x, box.y, box.x + box.width, box.y + box.height


def label(bundle: Bundle) -> Rectangle:
    right = bundle.destination.x - 14
    return (
        right - bundle.label_width,
        bundle.entry - 4 - len(bundle.lines) * LABEL_LINE,
        right,
        bundle.entry - 2,
    )


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def segments(points: list[Point]) -> list[Rectangle]:
    return [(min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in pairwise(points)]


def _texts(picture: str) -> list[tuple[Rectangle, str]]:
    """Where the text of a picture is, with letters as wide as any font's."""
    found = []
    for each in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        x, y, size = (float(each.attrib[name]) for name in ("x", "y", "font-size"))
        text = each.text or ""
        width = len(text) * size * (BOLD_WIDTH if each.get("font-weight") else 0.62)
        left = x - width / 2 if each.get("text-anchor") == "middle" else x
        found.append(((left, y - size * 0.75, left + width, y + 1), text))
    return found


@settings(max_examples=100, deadline=None)
@given(shown, st.sampled_from(["", "the shop", "a name of many words " * 6]), st.booleans())
def test_text_is_on_the_page_and_on_no_other_text(graph: Graph, name: str, told: bool) -> None:
    unknown = tuple(f"policy {number} {'depends on much ' * 12}" for number in range(9)) if told else ()
    picture = draw(replace(graph, unknown=unknown), name=name)
    root = ElementTree.fromstring(picture)
    width, height = (float(root.attrib[each]) for each in ("width", "height"))
    texts = _texts(picture)
    for place, text in texts:
        assert min(place) >= 0, text
        assert place[2] <= width, text
        assert place[3] <= height, text
    for (one, first), (other, second) in combinations(texts, 2):
        assert not overlap(one, other), f"{first!r} is on {second!r}"


@given(st.text(st.sampled_from("ab /,-=.|"), max_size=120), st.integers(6, 40))
def test_long_text_goes_on_in_the_next_line_with_every_letter(text: str, most: int) -> None:
    lines = wrapped(text, most)
    assert all(len(line) <= most for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@settings(max_examples=200, deadline=None)
@given(shown)
def test_boxes_and_text_are_beside_each_other(graph: Graph) -> None:
    layout = Layout(graph, 90)
    solid = [*map(rectangle, layout.boxes), *map(label, layout.bundles)]
    assert not [pair for pair in combinations(solid, 2) if overlap(*pair)]
    assert min(x for x, _, _, _ in solid) >= 0
    assert min(y for _, y, _, _ in solid) >= 90
    assert max(right for _, _, right, _ in solid) <= layout.right
    assert max(low for _, _, _, low in solid) <= layout.bottom


@settings(max_examples=200, deadline=None)
@given(shown)
def test_lines_run_around_boxes_and_text(graph: Graph) -> None:
    layout = Layout(graph, 90)
    solid = [*map(rectangle, layout.boxes), *map(label, layout.bundles)]
    for bundle in layout.bundles:
        for points in layout.paths(bundle):
            assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points)), "a line is slanted"
            # Lines begin and end at boxes, so they are compared a little thinner and shorter.
            lines = [(x + 0.1, y + 0.1, right - 0.1, low - 0.1) for x, y, right, low in segments(points)]
            thick = [(min(x, r), min(y, low), max(x, r), max(y, low)) for x, y, r, low in lines]
            assert not [(line, one) for line in thick for one in solid if overlap(line, one)]


@settings(max_examples=200, deadline=None)
@given(shown)
def test_overlapping_lines_belong_to_one_bundle(graph: Graph) -> None:
    layout = Layout(graph, 90)
    across: dict[float, list[tuple[float, float, int]]] = defaultdict(list)
    along: dict[float, list[tuple[float, float, int]]] = defaultdict(list)
    for number, bundle in enumerate(layout.bundles):
        for points in layout.paths(bundle):
            for x, y, right, low in segments(points):
                if y == low:
                    across[y].append((x, right, number))
                else:
                    along[x].append((y, low, number))
    for lines in (*across.values(), *along.values()):
        for (a, b, one), (c, d, other) in combinations(lines, 2):
            assert one == other or min(b, d) < max(a, c) or (a == b) or (c == d)


@settings(max_examples=100, deadline=None)
@given(shown)
def test_workloads_are_in_the_box_of_their_namespace_and_namespaces_apart(graph: Graph) -> None:
    layout = Layout(graph, 90)
    spaces = [*layout.lanes, *layout.cards]
    places = [(lane.x, lane.y, lane.x + lane.width, lane.y + lane.height) for lane in spaces]
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]
    for box in layout.boxes:
        inside = [lane for lane, place in zip(spaces, places, strict=True) if overlap(rectangle(box), place)]
        assert [lane.name for lane in inside] == ([] if box.role != "inside" else [box.node.namespace])


def test_many_workloads_without_arrows_stand_in_rows_below_the_others() -> None:
    pair = [GraphNode("workloads", (name,), "shop") for name in ("web", "api")]
    idle = [GraphNode("workloads", (f"job-{number}",), f"team-{number % 10}") for number in range(60)]
    arrows = (Arrow(0, 1, Label(PortSet.of([("TCP", 80, 80)]))),)
    graph = Graph((*pair, *idle), arrows)
    layout = Layout(graph, 90)
    assert [lane.name for lane in layout.lanes] == ["shop"]
    assert [card.name for card in layout.cards] == [f"team-{number}" for number in range(10)]
    below = min(box.y for box in layout.boxes if box.node in idle)
    assert below > max(box.y + box.height for box in layout.boxes if box.node in pair)
    assert layout.right <= 1200
    assert layout.bottom <= 860
    assert "Without an arrow of their own" in draw(graph)


def test_few_workloads_without_arrows_stay_in_their_lanes() -> None:
    nodes = [GraphNode("workloads", (f"job-{number}",), "shop") for number in range(7)]
    layout = Layout(Graph(tuple(nodes), ()), 90)
    assert [lane.name for lane in layout.lanes] == ["shop"]
    assert layout.cards == []


@settings(max_examples=100, deadline=None)
@given(shown)
def test_every_arrow_is_drawn(graph: Graph) -> None:
    layout = Layout(graph, 90)
    drawn = [
        (source.node, bundle.destination.node, bundle.denied, bundle.full)
        for bundle in layout.bundles
        for source in bundle.sources
    ]
    said = [
        (
            graph.nodes[arrow.source],
            graph.nodes[arrow.destination],
            arrow.denied,
            "\n".join(arrow.label.lines),
        )
        for arrow in graph.arrows
        if arrow.source != arrow.destination
    ]
    assert sorted(map(repr, drawn)) == sorted(map(repr, said))


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_arrows_run_to_the_right_where_nobody_is_reached_again(graph: Graph) -> None:
    forward = tuple(arrow for arrow in graph.arrows if arrow.source < arrow.destination)
    for bundle in Layout(Graph(graph.nodes, forward), 90).bundles:
        assert all(source.column < bundle.destination.column for source in bundle.sources)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 40), max_size=3), st.lists(st.integers(0, 40), min_size=1, max_size=3)
        ),
        min_size=1,
        max_size=7,
    )
)
def test_tracks_are_ordered_so_that_lines_cross_no_more_than_unordered(
    ends: list[tuple[list[int], list[int]]],
) -> None:
    box = Box(GraphNode("workloads", ("web",)), "inside")
    group = [
        Piece(Bundle(box, [], (), str(number), False), [float(y) for y in left], [float(y) for y in right])
        for number, (left, right) in enumerate(ends)
    ]
    before = sorted(group, key=lambda one: (sum(one.left) / len(one.left) if one.left else 0, one.span))
    after = ordered(group)
    assert sorted(map(id, after)) == sorted(map(id, group))
    assert crossings(after) <= crossings(before)


def crossings(order: Sequence[Piece]) -> int:
    """How often lines cross, counted one by one."""
    return sum(
        first.span[0] <= y <= first.span[1]
        for place, first in enumerate(order)
        for second in order[place + 1 :]
        for y in second.left
    ) + sum(
        second.span[0] <= y <= second.span[1]
        for place, first in enumerate(order)
        for second in order[place + 1 :]
        for y in first.right
    )


def _teams(count: int) -> Graph:
    """So many namespaces of three workloads in a chain; every fourth reaches the next namespace."""
    nodes = [
        GraphNode("workloads", (f"{name}-{team}",), f"team-{team}")
        for team in range(count)
        for name in ("web", "api", "db")
    ]
    within = [(3 * team + one, 3 * team + one + 1) for team in range(count) for one in (0, 1)]
    beyond = [(3 * team + 1, 3 * team + 3) for team in range(0, count - 1, 4)]
    ports = Label(PortSet.of([("TCP", 8080, 8080)]))
    return Graph(tuple(nodes), tuple(Arrow(*ends, ports) for ends in (*within, *beyond)))


def test_small_namespaces_stand_beside_each_other() -> None:
    pairs = [
        [GraphNode("workloads", (name,), f"team-{team}") for name in ("web", "api")] for team in range(3)
    ]
    nodes = tuple(node for pair in pairs for node in pair)
    ports = Label(PortSet.of([("TCP", 80, 80)]))
    arrows = tuple(Arrow(*ends, ports) for ends in ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5)))
    lanes = Layout(Graph(nodes, arrows), 90).lanes
    assert len({lane.y for lane in lanes}) == 1
    assert len({lane.x for lane in lanes}) == 3


def test_the_boxes_of_a_tall_namespace_stand_in_several_columns() -> None:
    nodes = [GraphNode("workloads", (f"job-{number}",), "shop") for number in range(24)]
    names = [GraphNode("outside", (f"{number}.example.com",), world=True) for number in range(24)]
    chain = [GraphNode("workloads", (name,), "shop") for name in ("web", "api", "db")]
    arrows = [Arrow(number, 24 + number, Label(PortSet.of([("TCP", 443, 443)]))) for number in range(24)]
    arrows += [Arrow(48 + one, 49 + one, Label(PortSet.of([("TCP", 80, 80)]))) for one in (0, 1)]
    layout = Layout(Graph((*nodes, *names, *chain), tuple(arrows)), 90)
    columns = [box.column for box in layout.boxes if box.node in nodes]
    assert {columns.count(column) for column in set(columns)} <= {7, 8, 9}
    assert len(set(columns)) == 3


def test_what_fits_on_a_page_has_a_box_for_each_workload() -> None:
    graph = _teams(20)
    assert on_a_page(graph) is graph


def test_what_does_not_fit_on_a_page_has_a_box_for_each_namespace() -> None:
    drawn = on_a_page(_teams(70))
    assert [node.kind for node in drawn.nodes] == ["summary"] * 70
    layout = Layout(drawn, 90)
    assert max(layout.right, layout.bottom) <= 2800
    assert min(layout.right, layout.bottom) <= 1980


def test_one_namespace_that_does_not_fit_on_a_page_is_drawn_all_the_same() -> None:
    nodes = tuple(GraphNode("workloads", (f"job-{number}",), f"team-{number}") for number in range(400))
    graph = Graph(nodes, ())
    assert on_a_page(graph) is graph


def test_a_box_of_a_namespace_names_workloads_in_few_lines_and_counts_the_others() -> None:
    texts = [text for _, text in _texts(draw(by_namespace(_crowd(40))))]
    assert "40 workloads" in texts
    named = " ".join(texts[texts.index("40 workloads") + 1 :]).partition(" more")[0]
    assert named.endswith("and 30")
    assert "workload-9" in named
    assert "workload-10" not in named


def test_a_box_of_a_namespace_counts_its_open_workloads() -> None:
    nodes = (
        GraphNode("workloads", ("web",), "shop", open=("ingress", "egress")),
        GraphNode("workloads", ("api",), "shop", open=("egress",)),
        GraphNode("workloads", ("db",), "shop", open=("egress",)),
    )
    texts = [text for _, text in _texts(draw(by_namespace(Graph(nodes, ()))))]
    assert {"1 open in", "open out"} <= set(texts)
    assert "3 workloads in 1 namespace, 3 of them open." in texts


def _crowd(count: int) -> Graph:
    nodes = tuple(GraphNode("workloads", (f"workload-{number}",), "shop") for number in range(count))
    return Graph(nodes, (Arrow(0, 1, Label(PortSet.of([("TCP", 80, 80)]))),))


def test_a_long_list_of_what_is_not_drawn_is_cut_with_a_word_about_the_rest() -> None:
    graph = Graph((), (), tuple(f"rule {number}" for number in range(50)))
    texts = [text for _, text in _texts(draw(graph)) if "drawn" in text]
    assert texts[:2] == ["Not drawn: rule 0.", "Not drawn: rule 1."]
    assert texts[18:] == ["Not drawn: rule 18.", "Not drawn, and listed by the command alone: 31 more."]
