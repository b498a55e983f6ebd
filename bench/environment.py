"""Environments of the app to rehearse: settings that may name files, and their assemblies."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from bench.machine import ROOT, node

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
    path, out = folder / "settings.yaml", folder / "cdk.out"
    path.write_text(yaml.safe_dump(settings))
    env = {
        **os.environ,
        "JSII_NODE": str(node()),
        "CDK_OUTDIR": str(out),
        "CDK_VALIDATION": "false",
        "CDK_CONTEXT_JSON": f'{{"settings": "{path}"}}',
    }
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"app.py: exit {done.returncode}\n{done.stderr}")
    return out
