"""The peers and the ports of a ClusterNetworkPolicy."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import AfterValidator, Field, StrictInt, field_validator, model_validator

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.kubernetes_names import is_port_name

from .part import PolicyPart, Text
from .peers import Range
from .selectors import KubernetesSelector

# The CRD's pattern, whose A-z lets a label begin with "_", among signs that agents refuse.
_LABEL: Final = r"[a-zA-Z0-9_]([-a-zA-Z0-9_]*[a-zA-Z0-9])?"
_DOMAIN: Final = re.compile(rf"(\*\.)?({_LABEL}\.)+{_LABEL}\.?", re.ASCII)

MOST: Final = 25
"""The most rules of a direction, peers of a rule, protocols of a rule, and ranges or names of a peer."""

PartT = TypeVar("PartT", bound=PolicyPart)


def one_field(part: PartT, fix: str) -> PartT:
    """The part, if exactly one of its fields is set: an object of Kubernetes with a choice.

    Raises:
        InputError: If it is not exactly one; *fix* is what to write, as a clause after "such as".
    """
    fields = type(part).model_fields
    given = [name for name in fields if getattr(part, name) is not None]
    if len(given) != 1:
        spelled = [fields[name].alias or name for name in fields]
        got = ", ".join(fields[name].alias or name for name in given) or "none of them"
        raise refusal(
            f"must have exactly one of {', '.join(spelled)}, got {got}",
            f"keep one, such as {fix}",
            id="CEK5210",
        )
    return part


def _few(given: tuple[Any, ...]) -> tuple[Any, ...]:
    if not 1 <= len(given) <= MOST:
        rule = f"must list 1 to {MOST}, as the CRD has it"
        raise refusal(rule, "write a second rule for the rest, or leave it out", got=len(given), id="CEK5211")
    return given


Few: Final = AfterValidator(_few)
"""Bounds the length of a list, once its items are valid."""


class NamespacedPods(PolicyPart):
    """Pods by their labels and by the labels of their namespaces; without the latter, of every namespace."""

    namespace_selector: KubernetesSelector | None = None
    pod_selector: KubernetesSelector


class ClusterPolicyIngressPeer(PolicyPart):
    """Sources: every pod of some namespaces, or some pods of them, but no pod on a node's network."""

    namespaces: KubernetesSelector | None = None
    pods: NamespacedPods | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        return one_field(self, "namespaces: {} for every pod")

    @property
    def kind(self) -> str:
        """The field that it has, as Kubernetes spells it."""
        return "namespaces" if self.namespaces is not None else "pods"


def _domain(name: str) -> str:
    if not _DOMAIN.fullmatch(name):
        raise refusal(
            "must be a DNS name with a dot, and '*' only as its first label",
            "write 'example.com', or '*.example.com' for every name below it",
            id="CEK5212",
        )
    return name


_Domain = Annotated[Text, AfterValidator(_domain)]


class ClusterPolicyEgressPeer(PolicyPart):
    """Destinations: pods, nodes by their labels, ranges of addresses, or DNS names.

    The standard CRD lacks ``nodes`` and ``domainNames``: they need the one of the experimental channel.
    """

    namespaces: KubernetesSelector | None = None
    pods: NamespacedPods | None = None
    nodes: KubernetesSelector | None = None
    networks: Annotated[tuple[Range, ...], Few] | None = None
    domain_names: Annotated[tuple[_Domain, ...], Few] | None = None

    @field_validator("networks", "domain_names")
    @classmethod
    def _each_once(cls, given: tuple[str, ...] | None) -> tuple[str, ...] | None:
        twice = sorted({one for one in given or () if (given or ()).count(one) > 1})
        if twice:
            raise refusal("must list each once", f"remove the second {twice[0]}", id="CEK5213")
        return given

    @model_validator(mode="after")
    def _one(self) -> Self:
        return one_field(self, "namespaces: {} for every pod")

    @property
    def kind(self) -> str:
        """The field that it has, as Kubernetes spells it."""
        for name, field in type(self).model_fields.items():
            if getattr(self, name) is not None:
                return field.alias or name
        raise AssertionError("one field is always set")


ClusterPolicyPeer = ClusterPolicyIngressPeer | ClusterPolicyEgressPeer
"""The other side of a rule."""


class ClusterPolicyPortRange(PolicyPart):
    """The ports from *start* to *end*, both included."""

    start: Annotated[StrictInt, Field(ge=1, le=65535)]
    end: Annotated[StrictInt, Field(ge=1, le=65535)]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start >= self.end:
            raise refusal(
                f"must end a range after its first port {self.start}, got {self.end}",
                "use number for one port",
                id="CEK5214",
            )
        return self


class ClusterPolicyPort(PolicyPart):
    """A port, or a range of ports."""

    number: Annotated[StrictInt, Field(ge=1, le=65535)] | None = None
    range: ClusterPolicyPortRange | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        return one_field(self, "number: 443")

    @property
    def span(self) -> tuple[int, int]:
        """First and last port."""
        if self.range is not None:
            return self.range.start, self.range.end
        assert self.number is not None
        return self.number, self.number


class ClusterPolicyPorts(PolicyPart):
    """The destination ports of one protocol."""

    destination_port: ClusterPolicyPort


def _port_name(name: str) -> str:
    if not is_port_name(name):
        raise refusal(
            "must be a name that a container's port can have: at most 15 lower-case letters, digits and "
            "single dashes",
            "write the name as the pod has it, or the port by number",
            id="CEK5215",
        )
    return name


class ClusterPolicyProtocol(PolicyPart):
    """Ports of TCP, UDP or SCTP, or the name of a port of a pod's container, whatever its protocol."""

    tcp: ClusterPolicyPorts | None = None
    udp: ClusterPolicyPorts | None = None
    sctp: ClusterPolicyPorts | None = None
    destination_named_port: Annotated[Text, AfterValidator(_port_name)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        return one_field(self, "tcp: {destinationPort: {number: 443}}")

    def numbered(self) -> tuple[str, int, int] | None:
        """Protocol, first and last port; None if it names a port."""
        for protocol in ("tcp", "udp", "sctp"):
            given: ClusterPolicyPorts | None = getattr(self, protocol)
            if given is not None:
                return protocol.upper(), *given.destination_port.span
        return None
