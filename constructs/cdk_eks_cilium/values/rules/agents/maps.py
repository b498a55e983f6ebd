"""How large the tables of agents are."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.versions import behaviour

from .configuration import Configuration
from .rule import Caution, Contradiction

_SOURCE: Final = "checkMapSizeLimits and calculateBPFMapSizes in pkg/option/config.go"
_LEAST, _MOST = 1 << 10, 1 << 24
_POLICY_LEAST, _POLICY_MOST = 1 << 8, 1 << 16
_TRANSLATIONS_DEFAULT: Final = 524288
_NODES_LEAST: Final = 16384
#: Further tables, with their bounds.
_SIZES: Final = {
    "bpf.authMapMax": (1 << 8, 1 << 24),
    "bpf-fragments-map-max": (1 << 8, 1 << 16),
    "bpf-sock-rev-map-max": (_LEAST, _MOST),
}
#: Agents take the size of all these tables for 0.
_SERVICES: Final = (
    "bpf-lb-affinity-map-max",
    "bpf-lb-maglev-map-max",
    "bpf-lb-rev-nat-map-max",
    "bpf-lb-service-backend-map-max",
    "bpf-lb-service-map-max",
    "bpf-lb-source-range-map-max",
)
_CONNECTIONS: Final = ("bpf.ctTcpMax", "bpf.ctAnyMax")
_TABLES: Final = (*_CONNECTIONS, "bpf.natMax")


def _outside(given: Configuration, path: str) -> bool:
    """Whether a table has a size outside of its bounds; charts leave out a size of 0."""
    size = given.number(path)
    return bool(size) and not _LEAST <= (size or 0) <= _MOST


def _translations_exceed_connections(given: Configuration) -> bool:
    sizes = [given.number(path) for path in ("bpf.natMax", *_CONNECTIONS)]
    # A size that is left out follows from the memory of the node.
    if not all(sizes):
        return False
    translations, *connections = (size or 0 for size in sizes)
    # Agents take their own default for a size that nobody set, and adapt it.
    return translations != _TRANSLATIONS_DEFAULT and translations > sum(connections)


def _policies(given: Configuration) -> float:
    return given.number("bpf.policyMapMax") or _POLICY_LEAST


def _bounded(path: str) -> Contradiction:
    return Contradiction(
        id="CEK2350",
        name="tables of connections or addresses outside of their bounds",
        setting=path,
        broken=lambda given: _outside(given, path),
        rule=f"must be from {_LEAST} to {_MOST}: agents do not start with another size",
        fix="remove it, and set map_size_ratio",
        source=_SOURCE,
    )


def _sized(path: str, least: int, most: int) -> Contradiction:
    return Contradiction(
        id="CEK2355",
        name="other tables outside of their bounds",
        setting=path,
        broken=lambda given: bool(given.text(path)) and not least <= (given.number(path) or 0) <= most,
        rule=f"must be from {least} to {most}: agents do not start with another size",
        fix="remove it",
        source=_SOURCE,
    )


def _not_negative(path: str) -> Contradiction:
    return Contradiction(
        id="CEK2357",
        name="tables of Services below nothing",
        setting=path,
        broken=lambda given: (given.number(path) or 0) < 0,
        rule="must not be negative: agents do not start otherwise",
        fix="remove it",
        source="checkMapSizeLimits in pkg/option/config.go, NewConfig in pkg/loadbalancer/config.go later",
    )


CONTRADICTIONS: Final = (
    *map(_bounded, _TABLES),
    *(_sized(path, *bounds) for path, bounds in _SIZES.items()),
    *map(_not_negative, ("bpf.lbMapMax", *_SERVICES)),
    Contradiction(
        id="CEK2356",
        name="tables of nodes that are too small",
        setting="bpf.nodeMapMax",
        broken=lambda given: (given.number("bpf.nodeMapMax") or _NODES_LEAST) < _NODES_LEAST,
        rule=f"must be {_NODES_LEAST} or more: agents do not start with a smaller table",
        fix="remove it",
        source="newNodeMap in pkg/maps/nodemap/cell.go",
    ),
    Contradiction(
        id="CEK2351",
        name="more translated addresses than connections",
        setting="bpf.natMax",
        broken=_translations_exceed_connections,
        rule="must be at most bpf.ctTcpMax and bpf.ctAnyMax together: agents do not start otherwise",
        fix="remove it, and set map_size_ratio",
        source=_SOURCE,
    ),
    Contradiction(
        id="CEK2352",
        name="tables of policies that are too small",
        setting="bpf.policyMapMax",
        broken=lambda given: _policies(given) < _POLICY_LEAST,
        rule=f"must be {_POLICY_LEAST} or more: agents do not start with a smaller table",
        fix="remove it",
        source=_SOURCE,
    ),
    Contradiction(
        id="CEK2353",
        name="tables of policies that are too large",
        setting="bpf.policyMapMax",
        broken=lambda given: (
            _policies(given) > _POLICY_MOST and not behaviour.agents.POLICY_MAPS_CAPPED.holds(given.version)
        ),
        rule=f"must be at most {_POLICY_MOST}: agents of Cilium {{version}} do not start with a larger table",
        fix=f"use {_POLICY_MOST}, or remove it",
        source=_SOURCE,
    ),
    Contradiction(
        id="CEK2354",
        name="share of the memory that is not a share",
        setting="bpf.mapDynamicSizeRatio",
        broken=lambda given: not 0 <= (given.number("bpf.mapDynamicSizeRatio") or 0) <= 1,
        rule="must be from 0 to 1, a share of the node's memory: agents do not start otherwise",
        fix="remove it; the chart's own is 0.0025",
        source=_SOURCE,
    ),
)

CAUTIONS: Final = (
    Caution(
        name="tables of policies that agents shrink",
        setting="bpf.policyMapMax",
        met=lambda given: _policies(given) > _POLICY_MOST,
        text=f"agents lower it to {_POLICY_MOST}, the most that a table of policies holds",
        source=_SOURCE,
        releases=behaviour.agents.POLICY_MAPS_CAPPED,
    ),
)
