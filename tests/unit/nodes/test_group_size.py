"""The fewest, the most and the first nodes of a group."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.nodes import IMAGES, GroupSize, NodeGroupProps, NodeImage, node_group_problems

sizes = st.builds(
    GroupSize,
    min_size=st.integers(-2, 5),
    max_size=st.integers(-2, 5),
    desired_size=st.none() | st.integers(-2, 5),
)


@given(sizes)
def test_a_size_without_problems_starts_between_its_least_and_its_most_nodes(size: GroupSize) -> None:
    in_order = 0 <= size.min_size <= size.initial <= size.max_size
    assert bool(list(size.problems(""))) == (not in_order or size.max_size < 1)


def test_the_defaults_of_a_node_group_have_no_problem() -> None:
    assert list(node_group_problems("Stack/Nodes: ", NodeGroupProps())) == []


def test_an_image_that_ended_is_the_only_one_to_advise_about() -> None:
    def advised(image: NodeImage) -> bool:
        return image.end_of_life is not None

    assert [image.name for image in filter(advised, IMAGES.values())] == ["al2"]
    assert IMAGES["al2"].end_of_life == "image 'al2' reached its end on 2025-11-26 and gets no more fixes"
