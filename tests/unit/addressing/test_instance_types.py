"""The facts of instance types and what makes a type unfit for a node."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    InstanceType,
    NodeAddressing,
    data_source,
    find,
    instance_problems,
    known,
)
from cdk_eks_cilium.problems import InputError

WHERE = "node_groups[0].instance_types"
RENEW = "run 'cdk-eks-cilium instances --region REGION --output FILE' and name the file as instance_facts"


def problems(*names: str, index: int = 1, prefixes: bool = True, metal: bool = True) -> list[str]:
    addressing = NodeAddressing(
        first_interface_index=index, prefix_delegation=prefixes, bare_metal_prefixes=metal
    )
    return [str(problem) for problem in instance_problems(WHERE, names, addressing)]


def fix_of_unknown(name: str) -> str:
    with pytest.raises(InputError) as caught:
        find(name, where=WHERE)
    (problem,) = caught.value.problems
    assert (problem.where, problem.rule, problem.got) == (WHERE, "must be a known instance type", name)
    return problem.fix


# Written by hand, so that a slip in reading the source shows.
@pytest.mark.parametrize(
    "facts",
    [
        InstanceType("t3.small", 3, 4, True, 2, "x86_64", memory_mib=2048),
        InstanceType("m5.large", 3, 10, True, 2, "x86_64", memory_mib=8192),
        InstanceType("m6g.xlarge", 4, 15, True, 4, "arm64", memory_mib=16384),
        InstanceType("c7i.xlarge", 4, 15, True, 4, "x86_64", memory_mib=8192),
        InstanceType("m4.large", 2, 10, False, 2, "x86_64", memory_mib=8192),
        InstanceType("m5.metal", 15, 50, False, 96, "x86_64", bare_metal=True, memory_mib=393216),
    ],
)
def test_the_table_has_the_facts_of_common_types(facts: InstanceType) -> None:
    assert find(facts.name) == facts


def test_a_type_with_several_network_cards_counts_the_first_alone() -> None:
    # 64 interfaces in all, 2 on each of 32 cards.
    assert find("p5.48xlarge").enis == 2


@given(st.sampled_from(sorted(known())))
def test_every_row_of_the_table_makes_sense(name: str) -> None:
    instance = find(name)
    assert instance.name == name
    assert instance.enis >= 1
    assert instance.ipv4_per_eni >= 2
    assert instance.vcpus >= 1
    assert not (instance.nitro and instance.bare_metal)
    assert instance.bare_metal is ("metal" in name)
    assert re.fullmatch(r"x86_64|arm64|(x86_64|arm64)_mac", instance.architecture)


def test_the_table_is_large_and_names_its_source_and_date() -> None:
    assert len(known()) > 1000
    assert re.fullmatch(r"EC2 DescribeInstanceTypes, .+, written \d{4}-\d\d-\d\d by .+", data_source())


def test_an_unknown_type_is_refused_with_near_names_and_the_way_to_add_it() -> None:
    fix = fix_of_unknown("m6i.larg")
    assert fix.startswith("did you mean 'm6i.large' or ")
    assert fix.endswith(f"? otherwise {RENEW}")


def test_a_known_family_of_another_size_is_answered_with_sizes_of_that_family() -> None:
    near = re.findall(r"'([^']+)'", fix_of_unknown("m6i.huge").removesuffix(RENEW))
    assert near
    assert all(name.startswith("m6i.") for name in near)


def test_a_type_without_a_near_name_is_refused_with_the_way_to_add_it_alone() -> None:
    assert fix_of_unknown("quantum") == RENEW


def test_current_types_of_one_architecture_have_no_problem() -> None:
    assert problems("m6i.large", "m5.large", "c7i.xlarge") == []
    assert problems("m6g.large", "c7g.xlarge") == []


def test_an_empty_list_of_types_is_refused() -> None:
    assert problems() == [
        f"{WHERE}: must name at least one instance type, got []; name one, such as 'm6i.large'"
    ]


@pytest.mark.parametrize("name", ["m4.large", "t2.micro"])
def test_a_type_without_nitro_is_refused_where_prefixes_are_delegated(name: str) -> None:
    assert problems(name) == [
        f"{WHERE}: must run on the Nitro hypervisor, because EC2 does not delegate prefixes to other types, "
        f"got '{name}'; "
        "choose a newer generation, such as 'm6i.large'"
    ]


def test_a_type_without_nitro_is_valid_without_prefixes() -> None:
    assert problems("m4.large", prefixes=False) == []


def test_bare_metal_takes_prefixes_but_for_cilium_112() -> None:
    assert problems("m5.metal") == []
    assert problems("m5.metal", metal=False) == [
        f"{WHERE}: must run on the Nitro hypervisor, because this Cilium does not give prefixes to bare "
        "metal, "
        "got 'm5.metal'; choose a virtual type or a newer Cilium"
    ]


def test_a_type_without_an_interface_left_for_pods_is_refused() -> None:
    assert problems("t3.micro", index=2) == [
        f"{WHERE}: must hold more than 2 network interfaces, so that pods have one, got 't3.micro'; "
        "choose a larger type, its first card holds only 2"
    ]
    assert problems("t3.micro", index=1) == []


def test_architectures_mixed_in_a_group_are_refused() -> None:
    assert problems("m6i.large", "m6g.large") == [
        f"{WHERE}: must all have the same architecture, not arm64 and x86_64, "
        "got ['m6i.large', 'm6g.large']; make a node group for each architecture"
    ]


def test_apple_machines_cannot_be_nodes() -> None:
    assert problems("mac2.metal") == [
        f"{WHERE}: must be a type that EKS runs nodes on, not an Apple machine, got 'mac2.metal'; "
        "choose another type"
    ]


def test_everything_wrong_with_a_group_is_reported_at_once() -> None:
    found = problems("m6i.larg", "t2.micro", "t3.micro", "m6g.large", index=2)
    assert [text.split("got ")[1].split(";")[0] for text in found] == [
        "'m6i.larg'",
        "'t2.micro'",
        "'t2.micro'",
        "'t3.micro'",
        "['t2.micro', 't3.micro', 'm6g.large']",
    ]


def test_a_type_named_twice_is_judged_once() -> None:
    assert len(problems("m4.large", "m4.large")) == 1
