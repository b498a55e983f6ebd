"""Kubernetes' own OpenAPI definitions, as ``kubernetes-validate`` carries them for each minor."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from rehearsal.kubernetes.model import Object

_FOLDER: Final = files("kubernetes_validate") / "kubernetes-json-schema"


@cache
def minors() -> tuple[int, ...]:
    """The minors of Kubernetes 1 whose definitions are there, in order."""
    names = (folder.name for folder in _FOLDER.iterdir())
    return tuple(sorted(int(name.split(".")[1]) for name in names if name.endswith(".0-local")))


def nearest(version: str) -> int:
    """The newest minor that is not newer than a version such as ``1.35``, or else the oldest there is."""
    wanted = int(version.split(".")[1])
    return max((minor for minor in minors() if minor <= wanted), default=minors()[0])


# belief: K8S-schemas
def definitions(version: str) -> dict[str, Object]:
    """The definitions of a release, by names such as ``io.k8s.api.core.v1.PodSpec``."""
    return _read(nearest(version))


@cache
def _read(minor: int) -> dict[str, Any]:
    text = (_FOLDER / f"v1.{minor}.0-local" / "_definitions.json").read_bytes()
    found: dict[str, Any] = json.loads(text)["$defs"]
    return found


def short_name(name: str) -> str:
    """The last three parts of a definition's name: ``core.v1.PodSpec``."""
    return ".".join(name.split(".")[-3:])
