"""What EC2 says about instance types: how many interfaces and addresses a node can have.

The data is ``instance_types.csv`` beside this module, whose header names its source and date;
``scripts/instance_types.py`` writes it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from cdk_eks_cilium.problems import Problem, nearest

DATA_FILE: Final = "instance_types.csv"
ADDRESSES_PER_PREFIX: Final = 16
"""The size of a delegated prefix, a /28."""

_HOW_TO_ADD: Final = (
    "run 'cdk-eks-cilium instances --region REGION --output FILE' and name the file as instance_facts"
)


class UnknownInstanceType(LookupError):  # noqa: N818  (a lookup's miss, named as one)
    """An instance type that the table does not have.

    Attributes:
        name: The name asked for.
        fix: What to do, as a clause.
    """

    def __init__(self, name: str, fix: str) -> None:
        self.name = name
        self.fix = fix
        super().__init__(f"unknown instance type {name!r}; {fix}")


@dataclass(frozen=True)
class InstanceType:
    """The facts of an EC2 instance type that addressing depends on.

    Attributes:
        name: ``m6i.large``.
        enis: How many interfaces fit on its first network card. Types with several cards carry more,
            but Cilium attaches to the first only.
        ipv4_per_eni: How many IPv4 addresses or prefixes an interface holds, its own address included.
        nitro: Whether it runs on the Nitro hypervisor.
        vcpus: Virtual CPUs.
        architecture: ``x86_64``, ``arm64``, or what Apple machines report, which EKS cannot use.
        bare_metal: Whether there is no hypervisor. It takes prefixes, but Cilium 1.12 does not know.
    """

    name: str
    enis: int
    ipv4_per_eni: int
    nitro: bool
    vcpus: int
    architecture: str
    bare_metal: bool = False

    def takes_prefixes(self, *, bare_metal_prefixes: bool = True) -> bool:
        """Whether Cilium delegates prefixes to nodes of this type.

        Args:
            bare_metal_prefixes: False for Cilium 1.12, which asks for the Nitro hypervisor by name.
        """
        return self.nitro or (self.bare_metal and bare_metal_prefixes)


NO_FACTS: Final[Mapping[str, InstanceType]] = MappingProxyType({})
"""No facts beside those of the table."""


def find(name: str, additional: Mapping[str, InstanceType] = NO_FACTS) -> InstanceType:
    """Return the facts of the type *name*.

    Args:
        name: ``m6i.large``.
        additional: Facts that come before the table's, as `instance_facts.read_facts` reads them.

    Raises:
        UnknownInstanceType: If the table lacks it.
    """
    if name in additional:
        return additional[name]
    table = _table()
    if name not in table:
        near = _near(name, [*table, *additional])
        ask = f"did you mean {' or '.join(map(repr, near))}? otherwise " if near else ""
        raise UnknownInstanceType(name, f"{ask}{_HOW_TO_ADD}")
    return table[name]


def known() -> frozenset[str]:
    """Return the names of all types in the table."""
    return frozenset(_table())


def data_source() -> str:
    """Return where the table comes from and of which day it is."""
    header = [line for line in _data().splitlines() if line.startswith("#")]
    return " ".join(line.lstrip("# ") for line in header)


def node_instance_problems(
    where: str,
    names: Sequence[str],
    *,
    image_architecture: str | None = None,
    first_interface_index: int = 1,
    prefix_delegation: bool = True,
    bare_metal_prefixes: bool = True,
    additional: Mapping[str, InstanceType] = NO_FACTS,
) -> list[Problem]:
    """Say why the instance types of one node group cannot carry Cilium's pods.

    Args:
        where: The settings key of the group's types.
        names: The types of the group.
        image_architecture: The architecture of the group's image, ``x86_64`` or ``arm64``; None to take
            that of the first type.
        first_interface_index: The index of the first interface that pods use.
        prefix_delegation: Whether pods get their addresses from prefixes, which needs Nitro.
        bare_metal_prefixes: False for Cilium 1.12, which gives bare metal no prefixes.
        additional: Facts that come before the table's.
    """
    if not names:
        return [
            Problem(
                where, "must name at least one instance type", list(names), "name one, such as 'm6i.large'"
            )
        ]
    problems: list[Problem] = []
    instances: list[InstanceType] = []
    for name in dict.fromkeys(names):
        try:
            instances.append(find(name, additional))
        except UnknownInstanceType as unknown:
            problems.append(Problem(where, "must be an instance type known here", name, unknown.fix))
    for instance in instances:
        problems += _network_problems(
            where,
            instance,
            first_interface_index,
            needs_prefixes=prefix_delegation
            and not instance.takes_prefixes(bare_metal_prefixes=bare_metal_prefixes),
        )
    return problems + _architecture_problems(where, instances, image_architecture)


def _network_problems(
    where: str, instance: InstanceType, first_interface_index: int, *, needs_prefixes: bool
) -> list[Problem]:
    problems = []
    if needs_prefixes and instance.bare_metal:
        rule = "must run on the Nitro hypervisor, for Cilium 1.12 gives bare metal no prefixes"
        problems.append(Problem(where, rule, instance.name, "choose a virtual type or Cilium 1.13 or newer"))
    elif needs_prefixes:
        rule = "must run on the Nitro hypervisor, for EC2 delegates prefixes to no other"
        problems.append(Problem(where, rule, instance.name, "choose a newer generation, such as 'm6i.large'"))
    if instance.enis <= first_interface_index:
        rule = f"must hold more than {first_interface_index} network interfaces, to have one for pods"
        fix = f"it holds {instance.enis} on its first card, choose a larger type"
        problems.append(Problem(where, rule, instance.name, fix))
    return problems


def _architecture_problems(
    where: str, instances: Sequence[InstanceType], image_architecture: str | None
) -> list[Problem]:
    if not instances:
        return []
    apple = [instance for instance in instances if instance.architecture not in ("x86_64", "arm64")]
    fix = "Apple machines are none, choose another type"
    problems = [
        Problem(where, "must be a type that EKS runs nodes on", instance.name, fix) for instance in apple
    ]
    usable = [instance for instance in instances if instance not in apple]
    architectures = sorted({instance.architecture for instance in usable})
    if image_architecture is not None:
        rule = f"must have the architecture of the group's image, {image_architecture}"
        return problems + [
            Problem(
                where, rule, instance.name, f"it is {instance.architecture}, choose another type or image"
            )
            for instance in usable
            if instance.architecture != image_architecture
        ]
    if len(architectures) > 1:
        rule = f"must all have one architecture, here are {' and '.join(architectures)}"
        names = [instance.name for instance in usable]
        problems.append(Problem(where, rule, names, "make a node group for each"))
    return problems


def _near(name: str, names: list[str]) -> list[str]:
    family, _, size = name.lower().partition(".")
    close = nearest(name, names, count=3, cutoff=0.7)
    # A known family with a size it lacks says more than spelling does.
    siblings = [other for other in names if other.partition(".")[0] == family]
    if siblings and size:
        return nearest(name, siblings, count=3, cutoff=0)
    return close


def _data() -> str:
    return (files(__package__) / DATA_FILE).read_text(encoding="utf-8")


@cache
def _table() -> dict[str, InstanceType]:
    rows = csv.DictReader(line for line in _data().splitlines() if not line.startswith("#"))
    return {row["name"]: parse_row(row) for row in rows}


def parse_row(row: Mapping[str, str]) -> InstanceType:
    """Return the facts of one row of the table.

    Raises:
        KeyError: If a column is missing.
        ValueError: If a number is none.
    """
    return InstanceType(
        name=row["name"],
        enis=int(row["enis"]),
        ipv4_per_eni=int(row["ipv4_per_eni"]),
        nitro=row["hypervisor"] == "nitro",
        vcpus=int(row["vcpus"]),
        architecture=row["architecture"],
        bare_metal=row["hypervisor"] == "metal",
    )
