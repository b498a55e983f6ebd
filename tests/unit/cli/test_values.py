from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.settings import cilium_values, cilium_version, load, references
from cdk_eks_cilium.values import helm_values

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = ROOT / "settings.yaml"


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["values", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def usage(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["values", *words])
    assert ended.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.fixture
def settings_file(tmp_path: Path) -> Any:
    def write(**content: Any) -> str:
        file = tmp_path / "mine.yaml"
        file.write_text(yaml.safe_dump(content))
        return str(file)

    return write


def test_the_values_of_the_settings_are_printed_as_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "--settings", str(SETTINGS))
    settings = load(SETTINGS)
    expected = helm_values(cilium_values(settings), cilium_version(settings), references(settings))
    assert (status, yaml.safe_load(out)) == (0, expected)


def test_what_only_the_deployment_knows_stands_in_angle_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "--settings", str(SETTINGS), "--json")
    eni = json.loads(out)["eni"]
    assert eni["iamRole"] == "<ARN of the operator's role>"
    assert eni["nodeSpec"]["subnetIDs"][0] == "<id of the pod subnet in eu-west-1a>"


def test_text_that_helm_would_read_as_something_else_is_quoted(
    settings_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = {"a": "y", "b": "N", "c": "1e3", "d": "0o17", "e": "yard", "f": "e3"}
    file = settings_file(cilium={"overrides": {"podLabels": labels}})
    _, out, _ = call(capsys, "--settings", file)
    assert yaml.safe_load(out)["podLabels"] == labels
    for line in ("a: 'y'", "b: 'N'", "c: '1e3'", "d: '0o17'", "e: yard", "f: e3"):
        assert f"\n  {line}\n" in out


def test_pod_identity_leaves_the_annotation_out(
    settings_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings_file(cilium={"operator_identity": "pod-identity"})
    _, out, _ = call(capsys, "--settings", file, "--json")
    assert "iamRole" not in json.loads(out)["eni"]


def test_another_version_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "--settings", str(SETTINGS), "--cilium", "1.18.12", "--json")
    assert json.loads(out)["routingMode"] == "native"


def test_without_a_settings_file_the_defaults_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, _ = call(capsys, "--json")
    assert (status, json.loads(out)["cluster"]) == (0, {"name": "platform"})


def test_the_settings_of_the_folder_are_read_without_being_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.yaml").write_text("name: shop\n")
    monkeypatch.chdir(tmp_path)
    _, out, _ = call(capsys, "--json")
    assert json.loads(out)["cluster"] == {"name": "shop"}


def test_the_config_map_of_old_charts_is_printed_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--settings", str(SETTINGS), "--cilium", "1.18.12", "--cni-config")
    status, out, _ = call(capsys, *words)
    manifest = yaml.safe_load(out)
    assert (status, manifest["kind"], manifest["metadata"]["name"]) == (0, "ConfigMap", "cni-configuration")
    assert "first-interface-index" in manifest["data"]["cni-config"]


def test_a_chart_without_a_config_map_cannot_print_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(capsys, "--settings", str(SETTINGS), "--cni-config").endswith(
        "error: Cilium 1.19.6 takes no CNI ConfigMap: everything is in its values"
    )


def test_settings_with_mistakes_are_findings(settings_file: Any, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "--settings", settings_file(cilium={"gateway_api": True}))
    assert (status, out) == (1, "")
    assert "cilium.gateway_api: needs kube_proxy_replacement" in err


def test_a_version_that_does_not_take_the_settings_is_a_finding(
    settings_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings_file(cilium={"host_firewall": True})
    status, _, err = call(capsys, "--settings", file, "--cilium", "1.17.18")
    assert status == 1
    assert "cilium.host_firewall: is for Cilium 1.18 and newer, not 1.17.18" in err


@pytest.mark.parametrize("words", [("--cilium", "1.19"), ("--diff", "1.18.12", "1.19")])
def test_an_invalid_version_is_refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = call(capsys, "--settings", str(SETTINGS), *words)
    assert status == 2
    assert f"{words[0]}: must be the full number of a stable Cilium release, got '1.19'" in err


def test_a_file_that_is_not_there_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(capsys, "--settings", "nowhere.yaml").endswith(
        "error: --settings: no such file: nowhere.yaml"
    )


def test_one_version_twice_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(capsys, "--diff", "1.19.6", "1.19.6").endswith(
        "error: --diff needs two versions, got 1.19.6 twice"
    )


def test_a_difference_of_another_version_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--cilium", "1.19.6", "--diff", "1.18.12", "1.19.6")
    assert usage(capsys, *words).endswith("error: --diff goes with neither --cilium nor --cni-config")


def test_warnings_of_the_settings_are_not_part_of_the_output(
    settings_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = call(capsys, "--settings", settings_file(cilium={"kube_proxy_replacement": True}))
    assert status == 0
    assert "warning" not in out
    assert "warning: kube_proxy_replacement: " in err


def test_an_upgrade_is_printed_as_tables(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    status, out, _ = call(capsys, "--settings", str(SETTINGS), "--diff", "1.18.12", "1.19.6")
    assert status == 0
    for text in (
        "Cilium 1.18.12 -> 1.19.6",
        "1. run Cilium's pre-flight check before each minor",
        "One way",
        "no node is replaced",
        "Values that the deployment writes differently",
        "Defaults of the chart that change",
        "authentication.enabled",
        "keys are new in the chart",
    ):
        assert text in out
    (row,) = [line for line in out.splitlines() if "hubble.tls.auto.method" in line]
    assert '"helm"' in row
    assert '"cronJob"' in row


def test_without_the_extra_for_tables_the_error_names_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert usage(capsys, "--settings", str(SETTINGS), "--diff", "1.18.12", "1.19.6").endswith(
        "error: tables need rich: pip install 'cdk-eks-cilium[cli]', or use --json"
    )


def test_an_upgrade_is_printed_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "--settings", str(SETTINGS), "--diff", "1.18.12", "1.19.6", "--json")
    data = json.loads(out)
    assert (data["old"], data["new"], data["problems"]) == ("1.18.12", "1.19.6", [])
    (step,) = data["steps"]
    assert {"key": "routingMode", "before": "native"} in step["written"]
    assert step["operator_actions"] == {"added": [], "removed": []}
    assert step["added"]
    assert {note["kind"] for note in step["notes"]} >= {"crds", "refuses", "one-way", "default"}


def test_an_upgrade_over_several_minors_is_printed_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "--settings", str(SETTINGS), "--diff", "1.18.12", "1.20.0")
    lines = [line.strip() for line in out.splitlines()]
    assert lines.index("Step 1 of 2: 1.18.12 -> 1.19.6") < lines.index("Step 2 of 2: 1.19.6 -> 1.20.0")


def test_keys_are_whole_and_grouped_where_nobody_looks_at_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = call(capsys, "--settings", str(SETTINGS), "--diff", "1.19.6", "1.20.0")
    lines = out.splitlines()
    start = next(number for number, line in enumerate(lines) if line.split() == ["clustermesh"])
    assert [line.split()[0] for line in lines[start + 1 : start + 3]] == [
        "clustermesh.apiserver.tls.auto.certValidityDuration",
        "clustermesh.apiserver.tls.auto.schedule",
    ]


def test_images_of_ones_own_are_named_where_a_release_needs_another_kernel(
    settings_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = [{"name": "own", "ami_id": "ami-0123456789abcdef0"}, {"name": "aws"}]
    file = settings_file(cilium={"version": "1.18.12"}, node_groups=groups)
    _, out, _ = call(capsys, "--settings", file, "--diff", "1.17.18", "1.19.6", "--json")
    first, second = (step["nodes"] for step in json.loads(out)["steps"])
    assert first[1:] == ["look at the kernel in the images of own, which are yours"]
    assert len(second) == 1


def test_an_upgrade_to_a_version_that_refuses_the_settings_is_a_finding(
    settings_file: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings_file(cilium={"version": "1.17.18", "overrides": {"bandwidthManager": {"enabled": True}}})
    status, out, _ = call(capsys, "--settings", file, "--diff", "1.17.18", "1.18.12")
    assert status == 1
    assert "1.18.12 does not take these settings:" in out
    assert "use bandwidth_manager=BandwidthManager(...)" in out


def test_the_program_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cdk_eks_cilium", "values", "--settings", str(SETTINGS)],
        cwd=ROOT / "constructs",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["eni"]["enabled"] is True
