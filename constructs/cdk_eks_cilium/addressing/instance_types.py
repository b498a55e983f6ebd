"""Facts of EC2 about instance types: how many interfaces and addresses a node can have.

The data is ``instance_types.csv`` beside this module, whose header names its source and date;
``scripts/instance_types.py`` writes it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from cdk_eks_cilium.problems import Problem, nearest, refuse

# belief: EC2-instance-limits, EC2-prefixes-on-nitro

DATA_FILE: Final = "instance_types.csv"
ADDRESSES_PER_PREFIX: Final = 16
"""The size of a delegated prefix, a /28."""

_HOW_TO_ADD: Final = (
    "run 'cdk-eks-cilium instances --region REGION --output FILE' and name the file as instance_facts"
)


@dataclass(frozen=True)
class InstanceType:
    """The facts of an EC2 instance type that addressing depends on.

    Attributes:
        name: ``m6i.large``.
        enis: How many interfaces its first network card holds. Cilium attaches interfaces to the first card
            only.
        ipv4_per_eni: How many IPv4 addresses or prefixes an interface holds, its own address included.
        nitro: Whether it runs on the Nitro hypervisor.
        vcpus: Virtual CPUs.
        architecture: ``x86_64``, ``arm64``, or the name that Apple machines report, which EKS cannot use.
        bare_metal: Whether it runs without a hypervisor. EC2 gives it prefixes, older Cilium does not.
        memory_mib: Its memory in MiB; None where the facts are older than this column.
    """

    name: str
    enis: int
    ipv4_per_eni: int
    nitro: bool
    vcpus: int
    architecture: str
    bare_metal: bool = False
    memory_mib: int | None = None

    @property
    def slots(self) -> int:
        """How many prefixes or single addresses an interface holds, beside its own address."""
        return self.ipv4_per_eni - 1


NO_FACTS: Final[Mapping[str, InstanceType]] = MappingProxyType({})
"""No facts beside the library's table."""


def find(
    name: str, instance_facts: Mapping[str, InstanceType] = NO_FACTS, *, where: str = "instance_types"
) -> InstanceType:
    """Return the facts of the type *name*.

    Raises:
        InputError: If neither *instance_facts*, which come first, nor the table has the type.
    """
    if name in instance_facts:
        return instance_facts[name]
    table = _table()
    if name not in table:
        near = _near(name, [*table, *instance_facts])
        ask = f"did you mean {' or '.join(map(repr, near))}? otherwise " if near else ""
        fix = f"{ask}{_HOW_TO_ADD}"
        refuse([Problem(where, "must be a known instance type", name, fix, id="CEK3021")])
    return parse_row(table[name])


def known() -> frozenset[str]:
    """Return the names of all types in the table."""
    return frozenset(_table())


def data_source() -> str:
    """Return the source and the day of the table."""
    header = [line for line in _data().splitlines() if line.startswith("#")]
    return " ".join(line.lstrip("# ") for line in header)


def _near(name: str, names: list[str]) -> list[str]:
    family, _, size = name.lower().partition(".")
    # With a known family, its other sizes are better guesses than other names of similar spelling.
    siblings = [other for other in names if other.partition(".")[0] == family]
    if siblings and size:
        return nearest(name, siblings, count=3, cutoff=0)
    return nearest(name, names, count=3, cutoff=0.7)


def _data() -> str:
    return (files(__package__) / DATA_FILE).read_text(encoding="utf-8")


@cache
def _table() -> dict[str, dict[str, str]]:
    """The rows by name. An app asks for a few of a thousand, so each is parsed when it is asked for."""
    rows = csv.DictReader(line for line in _data().splitlines() if not line.startswith("#"))
    return {row["name"]: row for row in rows}


def parse_row(row: Mapping[str, str]) -> InstanceType:
    """Return the facts of one row of the table.

    Raises:
        KeyError: If a column is missing.
        ValueError: If a number is invalid.
    """
    return InstanceType(
        name=row["name"],
        enis=int(row["enis"]),
        ipv4_per_eni=int(row["ipv4_per_eni"]),
        nitro=row["hypervisor"] == "nitro",
        vcpus=int(row["vcpus"]),
        architecture=row["architecture"],
        bare_metal=row["hypervisor"] == "metal",
        memory_mib=int(memory) if (memory := row.get("memory_mib")) else None,
    )
