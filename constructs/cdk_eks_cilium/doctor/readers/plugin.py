"""Programs that a kubeconfig names for credentials, such as ``aws eks get-token``.

https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .unreachable import UnreachableError

SECONDS: Final = 60.0
"""What a program may take: somebody may have to log in meanwhile."""


def credentials(
    wanted: Mapping[str, Any], cluster: Mapping[str, Any], folder: Path | None, seconds: float = SECONDS
) -> Mapping[str, Any]:
    """Run a program, and return the ``status`` of what it prints: a token, or a certificate with its key.

    What it writes to standard error goes to ours, as with kubectl.

    Args:
        wanted: The section ``exec`` of a user.
        cluster: The section ``cluster``, for programs that ask for it.
        folder: The folder of the kubeconfig, from which a relative path begins.
        seconds: What it may take.

    Raises:
        UnreachableError: It cannot be run, fails, takes too long, or prints something else.
    """
    command = str(wanted.get("command") or "")
    if not command:
        raise UnreachableError("the kubeconfig's section exec names no command")
    called = f"the program {command!r}, which the kubeconfig names for credentials,"
    if folder is not None and os.sep in command and not os.path.isabs(command):
        command = str(folder / command)
    try:
        done = subprocess.run(
            [command, *map(str, wanted.get("args") or ())],
            stdin=None if sys.stdin is not None and sys.stdin.isatty() else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=_environment(wanted, cluster),
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        hint = str(wanted.get("installHint") or "install it, or add its folder to PATH")
        raise UnreachableError(f"{called} is not installed: {hint}") from None
    except OSError as error:
        raise UnreachableError(f"{called} cannot be run: {(error.strerror or '').lower()}") from None
    except subprocess.TimeoutExpired:
        raise UnreachableError(f"{called} took more than {seconds:.0f} seconds") from None
    if done.returncode:
        # Neither its arguments nor its output: both can hold secrets.
        raise UnreachableError(f"{called} ended with {done.returncode}: log in again, or run it by hand")
    return _status(done.stdout, called, wanted)


def _environment(wanted: Mapping[str, Any], cluster: Mapping[str, Any]) -> dict[str, str]:
    spec: dict[str, Any] = {"interactive": sys.stdin is not None and sys.stdin.isatty()}
    if wanted.get("provideClusterInfo"):
        spec["cluster"] = {name: cluster[name] for name in _TOLD if name in cluster}
    told = {"apiVersion": wanted.get("apiVersion"), "kind": "ExecCredential", "spec": spec}
    added = {str(each["name"]): str(each["value"]) for each in wanted.get("env") or ()}
    return {**os.environ, **added, "KUBERNETES_EXEC_INFO": json.dumps(told)}


_TOLD: Final = ("server", "tls-server-name", "certificate-authority-data", "proxy-url")


def _status(printed: bytes, called: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(printed)
    except ValueError:
        raise UnreachableError(f"{called} printed something else than JSON") from None
    status = found.get("status") if isinstance(found, dict) else None
    if not isinstance(status, dict):
        raise UnreachableError(f"{called} printed no credentials")
    if found.get("apiVersion") != wanted.get("apiVersion"):
        raise UnreachableError(f"{called} speaks another version than the kubeconfig names: update both")
    if not status.get("token") and not (status.get("clientCertificateData") and status.get("clientKeyData")):
        raise UnreachableError(f"{called} printed neither a token nor a certificate with its key")
    return status
