"""What can be said about a Cilium installation, independent of the chart's version.

The keys of Cilium's chart change their names, their types and even their meaning from minor to
minor, and the chart ignores a key it does not know. These models are closed instead: an unknown
name is an error here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, field_validator, model_validator
from pydantic_core import PydanticCustomError

Profile = Literal["standard", "article"]

#: Linux allows 15 bytes; a dot or a colon would be a VLAN or an alias, never the primary interface.
_INTERFACE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,14}")


def _refusal(kind: str, rule: str, fix: str) -> PydanticCustomError:
    """A validation error whose context keeps rule and fix apart, for whoever reports it."""
    return PydanticCustomError(kind, "{rule}; {fix}", {"rule": rule, "fix": fix})


class _Closed(BaseModel):
    """A value object: cannot change, knows no other names than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Egress(_Closed):
    """How pods leave the VPC: with the node's address or with their own.

    Write `Egress.node()` or `Egress.pod()`.

    Attributes:
        kind: ``node`` translates the source address to the primary address of the node, so the node
            subnets need the route out. ``pod`` translates nothing: the pod subnets need it.
        interface: The exact name of the node's primary interface, for ``node``. Without one it is
            ``eth0``, which is right for Bottlerocket on every instance type; Amazon Linux 2023 uses
            ``ens5`` on most types. None for ``pod``.
    """

    kind: Literal["node", "pod"]
    interface: str | None = None

    @classmethod
    def node(cls, interface: str = "eth0") -> Self:
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
            return {**data, "interface": "eth0"}
        return data

    @field_validator("interface", mode="before")
    @classmethod
    def _exact(cls, name: Any) -> Any:
        if name is None:
            return name
        if isinstance(name, str) and any(sign in name for sign in "+*?"):
            raise _refusal(
                "egress_interface",
                "must be one exact interface name: a wildcard also matches the interfaces of the pods, and "
                "pods on a secondary CIDR then lose their identity between nodes "
                "(https://github.com/cilium/cilium/issues/39515)",
                "name the primary interface of the nodes ('eth0' on Bottlerocket), or use egress 'pod'",
            )
        if not isinstance(name, str) or not _INTERFACE.fullmatch(name):
            raise _refusal(
                "egress_interface",
                "must be one exact interface name, not a list: every name given is translated on, and only "
                "the primary interface may be, because pods live on a secondary CIDR "
                "(https://github.com/cilium/cilium/issues/39515)",
                "give nodes of one image and one interface name a cluster, or use egress 'pod'",
            )
        return name

    @model_validator(mode="after")
    def _pod_has_none(self) -> Self:
        if self.kind == "pod" and self.interface is not None:
            raise _refusal(
                "egress_interface",
                "egress 'pod' translates no address and has no interface",
                "leave the interface out, or use egress 'node'",
            )
        return self


class Hubble(_Closed):
    """What of Hubble runs in the cluster; the agents observe flows either way.

    Attributes:
        relay: Answer the Hubble CLI for the whole cluster.
        ui: Show the service map in a browser; needs the relay.
    """

    relay: StrictBool = True
    ui: StrictBool = True

    @model_validator(mode="after")
    def _ui_needs_relay(self) -> Self:
        if self.ui and not self.relay:
            raise _refusal(
                "hubble_ui",
                "the Hubble UI reads from the relay, and Cilium's chart refuses one without the other",
                "set relay to true, or ui to false",
            )
        return self


class Encryption(_Closed):
    """Encryption of the traffic between pods on different nodes.

    Attributes:
        type: ``wireguard`` uses UDP port 51871 between the nodes.
    """

    type: Literal["wireguard"] = "wireguard"


class CiliumValues(_Closed):
    """What Cilium shall do; `helm_values` writes it for one chart version.

    Attributes:
        egress: How pods leave the VPC; the node's address by default.
        hubble: Relay and UI, both on by default.
        kube_proxy_replacement: Let Cilium do what kube-proxy does; off by default.
        encryption: None, the default, encrypts nothing.
        prefix_delegation: Take addresses in prefixes of 16 instead of one by one.
        first_interface_index: The first network interface that pods use. The default leaves interface
            0, which lies in the node's subnet, to the node.
        release_excess_ips: Give unused addresses back; prefixes only from Cilium 1.19.
        eni_tags: Further tags of the interfaces that Cilium makes; those it is known by are always set.
        operator_replicas: Operators, each on its own node: a cluster of one node has room for one.
        profile: ``article`` installs exactly the values of the article this project began with and
            fits Cilium 1.12 only; everything else stays at its default then.
        image_registry: Registry, with a path if it has one, that every image comes from, at the path it
            has elsewhere: ``REGISTRY/cilium/cilium``. By default the chart's own, on the internet.
        overrides: Raw chart values, merged last; null unsets a chart's default. Values that the
            library answers for are refused by `problems`.
    """

    egress: Egress = Field(default_factory=Egress.node)
    hubble: Hubble = Field(default_factory=Hubble)
    kube_proxy_replacement: StrictBool = False
    encryption: Encryption | None = None
    prefix_delegation: StrictBool = True
    first_interface_index: Annotated[StrictInt, Field(ge=1)] = 1
    release_excess_ips: StrictBool = True
    eni_tags: Mapping[str, str] = Field(default_factory=dict)
    operator_replicas: Annotated[StrictInt, Field(ge=1)] = 2
    profile: Profile = "standard"
    image_registry: str | None = None
    overrides: Mapping[str, Any] = Field(default_factory=dict)

    @field_validator("overrides", mode="after")
    @classmethod
    def _plain_copy(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep a copy, so that the caller's later changes do not reach a frozen model."""
        try:
            plain: Mapping[str, Any] | None = json.loads(json.dumps(dict(given), allow_nan=False))
        except (TypeError, ValueError):
            plain = None
        if plain is None or plain != given:
            raise _refusal(
                "overrides",
                "must hold only what JSON can: mappings with text keys, lists, text, numbers, booleans, null",
                "write plain values; CDK tokens go in as text",
            )
        return plain
