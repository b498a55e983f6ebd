"""How the table of instance types is made."""

from __future__ import annotations

import runpy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from cdk_eks_cilium.addressing import render_facts, row_from_api

ROOT = Path(__file__).parents[3]
SCRIPT = runpy.run_path(str(ROOT / "scripts/instance_types.py"))
TABLE = ROOT / "constructs/cdk_eks_cilium/addressing/instance_types.csv"


def run(*arguments: str) -> None:
    assert SCRIPT["main"]([*arguments, "--date", "2026-01-02"]) == 0


def rows(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def facts(**changes: Any) -> dict[str, Any]:
    return {
        "InstanceType": "x9.large",
        "BareMetal": False,
        "Hypervisor": "nitro",
        "VCpuInfo": {"DefaultVCpus": 2},
        "ProcessorInfo": {"SupportedArchitectures": ["i386", "x86_64"]},
        "NetworkInfo": {"MaximumNetworkInterfaces": 3, "Ipv4AddressesPerInterface": 10},
        **changes,
    }


def test_the_table_at_hand_is_what_motos_copy_gives(tmp_path: Path) -> None:
    fresh = tmp_path / "table.csv"
    run("--from-moto", "--output", str(fresh))
    assert rows(fresh) == rows(TABLE)


def test_the_header_names_the_source_and_the_day(tmp_path: Path) -> None:
    fresh = tmp_path / "table.csv"
    run("--from-moto", "--output", str(fresh))
    first = fresh.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# EC2 DescribeInstanceTypes, the copy in moto ")
    assert first.endswith(", written 2026-01-02 by scripts/instance_types.py")


@mock_aws
def test_asking_ec2_gives_every_type_of_the_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    fresh = tmp_path / "table.csv"
    run("--region", "eu-central-1", "--output", str(fresh))
    assert set(rows(fresh)) <= set(rows(TABLE))
    assert len(rows(fresh)) > 500
    assert "0 kept from before" in capsys.readouterr().out


@mock_aws
def test_types_the_region_lacks_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    table = tmp_path / "table.csv"
    old = row_from_api(facts(InstanceType="elsewhere.large"))
    table.write_text(render_facts([old], "region elsewhere", date(2025, 1, 1)), encoding="utf-8")
    run("--region", "eu-central-1", "--output", str(table))
    assert "elsewhere.large,3,10,nitro,2,x86_64," in rows(table)
    assert "1 kept from before" in capsys.readouterr().out
    assert "and 1 types of the table before" in table.read_text(encoding="utf-8").splitlines()[0]


def test_a_row_counts_the_interfaces_of_the_default_card() -> None:
    network = {
        "MaximumNetworkInterfaces": 15,
        "Ipv4AddressesPerInterface": 50,
        "DefaultNetworkCardIndex": 1,
        "NetworkCards": [
            {"NetworkCardIndex": 0, "MaximumNetworkInterfaces": 8},
            {"NetworkCardIndex": 1, "MaximumNetworkInterfaces": 7},
        ],
    }
    assert row_from_api(facts(NetworkInfo=network))["enis"] == "7"


def test_a_row_of_bare_metal_needs_no_hypervisor() -> None:
    bare = facts(BareMetal=True)
    del bare["Hypervisor"]
    assert row_from_api(bare)["hypervisor"] == "metal"


def test_a_row_takes_the_architecture_of_64_bits() -> None:
    assert row_from_api(facts())["architecture"] == "x86_64"


@pytest.mark.parametrize("arguments", [[], ["--region", "eu-central-1", "--from-moto"]])
def test_one_source_has_to_be_named(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        SCRIPT["main"](arguments)
    assert caught.value.code == 2
