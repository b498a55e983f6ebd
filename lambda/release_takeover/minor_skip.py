"""Refuses an update that skips a minor of Cilium: upgrades are tested from one minor to the next alone.

https://docs.cilium.io/en/stable/operations/upgrade/

The refusal must never stop a roll-back, so it needs two witnesses: the stack's own change, and the release
of the agents that run. Where either is unknown, nothing is refused. A roll-back after a refusal goes to the
release that runs; a roll-back after an allowed skip finds the permission in the properties that it leaves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from errors import FunctionError, PermanentError
from logs import Log
from properties import Properties
from request import Request

#: Seconds to ask which release runs.
AT_MOST: Final = 30.0
VERSION: Final = "CiliumVersion"
ALLOWED: Final = "MinorSkipAllowed"

_NUMBER: Final = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(-.*)?", re.ASCII)
_TAG: Final = re.compile(r":(v?\d+\.\d+\.\d+[^@/]*)(@.*)?$", re.ASCII)

log = Log("minor_skip")


# belief: CILIUM-one-minor
def refuse_skip(request: Request, properties: Properties) -> None:
    """Compare the releases of an Update.

    Raises:
        PermanentError: It skips a minor of what runs, and nobody allowed that.
    """
    new, old = _texts(request.properties), _texts(request.old_properties)
    if "true" in (new.get(ALLOWED), old.get(ALLOWED)) or not _skips(old.get(VERSION), new.get(VERSION)):
        return
    running = _running(request, properties)
    wanted = new[VERSION]
    if not _skips(running, wanted):
        return
    raise PermanentError(
        f"cilium.version: must not skip a minor, {running} runs, got {wanted}; deploy "
        f"{_next(running, wanted)} first, and see with 'cdk-eks-cilium upgrade plan' what each step needs"
    )


def _running(request: Request, properties: Properties) -> str:
    """The release of the agents; empty if nobody can tell."""
    path = f"/apis/apps/v1/namespaces/{properties.namespace}/daemonsets/cilium"
    try:
        answer = properties.cluster.call(request.deadline(AT_MOST)).get(path, "DaemonSet cilium", "")
    except FunctionError as error:
        log.warning({"the release that runs is unknown": str(error)})
        return ""
    containers = _at(answer.body, "spec", "template", "spec").get("containers") or ()
    tags = [_TAG.search(str(each.get("image"))) for each in containers if each.get("name") == "cilium-agent"]
    return next((found[1].removeprefix("v") for found in tags if found), "")


def _at(body: Any, *keys: str) -> Mapping[str, Any]:
    for key in keys:
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}


def _skips(one: str | None, other: str | None) -> bool:
    before, after = _minor(one), _minor(other)
    return before is not None and after is not None and abs(after - before) > 1


def _minor(number: str | None) -> int | None:
    """19 of 1.19.6; None for anything else, and for another major."""
    found = _NUMBER.fullmatch(number or "")
    return int(found[2]) if found and found[1] == "1" else None


def _next(running: str, wanted: str) -> str:
    before, after = _minor(running) or 0, _minor(wanted) or 0
    return f"the newest 1.{before + (1 if after > before else -1)}"


def _texts(raw: object) -> Mapping[str, str]:
    return raw if isinstance(raw, Mapping) else {}
