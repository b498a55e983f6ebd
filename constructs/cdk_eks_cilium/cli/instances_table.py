"""What the library knows of instance types, as a table and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdk_eks_cilium.addressing import InstanceType, NodeAddressing, find, instance_problems
from cdk_eks_cilium.problems import InputError, Problem, refuse


def known_facts(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the facts of types in the library's table, and the pods of a node with the default values.

    ``max_pods`` is None for a type that cannot carry Cilium's pods.

    Raises:
        InputError: If the table lacks a type, every one that it lacks at once.
    """
    problems: list[Problem] = []
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys(names):
        try:
            found.append(_facts(find(name, where="--show")))
        except InputError as unknown:
            problems += unknown.problems
    refuse(problems)
    return found


def _facts(instance: InstanceType) -> dict[str, Any]:
    addressing = NodeAddressing()
    usable = not any(instance_problems("--show", [instance.name], addressing))
    return {
        "name": instance.name,
        "enis": instance.enis,
        "ipv4_per_eni": instance.ipv4_per_eni,
        "hypervisor": "metal" if instance.bare_metal else "nitro" if instance.nitro else "xen",
        "vcpus": instance.vcpus,
        "architecture": instance.architecture,
        "max_pods": addressing.pods(instance) if usable else None,
    }


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Print the facts.

    Raises:
        ImportError: If rich is not installed, which comes with the extra ``cli``.
    """
    from rich.console import Console
    from rich.table import Table

    head = ("type", "ENIs", "IPv4 per ENI", "hypervisor", "vCPUs", "architecture", "max pods")
    table = Table(*head, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    Console(highlight=False).print(table, markup=False)
