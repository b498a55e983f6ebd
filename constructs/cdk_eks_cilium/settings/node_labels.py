"""The labels of the nodes of a group, by the settings, Kubernetes and EKS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from cdk_eks_cilium.addressing import NodeAddressing
from cdk_eks_cilium.problems import InputError

from .model import Settings
from .node_group import NodeGroupSettings

_ARCHITECTURES: Final = {"x86_64": "amd64", "arm64": "arm64"}
#: Labels that nodes have, or may have, with values that settings do not tell.
# https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
_UNTOLD: Final = ("eks.amazonaws.com/", "alpha.eksctl.io/", "topology.k8s.aws/", "topology.ebs.csi.aws.com/")
_UNTOLD_NAMES: Final = ("kubernetes.io/hostname", "topology.kubernetes.io/zone-id")


@dataclass(frozen=True)
class NodeLabels:
    """The labels of a node, as far as settings tell them."""

    told: Mapping[str, str]

    def may_match(self, key: str, operator: str, values: tuple[str, ...]) -> bool:
        """Whether the node may fit an expression of a node selector; a label that nobody tells fits.

        https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/node-selector-requirement/
        """
        if key not in self.told and (key.startswith(_UNTOLD) or key in _UNTOLD_NAMES):
            return True
        value = self.told.get(key)
        match operator:
            case "In":
                return value in values
            case "NotIn":
                return value not in values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case "Gt" | "Lt" if value is not None and len(values) == 1:
                return _compared(value, operator, values[0])
        return False


def node_labels(
    settings: Settings, group: NodeGroupSettings, addressing: NodeAddressing
) -> Iterator[NodeLabels]:
    """Yield the labels of each kind of node that a group may have: of each type in each zone."""
    zones = group.zones or settings.network.availability_zones
    for name, zone in product(group.instance_types, zones):
        told = {
            **_both("kubernetes.io/os", "linux"),
            "node.kubernetes.io/instance-type": name,
            "beta.kubernetes.io/instance-type": name,
            "topology.kubernetes.io/zone": zone,
            "topology.kubernetes.io/region": settings.region,
            "failure-domain.beta.kubernetes.io/zone": zone,
            "failure-domain.beta.kubernetes.io/region": settings.region,
            "eks.amazonaws.com/capacityType": "SPOT" if group.capacity == "spot" else "ON_DEMAND",
            **group.labels,
        }
        try:
            architecture = _ARCHITECTURES.get(addressing.find(name).architecture)
        except InputError:
            # Another rule names the type that nobody knows.
            architecture = None
        yield NodeLabels({**(_both("kubernetes.io/arch", architecture) if architecture else {}), **told})


def _both(key: str, value: str) -> dict[str, str]:
    """A label under its name of today and of before."""
    return {key: value, f"beta.{key}": value}


def _compared(value: str, operator: str, bound: Any) -> bool:
    try:
        return int(value) > int(bound) if operator == "Gt" else int(value) < int(bound)
    except ValueError:
        return False
