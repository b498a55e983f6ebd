"""The properties of the custom resource, checked before any request is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cluster import READERS, Cluster, cluster_of
from readers import DNS_NAME, Reader, read_all

DEFAULT_DAEMON_SETS: Final = ("aws-node",)
REMOVE: Final = "remove"
PATCH: Final = "patch"
BESIDE: Final = "beside"


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cluster: The EKS cluster and its API server.
        daemon_sets: Names in kube-system, in the order they are removed; ``aws-node`` when not given.
        strategy: ``remove``, also when not given, ``patch``, or ``beside``.
        kept_off: Names in kube-system that get a selector, or with ``beside`` an affinity; empty when not
            given.
        remove_extras: Whether to remove the other objects of aws-node, too.
        refuse_nodes: Whether to refuse a removal while nodes live on the DaemonSet.
        managed_addon: Whether to delete EKS's add-on ``vpc-cni`` first.
    """

    cluster: Cluster
    daemon_sets: tuple[str, ...]
    strategy: str
    kept_off: tuple[str, ...]
    remove_extras: bool
    refuse_nodes: bool
    managed_addon: bool

    @classmethod
    def of(cls, raw: object) -> Properties:
        """Read ``ResourceProperties``.

        Raises:
            PermanentError: With every property that is missing or malformed.
        """
        read = read_all(raw, {**READERS, **_READERS})
        return cls(cluster_of(read), *(read[name] for name in _READERS))

    @property
    def patched(self) -> tuple[str, ...]:
        """The DaemonSets that get a selector rather than go."""
        if self.strategy == BESIDE:
            return ()
        return (*(self.daemon_sets if self.strategy == PATCH else ()), *self.kept_off)

    @property
    def beside(self) -> tuple[str, ...]:
        """The DaemonSets that get an affinity: they stay on the nodes that Cilium does not have."""
        return (*self.daemon_sets, *self.kept_off) if self.strategy == BESIDE else ()


@dataclass(frozen=True)
class Former:
    """What the properties before an update say, which may be wrong in any way.

    Attributes:
        kept_off: The names under ``KeptOff``; empty if they are missing or wrong.
        patched: The DaemonSets that have a selector.
        beside: The DaemonSets that have an affinity.
    """

    kept_off: tuple[str, ...] = ()
    patched: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: object) -> Former:
        """Read ``OldResourceProperties``."""
        if not isinstance(raw, Mapping):
            return cls()
        kept_off = _or_empty(_kept_off, raw.get("KeptOff"))
        daemon_sets = _or_empty(_daemon_sets, raw.get("DaemonSets"))
        match raw.get("Strategy"):
            case "beside":
                return cls(kept_off, (), (*daemon_sets, *kept_off))
            case "patch":
                return cls(kept_off, (*daemon_sets, *kept_off))
        return cls(kept_off, kept_off)


def _or_empty(reader: Callable[[object], tuple[str, ...]], value: object) -> tuple[str, ...]:
    try:
        return reader(value)
    except ValueError:
        return ()


def _daemon_sets(value: object) -> tuple[str, ...]:
    fix = "pass one like '[\"aws-node\"]', or leave it out for that"
    return DEFAULT_DAEMON_SETS if value is None else _names(value, fix)


def _kept_off(value: object) -> tuple[str, ...]:
    return (
        () if value is None else _names(value, "pass one like '[\"kube-proxy\"]', or leave it out for none")
    )


def _names(value: object, fix: str) -> tuple[str, ...]:
    rule = "must be names of DaemonSets in kube-system, as a list or as a JSON list"
    try:
        names = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        names = None
    if not isinstance(names, list) or not names:
        raise ValueError(f"{rule}, got {value!r}; {fix}")
    for name in names:
        if not isinstance(name, str) or not DNS_NAME.fullmatch(name):
            raise ValueError(f"{rule}, got {name!r}; {fix}")
    return tuple(dict.fromkeys(names))


def _strategy(value: object) -> str:
    if value is None:
        return REMOVE
    if value not in (REMOVE, PATCH, BESIDE):
        raise ValueError(
            f"must be {REMOVE!r}, {PATCH!r} or {BESIDE!r}, got {value!r}; leave it out for {REMOVE!r}"
        )
    return str(value)


def _flag(value: object) -> bool:
    # CloudFormation hands every scalar on as text.
    if value not in (None, "true", "false"):
        raise ValueError(f"must be 'true' or 'false', got {value!r}; leave it out for 'false'")
    return value == "true"


# In the order of the attributes of `Properties`.
_READERS: Final[Mapping[str, Reader]] = {
    "DaemonSets": _daemon_sets,
    "Strategy": _strategy,
    "KeptOff": _kept_off,
    "RemoveExtras": _flag,
    "RefuseNodes": _flag,
    "ManagedAddon": _flag,
}
