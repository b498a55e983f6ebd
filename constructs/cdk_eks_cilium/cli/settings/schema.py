"""``settings schema``: the JSON Schema of settings files."""

from __future__ import annotations

import argparse
import json
from typing import Final

from cdk_eks_cilium.cli.answer import Answer
from cdk_eks_cilium.cli.frame import Command
from cdk_eks_cilium.settings import json_schema


def _run(options: argparse.Namespace) -> Answer:
    return Answer(None, [json.dumps(json_schema(), indent=2)])


COMMAND: Final = Command(
    "Print the JSON Schema of settings files, for the completion of an editor.", lambda _: None, _run
)
