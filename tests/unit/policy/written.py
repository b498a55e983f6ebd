"""Policies written in YAML, and the refusals of wrong policies."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from cdk_eks_cilium.policy import parse
from cdk_eks_cilium.problems import InputError


def policy(
    rule: str = "{endpointSelector: {}}", kind: str = "CiliumNetworkPolicy", **more: Any
) -> dict[str, Any]:
    """A policy with a rule written in YAML."""
    spec = {"spec": yaml.safe_load(rule)} if rule else {}
    return {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": {"name": "p"}, **spec, **more}


def refusals(data: dict[str, Any]) -> list[str]:
    """What is wrong with a policy."""
    with pytest.raises(InputError) as caught:
        parse(data, "f")
    return [str(problem) for problem in caught.value.problems]


def in_egress(item: str) -> dict[str, Any]:
    """A policy with an item of egress."""
    return policy(f"{{endpointSelector: {{}}, egress: [{item}]}}")


def in_ingress(item: str) -> dict[str, Any]:
    """A policy with an item of ingress."""
    return policy(f"{{endpointSelector: {{}}, ingress: [{item}]}}")


def with_ports(rule: str) -> dict[str, Any]:
    """A policy with a rule of ports in egress."""
    return in_egress(f"{{toPorts: [{rule}]}}")
