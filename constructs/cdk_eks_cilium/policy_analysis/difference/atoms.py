"""Ports, divided where answers may differ."""

from __future__ import annotations

from collections.abc import Iterable

from cdk_eks_cilium.policy_analysis.evaluation import PortSet, Reach


def port_sets(reach: Reach) -> tuple[PortSet, ...]:
    """The sets of ports between which the answer may differ."""
    return (reach.ports, reach.limited, reach.unknown, *(ports for ports, _ in reach.limits))


def atoms(sets: Iterable[PortSet]) -> list[PortSet]:
    """All ports, divided so that each part is wholly in or out of each set."""
    parts = [PortSet.everything()]
    for one in dict.fromkeys(sets):
        parts = [piece for part in parts for piece in (part & one, part - one) if piece]
    return parts
