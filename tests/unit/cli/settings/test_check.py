"""``settings check``, and its older name ``python -m cdk_eks_cilium.settings``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main

OLD_NAME = "an older name; call instead: cdk-eks-cilium settings "


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prod.yaml"


def check(*words: str | Path) -> int:
    return main(["settings", "check", *map(str, words)])


def test_a_good_file_passes_with_a_note_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("name: prod\n")
    assert check(file) == 0
    out, err = capsys.readouterr()
    assert (out, err.startswith("note: Cilium ")) == ("", True)
    assert len(err.splitlines()) == 1


def test_the_settings_of_the_folder_are_checked_where_no_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check() == 2
    assert "settings.yaml: must be a file that exists" in capsys.readouterr().err
    (tmp_path / "settings.yaml").write_text("name: prod\n")
    assert check() == 0


def test_a_warning_does_not_fail(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("kubernetes_version: '1.32'\n")
    assert check(file) == 0
    assert capsys.readouterr().err.startswith("warning: Kubernetes 1.32 is in extended support")


def test_a_wrong_file_fails_with_its_problems(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("cilium: {egress: both}\n")
    assert check(file) == 1
    assert capsys.readouterr().err == (
        "prod.yaml: 1 problem\n  cilium.egress: must be 'node' or 'pod', got 'both' [CEK0020]\n"
    )


def test_placeholders_fail_a_deploy_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("name: prod\nkubernetes_version: '1.32'\n")
    assert check(file, "--for-deploy") == 1
    warning, head, problem = capsys.readouterr().err.splitlines()
    assert warning.startswith("warning: Kubernetes 1.32")
    assert head == "prod.yaml: not ready to deploy, 1 problem"
    assert problem.startswith("  endpoint_access.public_cidrs[0]: must be a range that people connect from")
    file.write_text("endpoint_access: {public_cidrs: [8.8.8.8/32]}\n")
    assert check(file, "--for-deploy") == 0


def test_problems_and_warnings_are_data_too(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("kubernetes_version: '1.32'\n")
    assert check(file, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["problems"] == []
    (warning,) = found["warnings"]
    assert warning.startswith("Kubernetes 1.32 is in extended support")
    file.write_text("cilium: {egress: both}\n")
    assert check(file, "--json") == 1
    assert json.loads(capsys.readouterr().out) == {
        "problems": [
            {
                "id": "CEK0020",
                "where": "cilium.egress",
                "rule": "must be 'node' or 'pod'",
                "got": "'both'",
            }
        ],
        "warnings": [],
        "notes": [],
    }


def old(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cdk_eks_cilium.settings", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_older_name_does_the_same_and_says_the_new_one(file: Path) -> None:
    file.write_text("regoin: a\n")
    done = old("--for-deploy", file)
    first, head, problem = done.stderr.splitlines()
    assert done.returncode == 1
    assert first == f"{OLD_NAME}check --for-deploy {file}"
    assert (head, problem.partition(":")[0]) == ("prod.yaml: 1 problem", "  regoin")
    file.write_text("name: prod\n")
    assert old(file).returncode == 0
    schema = old("--schema")
    assert (schema.returncode, schema.stderr) == (0, f"{OLD_NAME}schema\n")
    assert json.loads(schema.stdout)["title"] == "Settings"
    assert old().returncode == old("--schema", file).returncode == 2


def test_an_override_that_repeats_what_is_set_anyway_is_a_note(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("cilium: {overrides: {ipam: {mode: eni}}}\n")
    text = "overrides set ipam.mode to what the deployment sets anyway; it may be removed"
    assert check(file) == 0
    assert f"note: {text}\n" in capsys.readouterr().err
    assert check(file, "--json") == 0
    assert text in json.loads(capsys.readouterr().out)["notes"]
