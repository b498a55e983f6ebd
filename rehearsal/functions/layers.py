"""Unpacks what a function runs from: its code and its layers, out of the assembly's assets."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from rehearsal.charts.toolchain import cache_folder

_TOOLS = ("kubectl", "helm", "awscli")


def unpacked(asset: Path) -> Path:
    """The folder behind an asset: itself, or the unpacked content of a zip, kept in the user's cache.

    Args:
        asset: A folder or a zip of the assembly. CDK names assets by a hash of their content or recipe,
            so name, size and nothing else tell whether an unpacked copy is still the same.
    """
    if asset.is_dir():
        return asset
    identity = hashlib.sha256(f"{asset.name} {asset.stat().st_size}".encode()).hexdigest()[:20]
    target = cache_folder() / "layers" / identity
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".unpack-", dir=target.parent))
    try:
        with zipfile.ZipFile(asset) as archive:
            archive.extractall(scratch)
        _make_tools_runnable(scratch, target)
        try:
            scratch.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _make_tools_runnable(folder: Path, final: Path) -> None:
    for name in ("kubectl/kubectl", "helm/helm"):
        if (folder / name).is_file():  # zipfile drops the executable bit
            (folder / name).chmod(0o755)
    script = folder / "awscli" / "aws"
    if script.is_file():
        # The script names Lambda's interpreter; run it with ours, under the same command name.
        original = script.rename(folder / "awscli" / "aws.py")
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{final / "awscli" / original.name}" "$@"\n')
        script.chmod(0o755)
        (folder / "awscli").chmod(0o755)


def search_path(layers: list[Path]) -> str:
    """PATH for a function: its layers' tool folders (on AWS `/opt/...`), then this machine's own."""
    folders = [str(layer / tool) for layer in layers for tool in _TOOLS if (layer / tool).is_dir()]
    return os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
