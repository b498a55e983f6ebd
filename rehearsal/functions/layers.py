"""Unpacks what a function runs from: its code and its layers, out of the assembly's assets."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from rehearsal.charts.toolchain import cache_folder, unpack

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
    return unpack(asset, cache_folder() / "layers" / identity)


def search_path(layers: list[Path]) -> str:
    """PATH for a function: its layers' tool folders (on AWS `/opt/...`), then this machine's own."""
    folders = [str(layer / tool) for layer in layers for tool in _TOOLS if (layer / tool).is_dir()]
    return os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
