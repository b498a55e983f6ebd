"""CDK's command line against an account of moto, in which an app looks things up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.environment import Environment
from rehearsal.aws.moto import Cloud

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / "node_modules/.bin/cdk"
# Where jsii keeps the packages that it unpacked: https://github.com/aws/jsii, @jsii/kernel/src/tar-cache.
JSII_CACHE = Path.home() / ".cache/aws/jsii/package-cache"


class Synth:
    """What `cdk synth` did with an app.

    Attributes:
        status: Its exit status.
        printed: What it and the app printed.
        context: What it looked up, by key.
        templates: The templates by the names of their stacks.
    """

    def __init__(self, folder: Path, done: subprocess.CompletedProcess[str]) -> None:
        self.status = done.returncode
        self.printed = done.stdout + done.stderr
        context = folder / "cdk.context.json"
        self.context: dict[str, Any] = json.loads(context.read_text()) if context.exists() else {}
        self.templates: dict[str, dict[str, Any]] = {
            path.name.partition(".")[0]: json.loads(path.read_text())
            for path in (folder / "cdk.out").glob("*.template.json")
        }


@pytest.fixture(scope="module")
def account() -> Iterator[Cloud]:
    """An empty account and region."""
    cloud = Cloud(Environment("123456789012", "eu-west-1"))
    cloud.start()
    yield cloud
    cloud.stop()


def synth(app: str, account: Cloud, folder: Path, *, validate: bool = False, **context: str) -> Synth:
    """Synthesize an app of this folder as a person does, with CDK's own look-ups.

    Args:
        validate: Whether CDK validates the templates, and takes its findings as errors.
    """
    if validate:
        context["@aws-cdk/core:validateAgainstDefaultRules"] = "true"
    done = subprocess.run(
        [
            str(CDK),
            "synth",
            "--quiet",
            "--no-notices",
            "--no-staging",
            "--app",
            f"{sys.executable} {ROOT / 'tests/apps' / app}.py",
            *(part for each in context.items() for part in ("--context", "=".join(each))),
        ],
        cwd=folder,
        env={
            **os.environ,
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-west-1",
            # Every service of AWS, also the service that the command line asks for its credentials.
            "AWS_ENDPOINT_URL": account.url,
            "CDK_VALIDATION": str(validate).lower(),
            "HOME": str(folder),
            # Else jsii would unpack CDK into each of these homes again.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(JSII_CACHE),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "constructs"),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return Synth(folder, done)
