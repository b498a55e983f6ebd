"""Environments of the app to rehearse: settings that may name files, and their assemblies."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from scripts.synthesis import assembly

Settings = dict[str, Any]


def read(path: Path) -> Settings:
    """The settings of a file, with the whole paths of the files that they name."""
    return with_whole_paths(yaml.safe_load(path.read_text()), path.resolve().parent)


def with_whole_paths(settings: Settings, base: Path) -> Settings:
    """The settings with the whole paths of the files that they name, so that they may lie anywhere.

    Args:
        settings: Settings as written.
        base: The folder that their relative paths start from.
    """
    found = copy.deepcopy(settings)
    if chart := found.get("cilium", {}).get("chart"):
        found["cilium"]["chart"] = str(base / chart)
    for tenant in found.get("tenants", ()):
        if "policies" in tenant:
            tenant["policies"] = [str(base / each) for each in tenant["policies"]]
    return found


def synthesize(settings: Settings, folder: Path) -> Path:
    """The app's assembly for settings, in a new *folder*."""
    folder.mkdir()
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump(settings))
    return assembly(path, folder / "cdk.out")
