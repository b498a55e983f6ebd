"""A pod as the checks of the standards look at it."""

# no belief: reads pods for the checks

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation.values import entries, mapping, string_map, text

Found = tuple[str, str] | None
"""Why a pod is forbidden, in a word and in detail; None if it is not."""


@dataclass(frozen=True)
class Pod:
    """A pod, or the template of one."""

    metadata: Object
    spec: Object

    @classmethod
    def of(cls, template: Object) -> Pod:
        """The pod of a template, or a pod itself."""
        return cls(mapping(template, "metadata"), mapping(template, "spec"))

    @property
    def annotations(self) -> dict[str, str]:
        return string_map(self.metadata, "annotations")

    @property
    def context(self) -> Object:
        """The security context of the pod."""
        return mapping(self.spec, "securityContext")

    @property
    def on_windows(self) -> bool:
        return mapping(self.spec, "os").get("name") == "windows"

    @property
    def with_own_users(self) -> bool:
        """Whether root in the pod is not root on the node."""
        return self.spec.get("hostUsers") is False

    def containers(self) -> Iterator[Object]:
        """All containers, in the order of the checks."""
        for field in ("initContainers", "containers", "ephemeralContainers"):
            yield from entries(self.spec, field)

    def named(self, bad: Callable[[Object], Any]) -> list[str]:
        """The names of the containers whose security context is bad."""
        return [text(c, "name") for c in self.containers() if bad(mapping(c, "securityContext"))]


def quoted(names: Iterable[str]) -> str:
    """Names between quotes, with commas."""
    return ", ".join(f'"{name}"' for name in names)


def these(names: list[str], noun: str = "container") -> str:
    """One or more things with their names, as ``containers "a", "b"``."""
    return f"{noun if len(names) == 1 else f'{noun}s'} {quoted(names)}"


def setters(pod_is_bad: bool, containers: list[str]) -> str:
    """Who sets something: the pod, containers, or both."""
    parts = (["pod"] if pod_is_bad else []) + ([these(containers)] if containers else [])
    return " and ".join(parts)
