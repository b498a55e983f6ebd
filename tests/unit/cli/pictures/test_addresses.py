from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from cdk_eks_cilium.addressing import CapacityPlan, NodeAddressing, PlannedGroup, PodSubnet, plan, pod_subnets
from cdk_eks_cilium.cli.pictures.addresses import draw
from cdk_eks_cilium.cli.pictures.cells import FREE, KEPT, MAXIMUM, MINIMUM, SPOILED, SURGE

SVG = "{http://www.w3.org/2000/svg}"
ZONES = [f"eu-west-1{letter}" for letter in "abcdef"]
COLOURS = {kind.fill for kind in (FREE, KEPT, MAXIMUM, MINIMUM, SPOILED, SURGE)}


def group(most: int, least: int = 0, types: Sequence[str] = ("m6i.large",)) -> PlannedGroup:
    return PlannedGroup(name="workers", instance_types=tuple(types), min_size=least, max_size=most)


def planned(cidrs: Sequence[str], zones: int, *groups: PlannedGroup) -> CapacityPlan:
    return plan(pod_subnets(list(cidrs), ZONES[:zones]), list(groups))


def drawn(capacity: CapacityPlan, *blocks: str) -> ElementTree.Element:
    return ElementTree.fromstring(draw(capacity, blocks=blocks, name="shop"))


def texts(picture: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in picture.iter(f"{SVG}text")]


class Area(NamedTuple):
    """A coloured rectangle; the legend has some of 14 by 14."""

    fill: str
    left: float
    top: float
    width: float
    height: float


def areas(picture: ElementTree.Element) -> list[Area]:
    return [
        Area(each.attrib["fill"], *(float(each.attrib[name]) for name in ("x", "y", "width", "height")))
        for each in picture.iter(f"{SVG}rect")
        if each.attrib["fill"] in COLOURS and "stroke" not in each.attrib
    ]


def cell(picture: ElementTree.Element) -> float:
    """The side of a cell, which is how far the lines of the grids are apart."""
    (path, *_) = [each.attrib["d"] for each in picture.iter(f"{SVG}path") if "v" in each.attrib["d"]]
    first, second = (float(x) for x in re.findall(r"M([\d.]+),[\d.]+v", path)[:2])
    return second - first


@pytest.mark.parametrize("zones", [1, 3, 6])
@pytest.mark.parametrize("cidrs", [["100.64.0.0/16"], ["100.64.0.0/16", "100.65.0.0/18"]])
def test_areas_are_to_scale(zones: int, cidrs: list[str]) -> None:
    capacity = planned(cidrs, zones, group(60, 6))
    picture = drawn(capacity, *cidrs)
    legend = sum(1 for _ in COLOURS) * 14 * 14
    size = cell(picture)
    total = sum(width * height for _, _, _, width, height in areas(picture)) - legend
    assert total == size**2 * sum(subnet.subnet.size // 16 for subnet in capacity.subnets)
    dark = sum(w * h for fill, _, _, w, h in areas(picture) if fill == MINIMUM.fill) - 14 * 14
    assert dark == size**2 * sum(subnet.minimum.prefixes for subnet in capacity.subnets)


@pytest.mark.parametrize("zones", [1, 2, 3, 6])
def test_nothing_is_drawn_outside_or_over_another(zones: int) -> None:
    cidrs = ["100.64.0.0/16", "100.65.0.0/16", "198.19.0.0/20"]
    picture = drawn(planned(cidrs, zones, group(300, 100)), *cidrs)
    width, height = (float(picture.attrib[name]) for name in ("width", "height"))
    found = areas(picture)
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for _, x, y, w, h in found)
    for (_, x, y, w, h), (_, left, top, wide, high) in combinations(found, 2):
        assert x + w <= left or left + wide <= x or y + h <= top or top + high <= y


def test_each_subnet_is_named_with_its_zone_and_counts() -> None:
    shown = texts(drawn(planned(["100.64.0.0/16"], 3, group(6, 2)), "100.64.0.0/16"))
    assert shown[:5] == [
        "Addresses of shop",
        "6 nodes and 660 pods at maximum size, and all find room.",
        "workers: 2 to 6 nodes of m6i.large, 110 pods each on 8 prefixes and 1 pod interface",
        "100.64.0.0/16",
        "65,536 addresses",
    ]
    at = shown.index("100.64.64.0/18")
    assert shown[at - 1 : at + 4] == [
        "eu-west-1b",
        "100.64.64.0/18",
        "1 to 2 nodes, 4 in updates",
        "9 to 18 of 1,022 /28 blocks",
        "98 % stay free",
    ]
    assert "no subnet yet" in shown


def test_a_plan_without_room_is_described_in_words() -> None:
    shown = texts(drawn(planned(["100.64.0.0/20"], 3, group(40))))
    assert shown[1] == "40 nodes and 4,400 pods at maximum size, and they do not all find room."
    assert shown.count("64 too few") == 3


def test_existing_subnets_of_no_range_stand_in_rows() -> None:
    subnets = [PodSubnet("a", "10.1.0.0/24"), PodSubnet("a", "10.3.0.0/24"), PodSubnet("b", "10.2.0.0/24")]
    shown = texts(drawn(plan(subnets, [group(2)])))
    assert [text for text in shown if text.startswith("10.")] == ["10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24"]


def test_single_addresses_are_named_as_such() -> None:
    capacity = plan(
        pod_subnets(["100.64.0.0/20"], ZONES[:2]),
        [group(4)],
        addressing=NodeAddressing(prefix_delegation=False),
    )
    shown = texts(drawn(capacity, "100.64.0.0/20"))
    assert "workers: 0 to 4 nodes of m6i.large, 17 pods each on 18 addresses and 2 pod interfaces" in shown


def test_many_groups_are_summed_up() -> None:
    many = [group(1), group(2), group(3), group(4), group(5)]
    shown = texts(drawn(planned(["100.64.0.0/16"], 3, *many), "100.64.0.0/16"))
    assert sum(text.startswith("workers: ") for text in shown) == 4
    assert any(text.endswith("(and 1 group more)") for text in shown)
