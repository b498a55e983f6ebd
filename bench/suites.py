"""The contestants of each comparison."""

from __future__ import annotations

import sys
from typing import Final

from bench.contest import Contestant
from bench.machine import ROOT

OURS: Final = "our app, default settings"
PLAIN: Final = "same resources, plain CDK"
BUCKET: Final = "one bucket"

APPS: Final = {
    OURS: ROOT / "app.py",
    PLAIN: ROOT / "bench/apps/plain_cdk.py",
    BUCKET: ROOT / "bench/apps/one_bucket.py",
}
"""The apps, each with the feature flags of cdk.json."""

PACKAGES: Final = ("values", "addressing", "versions", "settings")


def synth(*, validation: bool) -> list[Contestant]:
    """The three apps, with CDK's built-in validation of every template or without."""
    env = {} if validation else {"CDK_VALIDATION": "false"}
    return [Contestant(name, (sys.executable, str(path)), env) for name, path in APPS.items()]


def imports() -> list[Contestant]:
    """Python alone, our plain packages, and aws_cdk, each as a process that only imports."""
    codes = {
        "python": "pass",
        **{f"cdk_eks_cilium.{name}": f"import cdk_eks_cilium.{name}" for name in PACKAGES},
        "aws_cdk": "import aws_cdk",
    }
    return [Contestant(name, (sys.executable, "-c", code)) for name, code in codes.items()]
