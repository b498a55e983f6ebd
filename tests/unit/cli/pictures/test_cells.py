from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    CapacityPlan,
    NodeAddressing,
    PlannedGroup,
    PodSubnet,
    plan,
    prefix_reservations,
)
from cdk_eks_cilium.cli.pictures.cells import (
    FREE,
    KEPT,
    MAXIMUM,
    MINIMUM,
    RESERVED,
    SPOILED,
    SURGE,
    TAKEN,
    Cells,
    Kind,
    cells_of,
)

GROUP = PlannedGroup(name="workers", instance_types=("m6i.large",), min_size=2, max_size=6)


def planned(subnet: PodSubnet, group: PlannedGroup = GROUP, *, prefixes: bool = True) -> CapacityPlan:
    return plan([subnet], [group], addressing=NodeAddressing(prefix_delegation=prefixes))


def cells(subnet: PodSubnet, group: PlannedGroup = GROUP, *, prefixes: bool = True) -> Cells:
    capacity = planned(subnet, group, prefixes=prefixes)
    return cells_of(capacity.subnets[0], capacity)


def counted(found: Cells) -> dict[Kind, int]:
    return dict(Counter(found.kinds))


def test_prefixes_are_counted_from_the_front_and_interfaces_from_the_back() -> None:
    found = cells(PodSubnet("a", "100.64.0.0/22"))
    assert counted(found)[MINIMUM] == 2 * 8
    assert counted(found)[MAXIMUM] == 4 * 8
    # Two further nodes during an update, one interface each, of which two blocks are left.
    assert counted(found)[SPOILED] == 6
    assert [found.kinds[at] for at in (0, 1, -2, -1)] == [KEPT, MINIMUM, SPOILED, KEPT]


def test_cells_of_others_and_cells_of_an_update_have_different_kinds() -> None:
    found = cells(PodSubnet("a", "100.64.0.0/21", taken=5))
    assert counted(found) == {
        KEPT: 2,
        MINIMUM: 16,
        MAXIMUM: 32,
        SURGE: 2 * 8 + 2,
        SPOILED: 6,
        TAKEN: 5,
        FREE: 128 - 2 - 48 - 18 - 11,
    }


def test_reserved_prefixes_are_where_they_are_reserved_and_interfaces_elsewhere() -> None:
    cidr = "100.64.0.0/21"
    found = cells(PodSubnet("a", cidr, prefix_reservations(cidr)))
    assert found.kinds[1] is SPOILED
    assert found.kinds[2] is FREE
    assert found.kinds[32] is MINIMUM
    assert counted(found) == {
        KEPT: 2,
        SPOILED: 1,
        FREE: 30,
        MINIMUM: 16,
        MAXIMUM: 32,
        SURGE: 16,
        RESERVED: 95 - 64,
    }


def test_without_prefixes_sixteen_addresses_make_a_cell() -> None:
    found = cells(PodSubnet("a", "100.64.0.0/24"), prefixes=False)
    # Twenty addresses a node: two, six, and eight of them.
    assert counted(found) == {MINIMUM: 3, MAXIMUM: 5, SURGE: 2, FREE: 6}
    assert (found.unit, found.usable, found.used(found.plan.maximum)) == ("addresses", 251, 120)


def test_a_subnet_that_is_too_small_says_by_how_much() -> None:
    found = cells(PodSubnet("a", "100.64.0.0/24"))
    assert (found.usable, found.used(found.plan.maximum), found.missing) == (14, 54, 40)
    assert FREE not in counted(found)


def test_a_subnet_that_fits_lacks_nothing() -> None:
    assert cells(PodSubnet("a", "100.64.0.0/16")).missing == 0


def test_runs_are_the_cells_in_a_row() -> None:
    found = replace(cells(PodSubnet("a", "100.64.0.0/26")), kinds=(KEPT, FREE, FREE, KEPT))
    assert list(found.runs()) == [(KEPT, 0, 1), (FREE, 1, 3), (KEPT, 3, 4)]


@given(
    length=st.integers(18, 28),
    nodes=st.integers(1, 60),
    taken=st.integers(0, 40),
    reserve=st.booleans(),
    prefixes=st.booleans(),
)
def test_a_picture_never_has_more_or_less_cells_than_the_subnet(
    length: int, nodes: int, taken: int, reserve: bool, prefixes: bool
) -> None:
    cidr = f"100.64.0.0/{length}"
    reservations = prefix_reservations(cidr) if reserve and length <= 26 else ()
    group = replace(GROUP, min_size=0, max_size=nodes)
    found = cells(PodSubnet("a", cidr, reservations, taken), group, prefixes=prefixes)
    assert len(found.kinds) == 2 ** (28 - length)
    if found.plan.fits and prefixes:
        there = counted(found)
        assert there.get(MINIMUM, 0) + there.get(MAXIMUM, 0) == found.plan.maximum.prefixes
        assert found.missing == 0
