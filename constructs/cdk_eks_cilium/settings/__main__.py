"""Checks a settings file: ``python -m cdk_eks_cilium.settings settings.yaml``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cdk_eks_cilium.problems import InputError, refuse

from . import advise, json_schema, load, placeholders


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a settings file, or print its JSON Schema.

    Returns:
        0 if all is well, 1 if not; argparse ends with 2 when called wrongly.
    """
    parser = argparse.ArgumentParser(prog="python -m cdk_eks_cilium.settings", description=main.__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", help="the settings file")
    what.add_argument("--schema", action="store_true", help="print the JSON Schema of settings files")
    parser.add_argument("--for-deploy", action="store_true", help="refuse placeholders too")
    options = parser.parse_args(arguments)
    if options.schema:
        print(json.dumps(json_schema(), indent=2))
        return 0
    try:
        settings = load(options.file)
        for warning in advise(settings):
            print(f"warning: {warning}", file=sys.stderr)
        if options.for_deploy:
            refuse(found := placeholders(settings), _not_ready(options.file, len(found)))
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _not_ready(file: str, count: int) -> str:
    return f"{Path(file).name}: not ready to deploy, {count} placeholder{'' if count == 1 else 's'}"


if __name__ == "__main__":
    sys.exit(main())
