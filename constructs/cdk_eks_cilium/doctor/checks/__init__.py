"""The checks: a package for each category, and in it a module for each check."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from cdk_eks_cilium.doctor.engine.check import Check

CATEGORIES: Final[Mapping[str, str]] = {
    "aws_node": "aws-node and kube-proxy",
    "release": "Cilium's release and its configuration",
    "nodes": "Nodes",
    "addresses": "Interfaces, prefixes and addresses",
    "pods": "Pods and what runs beside Cilium",
    "operator": "cilium-operator and AWS",
    "policies": "Policies and identities",
    "hubble": "Hubble and certificates",
    "account": "The account: EKS, EC2 and the stacks",
}
"""The packages, in the order of reports, with their titles."""
PREFLIGHT: Final[Mapping[str, str]] = {"preflight": "Before the deploy"}
"""The packages of checks before a deploy, which a deployed cluster does not need."""


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check of a cluster, by category and then by name.

    Raises:
        ValueError: Two checks have one id.
    """
    return checks_in(*CATEGORIES)


@cache
def preflight_checks() -> tuple[Check, ...]:
    """Every check before a deploy, by name.

    Raises:
        ValueError: Two checks have one id.
    """
    return checks_in(*PREFLIGHT)


def checks_in(*packages: str) -> tuple[Check, ...]:
    """The checks of some packages beside this module.

    Raises:
        ValueError: Two checks have one id.
    """
    found: dict[str, Check] = {}
    for package in packages:
        folder = import_module(f".{package}", __name__)
        for module in sorted(each.name for each in iter_modules(folder.__path__)):
            loaded = import_module(f".{package}.{module}", __name__)
            for each in vars(loaded).values():
                if isinstance(each, Check) and each.judge.__module__ == loaded.__name__:
                    if each.id in found:
                        raise ValueError(f"two checks have the id {each.id}")
                    found[each.id] = each
    return tuple(found.values())
