"""On another machine than Linux on x86_64 the rehearsal says why it cannot run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# `setarch` makes Linux call the machine otherwise.
pytestmark = pytest.mark.skipif(not shutil.which("setarch"), reason="needs setarch of util-linux")


def elsewhere(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["setarch", "i686", sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_rehearsal_ends_with_3_and_the_reason(tmp_path: Path) -> None:
    done = elsewhere("-m", "rehearsal", str(tmp_path))

    assert done.returncode == 3
    assert done.stderr == (
        "this machine: Linux on i686 does not run kubectl, Helm and the AWS CLI of CDK's Lambda layers, "
        "which are programs for Linux on x86_64; rehearse in a container for linux/amd64 "
        "(docs/platforms.md)\n"
    )


def test_its_tests_are_skipped_with_the_reason() -> None:
    done = elsewhere("-m", "pytest", "-p", "no:cacheprovider", "tests/rehearsal/test_wishes.py")

    assert done.returncode == 0
    assert "skipped" in done.stdout.splitlines()[-1]
    assert "Linux on i686 does not run kubectl" in done.stdout


def test_checking_settings_works_there() -> None:
    assert elsewhere("-m", "cdk_eks_cilium", "settings", "check", "settings.yaml").returncode == 0
