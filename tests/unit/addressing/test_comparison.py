"""This design compared with the designs of aws-node."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.addressing import compare
from cdk_eks_cilium.problems import InputError


def test_an_m5_large_compares_as_the_formulas_say() -> None:
    found = {
        design.name: (design.pods_per_node, design.routable, design.secondary)
        for design in compare("m5.large", 10)
    }
    assert found == {
        # 3 x 9 + 2 pods; all three interfaces of ten addresses are attached.
        "aws-node": (29, 300, 0),
        # 108 addresses take 7 prefixes, one more stays warm, on one interface.
        "aws-node with prefixes": (110, 10 * (8 * 16 + 1), 0),
        "aws-node with custom networking": (20, 10, 200),
        "aws-node with custom networking and prefixes": (110, 10, 10 * (8 * 16 + 1)),
        "cdk-eks-cilium": (110, 10, 10 * (8 * 16 + 1)),
    }


@pytest.mark.parametrize(("name", "pods"), [("t3.medium", 17), ("c5.xlarge", 58), ("m5.24xlarge", 250)])
def test_max_pods_of_aws_node_is_what_aws_publishes_up_to_its_cap(name: str, pods: int) -> None:
    assert compare(name, 1)[0].pods_per_node == pods


def test_every_design_names_its_source() -> None:
    assert all(design.source.startswith("https://") for design in compare("m5.large", 1))


def test_a_type_without_nitro_has_no_prefixes_with_aws_node_either() -> None:
    plain, prefixed, *_ = compare("m4.large", 1)
    assert plain.pods_per_node == prefixed.pods_per_node == 20


def test_an_unknown_type_is_not_compared() -> None:
    with pytest.raises(InputError, match=r"must be a known instance type, got 'm5\.larg'"):
        compare("m5.larg", 1)
