"""``python -m cdk_eks_cilium.settings``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cdk_eks_cilium.settings import json_schema
from cdk_eks_cilium.settings.__main__ import main
from tests.refusals import worded


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prod.yaml"


def test_a_good_file_passes_in_silence(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("name: prod\n")
    assert main([str(file)]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_warning_does_not_fail(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("kubernetes_version: '1.32'\n")
    assert main([str(file)]) == 0
    assert capsys.readouterr().err.startswith("warning: Kubernetes 1.32 is in extended support")


def test_a_wrong_file_fails_with_its_problems(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("cilium: {egress: both}\n")
    assert main([str(file)]) == 1
    assert worded(capsys.readouterr().err) == (
        "prod.yaml: 1 problem\n  cilium.egress: must be 'node' or 'pod', got 'both'\n"
    )


def test_placeholders_fail_a_deploy_alone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("name: prod\n")
    assert main([str(file), "--for-deploy"]) == 1
    head, problem = capsys.readouterr().err.splitlines()
    assert head == "prod.yaml: not ready to deploy, 1 placeholder"
    assert problem.startswith(
        "  endpoint_access.public_cidrs[0]: must be a range people reach the cluster from"
    )
    file.write_text("endpoint_access: {public_cidrs: [8.8.8.8/32]}\n")
    assert main([str(file), "--for-deploy"]) == 0


def test_the_schema_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()


def test_a_wrong_call_is_told_apart_from_a_wrong_file() -> None:
    with pytest.raises(SystemExit) as end:
        main([])
    assert end.value.code == 2


def test_the_module_runs_without_node_or_cdk(file: Path) -> None:
    file.write_text("regoin: a\n")
    script = (
        "import sys, runpy; sys.argv = ['settings', sys.argv[1]]\n"
        "try: runpy.run_module('cdk_eks_cilium.settings', run_name='__main__')\n"
        "except SystemExit as end: print(end.code, 'aws_cdk' in sys.modules, 'jsii' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "1 False False"
    assert "Traceback" not in done.stderr
