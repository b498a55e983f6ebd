"""Advice on node groups that are valid: few pods, little memory for agents, groups that start from zero."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from cdk_eks_cilium.addressing import InstanceType
from cdk_eks_cilium.nodes import AGENT_NOT_READY
from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.rendering.effective import EffectiveValues

from .address_plan import node_addressing
from .conversion import cilium_values, cilium_version
from .model import Settings
from .rules.nodes import FEWEST_PODS

#: What agents take beside their tables: 260 to 330 MiB were seen (https://github.com/cilium/cilium/issues/44221).
_AGENT_MIB: Final = 300
_RATIO: Final = 0.0025
"""The chart's own ``bpf.mapDynamicSizeRatio``."""
# calculateDynamicBPFMapSizes in pkg/option/config.go: the tables have their default number of entries with
# 149,422,080 bytes, at least a quarter of it, and at most 32 times of it.
_DEFAULT_BYTES: Final = 149_422_080
_MIB: Final = 1 << 20
#: Tables with a size of their own do not follow from the memory of the node.
_FIXED: Final = ("bpf.ctTcpMax", "bpf.ctAnyMax", "bpf.natMax")

_UNITS: Final[dict[str, Decimal | int]] = {"": 1, "m": Decimal("0.001"), "k": 1000}
_UNITS.update({unit: 1000**power for power, unit in enumerate("MGTPE", 2)})
_UNITS.update({f"{unit}i": 1024**power for power, unit in enumerate("KMGTPE", 1)})
_QUANTITY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([mk]|[MGTPE]|[KMGTPE]i)?")


def node_advice(settings: Settings) -> Iterator[str]:
    """Yield advice on node groups of settings that are valid."""
    yield from _few_pods(settings)
    yield from _little_memory(settings)
    yield from _from_zero(settings)


def map_bytes(memory: int, ratio: float) -> int:
    """Return how many bytes agents reserve for their tables on a node.

    Args:
        memory: The node's, in bytes.
        ratio: The share of it that agents size their tables by; 0 for tables of the default size.
    """
    wanted = memory * ratio if ratio else _DEFAULT_BYTES
    return int(min(max(wanted, _DEFAULT_BYTES / 4), _DEFAULT_BYTES * 32))


def quantity_bytes(text: str) -> int | None:
    """Return the bytes of a quantity of Kubernetes such as ``500Mi``; None for what is not one."""
    match = _QUANTITY.fullmatch(text.strip())
    return None if match is None else int(Decimal(match[1]) * _UNITS[match[2] or ""])


def _few_pods(settings: Settings) -> Iterator[str]:
    addressing = node_addressing(settings)
    if addressing.prefix_delegation:
        return
    for index, group in enumerate(settings.node_groups):
        for name in group.instance_types:
            pods = addressing.max_pods([name])
            if pods < FEWEST_PODS:
                yield (
                    f"node_groups[{index}].instance_types: without prefixes '{name}' holds {pods} pods, and "
                    "Cilium, CoreDNS and add-ons take up to 10 of them; set cilium.eni.prefix_delegation to "
                    "true, or choose a larger type"
                )


def _little_memory(settings: Settings) -> Iterator[str]:
    given = EffectiveValues.of(cilium_values(settings), cilium_version(settings))
    limit = given.get("resources.limits.memory")
    least = None if limit is MISSING else quantity_bytes(str(limit))
    if least is None or any(map(given.on, _FIXED)):
        return
    ratio = _ratio(given.get("bpf.mapDynamicSizeRatio"))
    largest = max(_types(settings), key=lambda each: each.memory_mib or 0, default=None)
    if largest is None or largest.memory_mib is None:
        return
    tables = map_bytes(largest.memory_mib * _MIB, ratio) // _MIB
    if least < (tables + _AGENT_MIB) * _MIB:
        yield (
            f"{_place(settings)}.limits.memory: {limit} is less than agents take on '{largest.name}': about "
            f"{tables} MiB for tables of connections and addresses, which follow from the node's memory by "
            f"map_size_ratio, and about {_AGENT_MIB} MiB for themselves; raise it to "
            f"{tables + _AGENT_MIB}Mi or more, or lower map_size_ratio "
            "(https://github.com/cilium/cilium/issues/44221)"
        )


def _place(settings: Settings) -> str:
    typed = settings.cilium.agent.resources is not None and "resources" not in settings.cilium.overrides
    return "cilium.agent.resources" if typed else "cilium.overrides.resources"


def _ratio(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return _RATIO


def _types(settings: Settings) -> Iterator[InstanceType]:
    addressing = node_addressing(settings)
    for group in settings.node_groups:
        yield from map(addressing.find, group.instance_types)


def _from_zero(settings: Settings) -> Iterator[str]:
    for index, group in enumerate(settings.node_groups):
        if group.min_size == 0:
            yield (
                f"node_groups[{index}].min_size: an autoscaler that starts this group from zero must know "
                "the taint that nodes start with, or it starts more nodes than it needs: give the Cluster "
                f"Autoscaler --startup-taint={AGENT_NOT_READY.key}"
            )
