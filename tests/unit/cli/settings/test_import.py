from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.settings import load

VALUES = """\
eni: {enabled: true, awsEnablePrefixDelegation: true, awsReleaseExcessIPs: true}
ipam: {mode: eni}
cluster: {name: shop}
hubble: {relay: {enabled: true}, metrics: {enabled: [drop]}}
loadBalancer: {algorithm: maglev}
enterprise: {featureGate: {}}
"""


@pytest.fixture(autouse=True)
def no_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no chart at hand, neither of the person who runs the tests nor in a cache."""
    monkeypatch.delenv("CILIUM_CHARTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "values.yaml").write_text(VALUES)
    return tmp_path / "values.yaml"


def call(capsys: pytest.CaptureFixture[str], *words: str, cilium: str = "1.18.12") -> tuple[int, str, str]:
    status = main(["settings", "import", *words, "--cilium", cilium])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_the_settings_are_printed_and_the_report_goes_to_standard_error(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = call(capsys, "values.yaml")
    read = yaml.safe_load(out)
    assert (status, read["name"]) == (0, "shop")
    assert read["cilium"] == {
        "version": "1.18.12",
        "egress": "pod",
        "hubble": {"ui": False, "metrics": ["drop"]},
        "overrides": {"loadBalancer": {"algorithm": "maglev"}},
    }
    assert err.splitlines()[:2] == [
        "Dropped: Cilium 1.18.12 does not read it (1)",
        "  enterprise: is not a value of Cilium's chart 1.18.12, which ignores it; remove it, got "
        "{'featureGate': {}}",
    ]


def test_the_file_that_is_written_passes_the_check(values: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "values.yaml", "--output", "mine.yaml", "--region", "us-east-1")
    assert (status, out) == (0, "")
    assert err.splitlines()[-2:] == [
        "wrote mine.yaml",
        "check it after a change: cdk-eks-cilium settings check mine.yaml",
    ]
    assert main(["settings", "check", "mine.yaml"]) == 0
    assert load("mine.yaml").network.availability_zones[0] == "us-east-1a"


def test_a_file_that_is_there_is_replaced_only_by_force(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine.yaml").write_text("name: mine\n")
    assert call(capsys, "values.yaml", "--output", "mine.yaml") == (
        2,
        "",
        "1 problem\n  --output: must be a new file, got 'mine.yaml'; name another, or add --force "
        "[CEK7240]\n",
    )
    assert call(capsys, "values.yaml", "--output", "mine.yaml", "--force")[0] == 0
    assert load("mine.yaml").name == "shop"


def test_values_come_from_standard_input_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"USER-SUPPLIED VALUES:\n{VALUES}".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    status, out, _ = call(capsys, "-")
    assert (status, yaml.safe_load(out)["name"]) == (0, "shop")


def test_the_import_as_data_has_settings_findings_and_differences(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = call(capsys, "values.yaml", "--json", "--output", "mine.yaml", cilium="1.19.6")
    data: dict[str, Any] = json.loads(out)
    assert (status, err, load("mine.yaml").name) == (0, "", "shop")
    assert data["settings"]["cilium"]["version"] == "1.19.6"
    assert {
        "kind": "same",
        "key": "ipam.mode",
        "text": "the deployment sets it anyway",
        "value": "eni",
    } in data["findings"]
    assert data["compared"] == "the values over the chart's defaults"
    assert {"key": "eni.nodeSpec.firstInterfaceIndex", "after": 1} in data["differences"]


def test_what_cannot_be_expressed_is_a_finding(values: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values.write_text(f"{VALUES}cni: {{chainingMode: aws-cni}}\n")
    status, out, err = call(capsys, "values.yaml")
    assert status == 1
    assert err.splitlines()[:2] == [
        "Not as it was: the cluster will not have it, or has it in another way (1)",
        "  cni.chainingMode: must not be set: Cilium is the only CNI of these clusters; remove it, got "
        "'aws-cni'",
    ]
    assert "chainingMode" not in out


def test_another_interface_is_that_of_amazon_linux(values: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values.write_text(f"{VALUES}enableIPv4Masquerade: true\negressMasqueradeInterfaces: ens5\n")
    (group,) = yaml.safe_load(call(capsys, "values.yaml")[1])["node_groups"]
    assert (group["image"], group["primary_interface"]) == ("al2023", "ens5")


def test_nodes_without_prefixes_get_a_type_with_room_for_pods(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values.write_text("eni: {enabled: true, nodeSpec: {firstInterfaceIndex: 2}}\nipam: {mode: eni}\n")
    status, out, err = call(capsys, "values.yaml")
    assert (status, yaml.safe_load(out)["node_groups"][0]["instance_types"]) == (0, ["m6i.xlarge"])
    assert "node_groups[0].instance_types: is m6i.xlarge: m6i.large has room for too few pods" in err


def test_the_cni_configuration_may_be_given(values: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = '{"plugins": [{"eni": {"first-interface-index": 2}}]}'
    Path("config.yaml").write_text(yaml.safe_dump({"kind": "ConfigMap", "data": {"cni-config": config}}))
    _, out, _ = call(capsys, "values.yaml", "--cni-config", "config.yaml")
    assert yaml.safe_load(out)["cilium"]["eni"] == {"first_interface_index": 2}


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (
            ["none.yaml"],
            2,
            "VALUES: must be a readable file (no such file or directory), got 'none.yaml' [CEK7241]",
        ),
        (["values.yaml", "--cni-config", "list.yaml"], 2, "--cni-config: must be a CNI configuration or its"),
        (["values.yaml", "--account", "1"], 1, "account: must be an account id of 12 digits"),
    ],
)
def test_what_cannot_be_read_is_refused(
    words: list[str], status: int, message: str, values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("list.yaml").write_text("[]\n")
    ended, out, err = call(capsys, *words)
    assert (ended, out) == (status, "")
    assert message in err


def test_a_name_that_is_no_cluster_s_stays_the_default(
    values: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values.write_text(
        VALUES.replace("shop", "${var.name}")
        .replace("cluster: {name: ", "cluster: {name: '")
        .replace("name}}", "name}'}")
    )
    assert yaml.safe_load(call(capsys, "values.yaml")[1])["name"] == "platform"
