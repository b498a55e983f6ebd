"""How packets go: out of the VPC, through the node, and past the rules of hosts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, field_validator, model_validator

from cdk_eks_cilium.nodes import FIXED_INTERFACE
from cdk_eks_cilium.problems import refusal

from .closed import Closed
from .marks import Chart

__all__ = ["BandwidthManager", "Egress", "IngressController"]

#: Linux allows 15 bytes; a dot or a colon would be a VLAN or an alias, never the primary interface.
_INTERFACE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,14}")


# belief: CILIUM-exact-interface
class Egress(Closed):
    """How pods leave the VPC: with the node's address or with their own.

    Write `Egress.node()` or `Egress.pod()`.
    """

    kind: Literal["node", "pod"] = Field(
        description="'node' translates the source address to the primary address of the node, so the node "
        "subnets need the route out. 'pod' translates nothing, so the pod subnets need that route."
    )
    interface: str | None = Field(
        default=None,
        description="For 'node': the exact name of the node's primary interface. By default "
        f"{FIXED_INTERFACE}, which is right for Bottlerocket on every instance type; Amazon Linux 2023 uses "
        "ens5 on most types.",
    )

    @classmethod
    def node(cls, interface: str = FIXED_INTERFACE) -> Self:
        """Leave with the primary address of the node.

        Args:
            interface: The exact name of the node's primary interface.

        Raises:
            pydantic.ValidationError: If *interface* is not one exact name. A pattern such as ``ens+``
                also matches the interfaces of the pods, and pods on a secondary CIDR then lose their
                identity between nodes (https://github.com/cilium/cilium/issues/39515).
        """
        return cls(kind="node", interface=interface)

    @classmethod
    def pod(cls) -> Self:
        """Leave with the pod's own address; the pod subnets need a NAT gateway or another route."""
        return cls(kind="pod")

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        """Read the short form, ``node`` or ``pod``, and give ``node`` its default interface."""
        data = {"kind": given} if isinstance(given, str) else given
        if isinstance(data, Mapping) and data.get("kind") == "node" and data.get("interface") is None:
            return {**data, "interface": FIXED_INTERFACE}
        return data

    @field_validator("interface", mode="before")
    @classmethod
    def _exact(cls, name: Any) -> Any:
        if name is None:
            return name
        if isinstance(name, str) and any(sign in name for sign in "+*?"):
            raise refusal(
                "must be one exact interface name: a wildcard also matches the interfaces of the pods, and "
                "pods on a secondary CIDR then lose their identity between nodes "
                "(https://github.com/cilium/cilium/issues/39515)",
                f"name the primary interface of the nodes ('{FIXED_INTERFACE}' on Bottlerocket), "
                "or use egress 'pod'",
                id="CEK2004",
            )
        if not isinstance(name, str) or not _INTERFACE.fullmatch(name):
            raise refusal(
                "must be one exact interface name, not a list: Cilium translates on every interface named, "
                "and with pods on a secondary CIDR only the primary one is right "
                "(https://github.com/cilium/cilium/issues/39515)",
                "use nodes with one image and one interface name, or use egress 'pod'",
                id="CEK2005",
            )
        return name

    @model_validator(mode="after")
    def _interface_is_for_node(self) -> Self:
        if self.kind == "pod" and self.interface is not None:
            raise refusal(
                "egress 'pod' translates no address and has no interface",
                "leave the interface out, or use egress 'node'",
                id="CEK2006",
            )
        return self


class BandwidthManager(Closed):
    """Rate limits of pods by the annotations ``kubernetes.io/egress-bandwidth`` and ``ingress-bandwidth``."""

    bbr: Annotated[StrictBool, Chart("bandwidthManager.bbr")] = Field(
        default=False,
        description="Let pods use BBR congestion control. Needs eBPF host routing and Linux 5.18.",
    )


class IngressController(Closed):
    """Cilium as a controller of Kubernetes Ingress (chart section ``ingressController``)."""

    default: Annotated[StrictBool, Chart("ingressController.default", owned=False)] = Field(
        default=False,
        description="Also serve Ingresses without a class, unless another class is the default.",
    )
    load_balancer_mode: Annotated[
        Literal["dedicated", "shared"], Chart("ingressController.loadbalancerMode", owned=False)
    ] = Field(
        default="dedicated",
        description="A load balancer for each Ingress, or one that all share.",
    )
    enforce_https: Annotated[StrictBool, Chart("ingressController.enforceHttps", owned=False)] = Field(
        default=True, description="Redirect HTTP to HTTPS where an Ingress has a certificate."
    )
