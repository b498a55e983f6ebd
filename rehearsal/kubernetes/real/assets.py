"""The folder with the programs of a control plane, and which Kubernetes they are."""

# no belief: programs of this machine

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

VARIABLE: Final = "KUBEBUILDER_ASSETS"
UNSET: Final = f"{VARIABLE} names no folder with etcd and kube-apiserver"
PROGRAMS: Final = ("etcd", "kube-apiserver")
CONTROLLERS: Final = "kube-controller-manager"
"""Optional in the folder; envtest does not have it."""

_FETCH: Final = "set it to what `setup-envtest use -p path` prints"


class AssetsError(Exception):
    """The folder is not what it must be, or none is named and one is needed."""


def find_assets(environment: Mapping[str, str]) -> Path | None:
    """The folder with the programs, None where none is named.

    Raises:
        AssetsError: The folder lacks a program.
    """
    named = environment.get(VARIABLE, "")
    if not named:
        return None
    folder = Path(named).absolute()
    missing = [name for name in PROGRAMS if not (folder / name).is_file()]
    # no belief: wrong usage
    if missing:
        raise AssetsError(
            f"{VARIABLE}: must be a folder with {' and '.join(PROGRAMS)}, got {named!r} without "
            f"{' and '.join(missing)}; {_FETCH}, or unset it"
        )
    return folder


def needed_assets(environment: Mapping[str, str], purpose: str) -> Path:
    """The folder with the programs.

    Args:
        environment: The variables of this process.
        purpose: What needs them, as the option that was given.

    Raises:
        AssetsError: No folder is named, or it lacks a program.
    """
    folder = find_assets(environment)
    # no belief: wrong usage
    if folder is None:
        raise AssetsError(
            f"{purpose}: needs a folder with {' and '.join(PROGRAMS)} in {VARIABLE}, got nothing; {_FETCH}"
        )
    return folder


@cache
def version_of(assets: Path) -> str:
    """The version of a folder's kube-apiserver, as ``1.36.2``; empty when it does not tell."""
    try:
        told = subprocess.run(
            [str(assets / "kube-apiserver"), "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.fullmatch(r"Kubernetes v(\d+\.\d+\.\d+)\S*", told.strip())
    return found[1] if found else ""


# belief: K8S-emulated-version
def emulated(server: str, wanted: str) -> str | None:
    """The minor that a server is told to behave as, None where it stays what it is.

    Args:
        server: The server's version.
        wanted: The minor of the cluster.
    """
    own, other = _minor(server), _minor(wanted)
    if own is None or other is None or own < _EMULATES_SINCE:
        return None
    return f"1.{other}" if max(_EMULATES_SINCE, own - _EMULATES_BACK) <= other < own else None


# A server emulates up to three minors before its own, none before 1.31
# (https://kubernetes.io/docs/concepts/cluster-administration/compatibility-version/).
_EMULATES_SINCE: Final = 31
_EMULATES_BACK: Final = 3


def _minor(version: str) -> int | None:
    found = re.match(r"1\.(\d+)", version)
    return int(found[1]) if found else None
