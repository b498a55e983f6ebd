"""The option ``--settings``, which commands about an environment share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.settings import Settings

from .answer import UsageError

DEFAULT_SETTINGS: Final = Path("settings.yaml")
_MEANING: Final = f"the settings file (default: {DEFAULT_SETTINGS} if there is one, else the defaults)"


def add_settings(parser: argparse.ArgumentParser, meaning: str = _MEANING) -> None:
    """Add the option to a command's parser."""
    parser.add_argument("--settings", type=Path, metavar="FILE", help=meaning)


def add_file(parser: argparse.ArgumentParser, meaning: str) -> None:
    """Add a settings file as the argument of a command that reads or writes only that file."""
    meaning += " (default: %(default)s)"
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT_SETTINGS, metavar="FILE", help=meaning)


def read_settings(options: argparse.Namespace, *, must_fit: bool = True) -> Settings:
    """Return the settings of a call: from the option, else from the working folder, else the defaults.

    Args:
        options: Its options.
        must_fit: Whether all nodes must find room in the pod subnets.

    Raises:
        InputError: With everything wrong in the file.
        UsageError: If the option names a missing file.
    """
    named = named_settings(options, must_fit=must_fit)
    if named is not None:
        return named
    if DEFAULT_SETTINGS.exists():
        return environment.load(DEFAULT_SETTINGS, must_fit=must_fit)
    return environment.parse({})


def named_settings(options: argparse.Namespace, *, must_fit: bool = True) -> Settings | None:
    """Return the settings that the option names, as `read_settings` does; None where it is left out."""
    file: Path | None = options.settings
    if file is None:
        return None
    if not file.is_file():
        raise UsageError(f"--settings: no such file: {file}")
    return environment.load(file, must_fit=must_fit)
