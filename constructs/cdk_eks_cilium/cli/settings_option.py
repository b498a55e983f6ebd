"""The option ``--settings``, which commands about an environment share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.settings import Settings

DEFAULT_SETTINGS: Final = Path("settings.yaml")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the option to a command's parser."""
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help=f"the settings file (default: {DEFAULT_SETTINGS} if there is one, else the defaults)",
    )


def read_settings(options: argparse.Namespace, *, must_fit: bool = True) -> Settings:
    """Return the settings that a call means.

    Args:
        options: Its options, with the command's parser as ``parser``.
        must_fit: Whether all nodes have to find room in the pod subnets.

    Raises:
        InputError: For everything wrong in the file.
    """
    given: Path | None = options.settings
    if given is None and not DEFAULT_SETTINGS.exists():
        return environment.parse({})
    file = given or DEFAULT_SETTINGS
    if not file.is_file():
        options.parser.error(f"--settings: no such file: {file}")
    return environment.load(file, must_fit=must_fit)
