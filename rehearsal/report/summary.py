"""What was rehearsed, in a few lines: the stacks, the cluster, Cilium and the nodes of the templates."""

# no belief: what the templates say

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any

from cdk_eks_cilium import __version__
from rehearsal.aws.names import shorten
from rehearsal.cloudformation.assembly import Assembly, Stack

_TOOLS = ("moto", "boto3")


def summary(assembly: Assembly) -> dict[str, str]:
    """What the assembly deploys, as far as its templates say it without an expression."""
    where = assembly.environment
    found = {"account and region": f"{where.account}, {where.region}"}
    for stack in assembly.stacks:
        found[f"stack {stack.name}"] = f"{len(stack.resources)} resources"
        found |= dict(_of(stack))
    return found


def versions() -> dict[str, str]:
    """The versions of this rehearsal, and of what it plays AWS with."""
    return {
        "cdk-eks-cilium": __version__,
        "Python": python_version(),
        **{name: known for name in _TOOLS if (known := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _of(stack: Stack) -> Iterator[tuple[str, str]]:
    for name, resource in stack.resources.items():
        properties = resource.get("Properties") or {}
        match resource["Type"]:
            case "AWS::EC2::VPC":
                yield "VPC", _text(properties.get("CidrBlock"))
            case "AWS::EC2::VPCCidrBlock":
                yield "block of pods", _text(properties.get("CidrBlock"))
            case "AWS::EKS::Cluster":
                cluster, release = (_text(properties.get(key)) for key in ("Name", "Version"))
                yield f"cluster {cluster}", f"Kubernetes {release}"
            case "AWS::EKS::Nodegroup":
                yield f"nodes {_text(properties.get('NodegroupName') or shorten(name))}", _nodes(properties)
            case "Custom::AWSCDK-EKS-HelmChart":
                yield f"chart {_text(properties.get('Release'))}", _text(properties.get("Version"))


def _nodes(properties: Mapping[str, Any]) -> str:
    sizes = properties.get("ScalingConfig") or {}
    types = ", ".join(_text(each) for each in properties.get("InstanceTypes") or ())
    return f"{types or '-'}, {_text(sizes.get('MinSize'))} to {_text(sizes.get('MaxSize'))}"


def _text(value: Any) -> str:
    """A literal as it is, an expression as JSON, a missing value as a dash."""
    if value is None:
        return "-"
    return json.dumps(value) if isinstance(value, dict | list) else str(value)
