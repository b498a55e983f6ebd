"""The commands of docs/support.md, on dumps, and on a small API server with stand-ins for other programs."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.doctor.readers.dumps import files, pieces, redaction
from tests.docs.blocks import ROOT, blocks_of
from tests.unit.cli.doctor.clusters import Cluster, lists_of
from tests.unit.cli.doctor.test_connectivity import RESULTS
from tests.unit.doctor.dumps import write_aws, write_kubectl, write_sysdump
from tests.unit.doctor.healthy import healthy

PAGE = ROOT / "docs/support.md"
LINES = [block.text.strip() for block in blocks_of(PAGE)]

KUBECTL = "echo 'Forwarding from 127.0.0.1:12000 -> 8081'"
CILIUM = f"""
if [ "$1" = version ]; then echo 'cilium-cli: v0.19.5'; exit; fi
while [ $# -gt 0 ]; do if [ "$1" = --junit-file ]; then file=$2; fi; shift; done
cat > "$(dirname "$file")/cilium-test-1-results.xml" <<'END'
{RESULTS}
END
exit 1
"""
STATUS = {"hubble-ui": 3, "connectivity": 1}
"""Where not 0: this kubectl ends at once, and a test of this CLI fails."""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with dumps, a cluster behind the kubeconfig, and stand-ins on PATH."""
    for name, body in (("kubectl", KUBECTL), ("cilium", CILIUM)):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    monkeypatch.chdir(tmp_path)
    with Cluster(lists_of(healthy())).running(tmp_path):
        yield tmp_path


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_page_runs(line: str, place: Path) -> None:
    words = shlex.split(line)[1:]
    if "collect" not in words:
        write_kubectl(place / "dump", healthy())
        write_aws(place / "dump", healthy())
        folder = write_sysdump(place, healthy())
        shutil.make_archive(str(folder), "zip", place, folder.name)
    assert main(words) == STATUS.get(words[1], 0)
    if "--redact" in words:
        assert (place / "dump" / "collected.json").is_file()
    if "--svg" in words:
        assert (place / "nodes.svg").is_file()


def test_the_page_has_the_bounds_and_the_names_that_stay() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"| one object | {pieces.LARGEST_ITEM // pieces.MIB} MiB |" in text
    assert f"| all members of an archive | {files._LARGEST_SUM // pieces.MIB // 1024} GiB |" in text
    assert f"more than {files._SMALL // pieces.MIB} MiB | packed at most {files._LARGEST_RATIO} to 1" in text
    assert all(f"`{name}`" in text for name in redaction.SYSTEM)
