"""``instances --show``: what the library knows of a type."""

from __future__ import annotations

import json
import sys

import pytest

from tests.unit.cli.instances import call, usage


def test_what_is_known_of_types_is_a_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    status, out, _ = call(capsys, "--show", "m6g.large", "t2.large", "m5.metal", "m6g.large")
    assert status == 0
    assert [line.split() for line in out.splitlines()] == [
        ["type", "ENIs", "IPv4", "per", "ENI", "hypervisor", "vCPUs", "architecture", "max", "pods"],
        ["m6g.large", "3", "10", "nitro", "2", "arm64", "110"],
        ["t2.large", "3", "12", "xen", "2", "x86_64", "-"],
        ["m5.metal", "15", "50", "metal", "96", "x86_64", "250"],
    ]


def test_what_is_known_of_types_is_data_too(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "--show", "m6g.large", "t2.large", "--json")
    first, second = json.loads(out)
    assert first == {
        "name": "m6g.large",
        "enis": 3,
        "ipv4_per_eni": 10,
        "hypervisor": "nitro",
        "vcpus": 2,
        "architecture": "arm64",
        "max_pods": 110,
    }
    assert second["max_pods"] is None


def test_every_type_that_is_not_known_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    add = "run 'cdk-eks-cilium instances --region REGION --output FILE' and name the file as instance_facts"
    assert call(capsys, "--show", "quantum", "m6g.large", "abacus") == (
        2,
        "",
        "2 problems\n"
        f"  --show: must be a known instance type, got 'quantum'; {add}\n"
        f"  --show: must be a known instance type, got 'abacus'; {add}\n",
    )


def test_without_the_extra_for_tables_the_error_names_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert usage(capsys, "--show", "m6g.large").endswith(
        "error: tables need rich: pip install 'cdk-eks-cilium[cli]', or use --json"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--json",), "--json goes with --show only"),
        (("--show", "m6g.large", "--region", "eu-west-1"), "--show goes with --json only"),
        (("--show", "m6g.large", "--output", "facts.csv"), "--show goes with --json only"),
    ],
)
def test_a_mixture_of_showing_and_writing_is_a_wrong_call(
    words: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage(capsys, *words).endswith(f"error: {expected}")
