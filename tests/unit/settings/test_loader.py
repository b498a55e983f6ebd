"""A settings file: everything wrong with it is reported at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import Settings, load, parse
from cdk_eks_cilium.versions import minors

DEFAULT_FILE = Path(__file__).parents[3] / "settings.yaml"

EVERYTHING_WRONG = """\
name: 1_bad name
kubernetes_version: "1.29"
regoin: us-east-1
endpoint_access:
  public_cidrs: [192.168.0.0/16]
network:
  vpc_cidr: 10.2.0.0/16
  pod_cidr: 10.2.128.0/17
  availability_zones: [eu-west-1a]
  nat_gateways: three
cilium:
  version: 9.9.9
node_groups:
  - {name: not nitro, instance_types: [m4.large]}
  - {name: small, instance_types: [t3.nano]}
  - {name: hpc, instance_types: [hpc6id.32xlarge], imgae: al2023}
"""

NOTHING_AGREES = """\
network:
  vpc_cidr: 10.2.0.0/16
  pod_cidr: 10.2.128.0/17
  availability_zones: [eu-west-1a, eu-west-1b]
  nat_gateways: 3
node_groups:
  - {name: not-nitro, instance_types: [m4.large]}
  - {name: small, instance_types: [t3.nano]}
  - {name: hpc, instance_types: [hpc6id.32xlarge]}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.yaml"


def refusal(file: Path, text: str | bytes) -> str:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as error:
        load(file)
    head, *_ = str(error.value).splitlines()
    return "\n".join([head, *(f"  {problem}" for problem in error.value.problems)])


def outcome_of(read: Callable[[], Settings]) -> Settings | InputError:
    """The settings or the `InputError`; errors of other kinds propagate."""
    try:
        return read()
    except InputError as error:
        return error


def test_the_default_file_holds_the_defaults() -> None:
    assert load(DEFAULT_FILE) == Settings()


def refused_with(file: Path, text: str, beginnings: list[str]) -> None:
    file.write_text(text)
    with pytest.raises(InputError) as error:
        load(file)
    assert str(error.value).startswith(f"settings.yaml: {len(beginnings)} problems\n")
    for problem, beginning in zip(error.value.problems, beginnings, strict=True):
        assert str(problem).startswith(beginning)


def test_all_settings_that_are_wrong_by_themselves_are_listed_in_the_order_of_the_file(file: Path) -> None:
    beginnings = [
        "name: must be 1 to 100 letters, digits and hyphens, starting with a letter, got '1_bad name'; ",
        "kubernetes_version: must be a release that EKS still creates, ",
        "regoin: is not a setting, got 'us-east-1'; did you mean 'region'?",
        "endpoint_access.public_cidrs[0]: must be public addresses, outside 192.168.0.0/16, got ",
        "network.availability_zones: must list at least 2, got ['eu-west-1a']; EKS spreads a control plane ",
        "network.nat_gateways: must be a whole number, got 'three'",
        f"cilium.version: must be a release of Cilium 1.12 to {minors()[-1]}, got '9.9.9'; choose one of ",
        "node_groups[0].name: must be 1 to 63 letters, ",
        "node_groups[2].imgae: is not a setting, got 'al2023'; did you mean 'image'?",
    ]
    refused_with(file, EVERYTHING_WRONG, beginnings)


def test_then_all_settings_that_contradict_each_other_are_listed_in_the_order_of_the_file(file: Path) -> None:
    beginnings = [
        "network.pod_cidr: must not overlap 10.2.0.0/16, the primary range of the VPC, got '10.2.128.0/17'; ",
        "network.nat_gateways: must be at most one for each of the 2 zones, got 3",
        "node_groups[0].instance_types: must run on the Nitro hypervisor, ",
        "node_groups[1].instance_types: must hold 20 pods or more, and this type holds 15, got 't3.nano'",
        "node_groups[2].instance_types: must hold more than 1 network interfaces",
    ]
    refused_with(file, NOTHING_AGREES, beginnings)


def test_one_mistake_is_one_problem(file: Path) -> None:
    """An invalid region is not a problem of the zones, an invalid range not a problem of overlaps."""
    message = refusal(file, "region: nowhere\nnetwork: {vpc_cidr: 100.64.0.0, pod_cidr: 100.64.0.0/16}\n")
    assert message.splitlines()[0] == "settings.yaml: 2 problems"


def test_a_misspelt_key_is_not_taken_for_a_missing_one(file: Path) -> None:
    """Without the misspelt key, the zones would belong to the default region."""
    message = refusal(file, "regoin: us-east-1\nnetwork: {availability_zones: [us-east-1a, us-east-1b]}\n")
    assert message.splitlines() == [
        "settings.yaml: 1 problem",
        "  regoin: is not a setting, got 'us-east-1'; did you mean 'region'?",
    ]


def test_what_is_not_a_mapping_does_not_hide_the_rest(file: Path) -> None:
    message = refusal(
        file,
        "network: [a]\naccess: [jane]\nnode_groups: [workers, {name: b, instance_types: [m4.large]}]\n",
    )
    wheres = [line.strip().partition(":")[0] for line in message.splitlines()[1:]]
    assert wheres == ["network", "access[0]", "node_groups[0]"]


@pytest.mark.parametrize("text", ["", "# nothing but this\n", "---\n", "{}\n"])
def test_an_empty_file_is_all_defaults(file: Path, text: str) -> None:
    file.write_text(text)
    assert load(file) == Settings()


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(InputError, match=r"^settings\.yaml: 1 problem\n") as error:
        load(str(file))
    assert [str(problem) for problem in error.value.problems] == [f"{file}: must be a file that exists"]


def test_a_folder_is_not_a_settings_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must be a readable file \(is a directory\)"):
        load(tmp_path)


def test_a_list_is_not_a_settings_file(file: Path) -> None:
    assert refusal(file, "- name: a\n").splitlines()[1] == (
        "  settings.yaml: must have a mapping at its top, lines of 'key: value', got [{'name': 'a'}]"
    )


def test_a_key_given_twice_is_refused_with_both_lines(file: Path) -> None:
    message = refusal(
        file, "network:\n  pod_cidr: 100.64.0.0/16\n  nat_gateways: 1\n  pod_cidr: 100.65.0.0/16\n"
    )
    assert message.splitlines()[1] == (
        "  settings.yaml line 4: must have each key once, and line 2 has 'pod_cidr' already; "
        "remove one of them"
    )


def test_a_tab_is_refused_with_its_line(file: Path) -> None:
    assert refusal(file, "network:\n\tpod_cidr: 100.64.0.0/16\n").splitlines()[1] == (
        "  settings.yaml line 2: must be indented with spaces, not with a tab; replace the tab with spaces"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: a\nname\nregion: b\n", 3),
        ("name: [a\n", 2),
        ("name: !!python/object:os.system a\n", 1),
        ("name: *nobody\n", 1),
        ("? [a]\n: b\n", 1),
        ("? {a: b}\n: c\n", 1),
    ],
)
def test_invalid_yaml_is_refused_with_its_line(file: Path, text: str, line: int) -> None:
    assert refusal(file, text).splitlines()[1].startswith(f"  settings.yaml line {line}: must be YAML (")


@pytest.mark.parametrize(
    "text", [b"\xff\xfe\x00", b"name: \x00", b"name: 2026-13-45\n", b"name: " + b"9" * 5000, b"[" * 5000]
)
def test_an_unreadable_file_is_a_problem_and_not_a_traceback(file: Path, text: bytes) -> None:
    message = refusal(file, text).splitlines()
    assert message[0] == "settings.yaml: 1 problem"
    assert re.match(r"  settings.yaml( line 1)?: must ", message[1])


def test_merge_keys_work_and_may_be_overridden(file: Path) -> None:
    file.write_text("node_groups:\n- &a {name: a, max_size: 9}\n- {<<: *a, name: b}\n")
    assert [(each.name, each.max_size) for each in load(file).node_groups] == [("a", 9), ("b", 9)]


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_ANYTHING = st.recursive(
    _LEAVES,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=8), below, max_size=4),
    max_leaves=12,
)


def _names(model: Any) -> list[str]:
    fields = model.model_json_schema()
    parts = [fields, *fields.get("$defs", {}).values()]
    return sorted({name for part in parts for name in part.get("properties", {})})


_KEYS = st.sampled_from(_names(Settings)) | st.text(max_size=8) | st.integers()
_ALMOST = st.recursive(
    _LEAVES | st.sampled_from(["10.0.0.0/16", "eu-west-1a", "m6i.large", "1.35", "pod", "al2023"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_KEYS, below, max_size=5),
    max_leaves=20,
)


@given(data=st.dictionaries(_KEYS, _ANYTHING | _ALMOST, max_size=6))
def test_any_data_gives_settings_or_an_input_error(data: dict[Any, Any]) -> None:
    outcome = outcome_of(lambda: parse(data))
    assert isinstance(outcome, Settings) or len(str(outcome).splitlines()) > len(outcome.problems) > 0


@given(text=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_file_gives_settings_or_an_input_error(
    text: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(text)
    outcome = outcome_of(lambda: load(file))
    assert isinstance(outcome, Settings) or outcome.problems


def test_half_a_character_is_refused_before_anything_else(file: Path) -> None:
    assert refusal(file, 'tags: {a: "\\ud800"}\n').splitlines() == [
        "settings.yaml: 1 problem",
        "  tags.a: must be text without broken characters, got '\\ud800'",
    ]


@pytest.mark.parametrize(
    "data",
    [
        {"name": "\ud800"},
        {"\ud800": 1},
        {"tags": {"\ud800": "x"}},
        {"network": {"nat_gateways": 10**5000}},
        {"network": {"nat_gateways": {1: 10**5000}}},
    ],
)
def test_values_that_python_cannot_print_are_problems(data: dict[str, Any]) -> None:
    with pytest.raises(InputError) as error:
        parse(data)
    assert str(error.value).encode()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("name: NO", "name: must be text, got False; quote it: 'NO'"),
        ("name: 007", "name: must be text, got 7; quote it: '007'"),
        ("region: 12:30", "region: must be text, got 750; quote it: '12:30'"),
        ("tags: {build: 1.10}", "tags.build: must be text, got 1.1; quote it: '1.10'"),
        (
            "tags: {since: 2020-01-01}",
            "tags.since: must be text, got datetime.date(2020, 1, 1); quote it: '2020-01-01'",
        ),
        (
            "cilium: {version: 1.19}",
            "cilium.version: must be the full number of a stable Cilium release, got 1.19; did "
            "you mean '1.19.6'?",
        ),
        (
            "cilium: {version: 1.20}",
            "cilium.version: must be the full number of a stable Cilium release, got 1.2; did "
            "you mean '1.20.0'?",
        ),
    ],
)
def test_a_value_that_yaml_reads_as_another_is_quoted_as_it_is_written(
    file: Path, line: str, problem: str
) -> None:
    assert refusal(file, line).splitlines()[1] == f"  {problem}"


def test_a_file_that_is_too_large_is_refused(file: Path) -> None:
    assert "settings.yaml: must have at most 1 MiB" in refusal(file, b"#" + b"x" * 1024 * 1024)


def test_a_key_that_is_too_long_to_show_is_cut(file: Path) -> None:
    assert f"  {'k' * 120}...: is not a setting" in refusal(file, f"? {'k' * 5000}\n: 1\n")


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("network: {vpc_cidr: ten}", "write it as an address and a length: '10.0.0.0/16'"),
        ("network: {pod_cidr: ten}", "write it as an address and a length: '100.64.0.0/16'"),
        ("service_cidr: ten", "write it as an address and a length: '172.20.0.0/16'"),
        ("endpoint_access: {public_cidrs: [ten]}", "write it as an address and a length: '203.0.113.0/24'"),
        ("endpoint_access: {private_cidrs: [ten]}", "write it as an address and a length: '10.8.0.0/16'"),
    ],
)
def test_a_range_that_is_not_one_gets_an_example_for_its_place(file: Path, line: str, fix: str) -> None:
    assert f"; {fix}" in refusal(file, line)


@pytest.mark.parametrize("block", ["fd00::/56", "2001:db8::1", "::/0", "::ffff:10.0.0.0/104"])
@pytest.mark.parametrize(
    "line",
    [
        "network: {{vpc_cidr: '{}'}}",
        "network: {{pod_cidr: '{}'}}",
        "service_cidr: '{}'",
        "endpoint_access: {{public_cidrs: ['{}']}}",
        "endpoint_access: {{private_cidrs: ['{}']}}",
    ],
)
def test_an_ipv6_range_is_told_that_there_is_no_ipv6(file: Path, line: str, block: str) -> None:
    text = refusal(file, line.format(block))

    assert "; name an IPv4 range: a cluster of this library has no IPv6" in text
