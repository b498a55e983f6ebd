"""What CDK's own kubectl handler does when kubectl or Helm fails: its code, out of the installed CDK."""

from __future__ import annotations

import io
import logging
import stat
import tarfile
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

_FOLDER: Final = "package/custom-resource-handlers/dist/aws-eks-v2/kubectl-handler"
PROPERTIES: Final[dict[str, dict[str, str]]] = {
    "apply": {"ClusterName": "platform", "Manifest": '[{"apiVersion": "v1", "kind": "Namespace"}]'},
    "helm": {"ClusterName": "platform", "Release": "cilium", "Chart": "cilium", "Namespace": "kube-system"},
}


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    """The handler's modules by name, as CDK ships them to Lambda."""
    (archive,) = (each for each in files("aws_cdk._jsii").iterdir() if each.name.startswith("aws-cdk-lib@"))
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes()), mode="r:gz") as package:
        for name in PROPERTIES:
            member = package.extractfile(f"{_FOLDER}/{name}/__init__.py")
            assert member is not None
            found[name] = member.read().decode()
    return found


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an AWS CLI that works, and kubectl and Helm that fail and write down their calls."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, end in {"aws": "exit 0", "kubectl": "exit 1", "helm": "exit 1"}.items():
        path = folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/called\necho "no such cluster"\n{end}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("TEST_OUTDIR", str(tmp_path))
    return tmp_path


def handle(sources: dict[str, str], name: str, request: str) -> Any:
    level = logging.getLogger().level
    module = ModuleType(f"{name}_of_cdk")
    try:
        exec(compile(sources[name], f"{name}/__init__.py", "exec"), vars(module))
        event = {"RequestType": request, "ResourceProperties": PROPERTIES[name]}
        return vars(module)[f"{name}_handler"](event, None)
    finally:
        logging.getLogger().setLevel(level)


@pytest.mark.parametrize(
    ("name", "called"),
    [("apply", "kubectl delete --kubeconfig"), ("helm", "helm uninstall cilium --namespace kube-system")],
)
def test_a_delete_that_fails_is_reported_as_done(
    sources: dict[str, str], programs: Path, name: str, called: str
) -> None:
    handle(sources, name, "Delete")
    assert called in (programs / "called").read_text()


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_create_that_fails_is_not(sources: dict[str, str], programs: Path, name: str) -> None:
    with pytest.raises(Exception, match="no such cluster"):
        handle(sources, name, "Create")
