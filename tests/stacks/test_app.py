"""The app as a process: with the CDK CLI and without, with good settings and bad ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.synthesis import assembly
from tests.validation_report import findings

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CDK = ROOT / "node_modules/.bin/cdk"


def run_app(out: Path, settings: Path | str = "settings.yaml") -> subprocess.CompletedProcess[str]:
    """Run app.py as a user without Node.js on the PATH would."""
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            "HOME": os.environ.get("HOME", str(out)),
            "PATH": "/nonexistent",
            "CDK_OUTDIR": str(out),
            "CDK_CONTEXT_JSON": json.dumps({"settings": str(settings)}),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The default assembly, by plain Python with CDK's own validation."""
    out = tmp_path_factory.mktemp("plain")
    return out, run_app(out)


def test_default_settings_synthesize_without_a_warning(
    plain: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, done = plain

    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    assert "aws:cdk:warning" not in (out / "manifest.json").read_text()
    assert not [path for path in out.glob("*.metadata.json") if "aws:cdk:warning" in path.read_text()]


def test_nothing_in_the_assembly_is_missing_or_a_dummy(
    plain: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    out, _ = plain

    assert "missing" not in json.loads((out / "manifest.json").read_text())
    for template in out.glob("*.template.json"):
        assert "dummy" not in template.read_text()


@pytest.mark.skipif(not CDK.exists(), reason="the CDK CLI is not installed: run 'make setup'")
def test_the_cli_and_plain_python_give_the_same_templates(
    plain: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    out, _ = plain
    # Neither credentials nor a region, nor anything else of the machine's.
    env = {"HOME": os.environ.get("HOME", str(tmp_path)), "PATH": f"{BIN}:/usr/bin:/bin"}

    done = subprocess.run(
        [str(CDK), "synth", "--quiet", "--output", str(tmp_path)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "arning" not in done.stdout + done.stderr
    names = sorted(path.name for path in out.glob("*.template.json"))
    assert names == ["platform-cluster.template.json", "platform-network.template.json"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


def test_zones_are_not_looked_up_even_where_account_and_region_are_known(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text('account: "123456789012"\n')

    out = assembly(settings, tmp_path / "out")

    assert "missing" not in json.loads((out / "manifest.json").read_text())


@pytest.mark.parametrize("name", ["shared-vpc", "on-premises"])
def test_other_environments_pass_cdks_own_validation(name: str, tmp_path: Path) -> None:
    out = assembly(ROOT / f"tests/stacks/settings/{name}.yaml", tmp_path / "out", validate=True)

    assert findings(out, "fatal", "error") == []


def test_what_cdks_validation_finds_ends_without_a_traceback(tmp_path: Path) -> None:
    settings = tmp_path / "reserved.yaml"
    # By CDK's data, CloudFormation knows reservations in few regions.
    settings.write_text("network: {reserve_prefixes: true}\nregion: eu-west-1\n")

    done = run_app(tmp_path / "out", settings)

    assert done.returncode == 1
    assert "'AWS::EC2::SubnetCidrReservation' does not exist in 'eu-west-1'" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_all_invalid_settings_are_reported_at_once_without_a_traceback(tmp_path: Path) -> None:
    settings = tmp_path / "wrong.yaml"
    settings.write_text(
        """
name: 1st_cluster!
kubernetes_version: "1.29"
nodegroups: []
network:
  vpc_cidr: 10.0.0.0/16
  pod_cidr: 192.168.0.0
  availability_zones: [eu-west-1a]
cilium:
  version: 9.9.9
  kube_proxy_replacement: "yes"
node_groups:
  - name: old
    instance_types: m4.large
  - name: tiny
    instance_types: [nano]
"""
    )

    done = run_app(tmp_path / "out", settings)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert "wrong.yaml" in lines[0]
    for key in (
        "name",
        "kubernetes_version",
        "nodegroups",
        "network.pod_cidr",
        "network.availability_zones",
        "cilium.version",
        "cilium.kube_proxy_replacement",
        "node_groups[0].instance_types",
        "node_groups[1].instance_types[0]",
    ):
        assert any(line.strip().startswith(f"{key}") for line in lines[1:]), f"{key} in\n{done.stderr}"
    assert "did you mean 'node_groups'" in done.stderr


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    done = run_app(tmp_path / "out", tmp_path / "none.yaml")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "none.yaml" in done.stderr
