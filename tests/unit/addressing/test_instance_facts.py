"""Facts of instance types beside the library's."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.addressing import (
    InstanceType,
    NodeAddressing,
    PlannedGroup,
    PodSubnet,
    data_source,
    find,
    instance_problems,
    plan,
    read_facts,
    render_facts,
    rows_from_answer,
)
from cdk_eks_cilium.addressing.instance_facts import COLUMNS
from cdk_eks_cilium.problems import InputError

HEAD = "# EC2 DescribeInstanceTypes, region eu-central-1, written 2026-01-02 by cdk-eks-cilium\n"
COLUMN_LINE = ",".join(COLUMNS) + "\n"


def answer(name: str) -> dict[str, Any]:
    return {
        "InstanceType": name,
        "BareMetal": False,
        "Hypervisor": "nitro",
        "VCpuInfo": {"DefaultVCpus": 2},
        "MemoryInfo": {"SizeInMiB": 8192},
        "ProcessorInfo": {"SupportedArchitectures": ["arm64"]},
        "NetworkInfo": {"MaximumNetworkInterfaces": 3, "Ipv4AddressesPerInterface": 10},
    }


def test_the_api_s_answer_becomes_a_file_that_reads_as_the_same_types() -> None:
    rows = rows_from_answer({"InstanceTypes": [answer("z9.large"), answer("x9.large")]}, "answer.json", "")
    text = render_facts(rows, "region eu-central-1", date(2026, 1, 2))
    assert text.splitlines() == [
        HEAD.strip(),
        COLUMN_LINE.strip(),
        "x9.large,3,10,nitro,2,arm64,8192",
        "z9.large,3,10,nitro,2,arm64,8192",
    ]
    facts = read_facts(text)
    assert facts.types["x9.large"] == InstanceType("x9.large", 3, 10, True, 2, "arm64", memory_mib=8192)
    assert facts.source == HEAD.lstrip("# ").strip()


def test_added_facts_come_before_the_table_s_and_are_known_everywhere() -> None:
    extra = read_facts(
        HEAD + COLUMN_LINE + "x9.large,3,10,nitro,2,x86_64,\nm5.large,9,9,nitro,2,x86_64,4096\n"
    ).types
    assert find("m5.large", extra).enis == 9
    assert find("t3.small", extra).enis == 3
    addressing = NodeAddressing(instance_facts=extra)
    assert list(instance_problems("types", ["x9.large"], addressing)) == []
    group = PlannedGroup(name="new", instance_types=("x9.large",), min_size=0, max_size=1)
    assert plan([PodSubnet("a", "100.64.0.0/20")], [group], addressing=addressing).fits


def test_the_library_s_own_table_has_the_same_form() -> None:
    assert data_source().startswith("EC2 DescribeInstanceTypes, ")


def test_a_file_from_before_the_memory_is_read_without_it() -> None:
    earlier = HEAD + ",".join(COLUMNS[:-1]) + "\nx9.large,3,10,nitro,2,arm64\n"
    assert read_facts(earlier).types["x9.large"].memory_mib is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\n", "facts.csv: must begin with a line '# ' that names its source and day"),
        (HEAD + "name,enis\n", f"facts.csv: must have the columns {','.join(COLUMNS)}, got 'name,enis'"),
        (HEAD + COLUMN_LINE + "x9.large,3\n", "facts.csv, row 1: must have 7 values"),
        (
            HEAD + COLUMN_LINE + "x9.large,3,1,nitro,2,arm64,1\n",
            "facts.csv, row 1: ipv4_per_eni: must be a number of 2 or more, got '1'",
        ),
        (
            HEAD + COLUMN_LINE + "x9.large,3,9,vmware,2,arm64,1\n",
            "facts.csv, row 1: hypervisor: must be one of nitro, xen, metal, got 'vmware'",
        ),
        (
            HEAD + COLUMN_LINE + ",3,9,xen,2,arm64,1\n",
            "facts.csv, row 1: name: must be the name of a type, got ''",
        ),
        (
            HEAD + COLUMN_LINE + "x9.large,3,9,nitro,2,arm64,8GiB\n",
            "facts.csv, row 1: memory_mib: must be a number of 1 or more, got '8GiB'",
        ),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_facts(text, "facts.csv")
    assert str(caught.value.problems[0]).startswith(message)


def test_every_invalid_row_is_reported_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_facts(HEAD + COLUMN_LINE + "a,x,9,xen,2,arm64,1\nb,3,9,xen,0,arm64,1\n")
    assert [problem.where for problem in caught.value.problems] == [
        "instance_facts, row 1: enis",
        "instance_facts, row 2: vcpus",
    ]


@given(st.text())
def test_any_text_is_read_or_refused_and_what_is_read_makes_sense(text: str) -> None:
    with suppress(InputError):
        for name, instance in read_facts(HEAD + COLUMN_LINE + text).types.items():
            assert name == instance.name
            assert min(instance.enis, instance.vcpus, instance.ipv4_per_eni - 1) >= 1
