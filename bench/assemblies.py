"""Cloud assemblies of our app."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench.machine import ROOT, node


def synthesize(settings: Path, out: Path) -> Path:
    """The app's assembly for a settings file, in *out*."""
    env = {
        **os.environ,
        "JSII_NODE": str(node()),
        "CDK_OUTDIR": str(out),
        "CDK_VALIDATION": "false",
        "CDK_CONTEXT_JSON": f'{{"settings": "{settings}"}}',
    }
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"app.py: exit {done.returncode}\n{done.stderr}")
    return out
