"""``settings schema``: the JSON Schema of settings files."""

from __future__ import annotations

import argparse
import json

from cdk_eks_cilium.cli.answer import Answer
from cdk_eks_cilium.settings import json_schema


def declare(parser: argparse.ArgumentParser) -> None:
    """Add no argument."""


def run(options: argparse.Namespace) -> Answer:
    """Print the JSON Schema of settings files, for the completion of an editor."""
    return Answer(None, [json.dumps(json_schema(), indent=2)])
