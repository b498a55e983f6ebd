"""NetworkPolicy as Kubernetes has it, networking.k8s.io/v1."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StrictInt, model_validator

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy.model import CidrRule, LabelSelector, Metadata, PolicyPart
from cdk_eks_cilium.policy.model.part import Text
from cdk_eks_cilium.policy.model.selectors import KubernetesSelector
from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.kubernetes_names import is_port_name

_PORT_NAMES: Final = "use at most 15 lower-case letters, digits and single dashes, as the container has it"


class IPBlock(PolicyPart):
    """A range, without some ranges in it."""

    cidr: Text
    except_: tuple[Text, ...] | None = None

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        # Kubernetes accepts the same ranges as Cilium.
        CidrRule.read({"cidr": self.cidr, "except": self.except_})
        return self


class KubernetesPeer(PolicyPart):
    """Pods by their labels and by labels of their namespaces, or a range."""

    pod_selector: KubernetesSelector | None = None
    namespace_selector: KubernetesSelector | None = None
    ip_block: IPBlock | None = Field(default=None, alias="ipBlock")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        selected = self.pod_selector is not None or self.namespace_selector is not None
        if selected == (self.ip_block is not None):
            raise refusal(
                "must have selectors or an ipBlock, and not both",
                "write two peers, or add podSelector: {}",
                id="CEK5082",
            )
        return self


class KubernetesPort(PolicyPart):
    """A port, by number or by name, a range of ports, or every port of a protocol, by default TCP."""

    port: StrictInt | Text | None = None
    end_port: Annotated[StrictInt, Field(ge=1, le=65535)] | None = None
    protocol: Literal["TCP", "UDP", "SCTP"] | None = None

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if isinstance(self.port, int) and not 1 <= self.port <= 65535:
            raise refusal(f"must be a port from 1 to 65535, got {self.port}", id="CEK5083")
        if isinstance(self.port, str) and not is_port_name(self.port):
            # `ValidateNetworkPolicyPort` in Kubernetes' `pkg/apis/networking/validation`.
            raise refusal(
                f"must be the name of a port, got {self.port!r}",
                "leave the quotes out" if self.port.isdecimal() else _PORT_NAMES,
                id="CEK5141",
            )
        if self.end_port is not None and not isinstance(self.port, int):
            raise refusal(
                "must begin a range with a number",
                "give port as a number, or leave endPort out",
                id="CEK5084",
            )
        if self.end_port is not None and isinstance(self.port, int) and self.end_port < self.port:
            raise refusal(
                f"must not end a range before its first port {self.port}, got {self.end_port}", id="CEK5085"
            )
        return self


class KubernetesIngressRule(PolicyPart):
    """Peers that may reach the pods on the ports. An absent or empty list means anyone, or any port."""

    from_: tuple[KubernetesPeer, ...] | None = Field(default=None, alias="from")
    ports: tuple[KubernetesPort, ...] | None = None


class KubernetesEgressRule(PolicyPart):
    """Peers that the pods may reach on the ports. An absent or empty list means anyone, or any port."""

    to: tuple[KubernetesPeer, ...] | None = None
    ports: tuple[KubernetesPort, ...] | None = None


class KubernetesNetworkPolicySpec(PolicyPart):
    """The rules for the pods that a selector chooses."""

    pod_selector: KubernetesSelector = Field(default_factory=LabelSelector)
    policy_types: tuple[Literal["Ingress", "Egress"], ...] | None = None
    ingress: tuple[KubernetesIngressRule, ...] | None = None
    egress: tuple[KubernetesEgressRule, ...] | None = None

    @property
    def types(self) -> tuple[str, ...]:
        """The directions it is about. By default ingress, and egress if it has rules for egress.

        https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource
        """
        if self.policy_types:
            return self.policy_types
        return ("Ingress", "Egress") if self.egress else ("Ingress",)


class KubernetesNetworkPolicy(PolicyPart):
    """A NetworkPolicy."""

    api_version: Literal["networking.k8s.io/v1"] = "networking.k8s.io/v1"
    kind: Literal["NetworkPolicy"] = "NetworkPolicy"
    metadata: Metadata
    spec: KubernetesNetworkPolicySpec = Field(default_factory=KubernetesNetworkPolicySpec)
    status: Any = None

    @property
    def namespace(self) -> str:
        """The namespace of the pods."""
        return self.metadata.namespace or "default"


_GROUPS: Final = ("", "networking.k8s.io", "extensions")


def is_network_policy(document: Document) -> bool:
    """Whether an object is a NetworkPolicy of Kubernetes, and not of another group, such as Calico's.

    One without apiVersion is. Kubernetes before 1.16 had it in the group extensions.
    """
    group = str(document.data.get("apiVersion") or "").partition("/")[0]
    return document.kind == "NetworkPolicy" and group in _GROUPS


def network_policy(document: Document) -> KubernetesNetworkPolicy:
    """Make a NetworkPolicy from a document.

    Raises:
        InputError: For everything wrong in it, all at once.
    """
    data = _without_nulls(dict(document.data))
    return KubernetesNetworkPolicy.read(data, f"{document.where}: ", by_alias=True, by_name=False)


def _without_nulls(value: Any) -> Any:
    """The value as the API server takes it: null is the same as nothing, and as the value of a label empty.

    Its types are Go's, and https://pkg.go.dev/encoding/json#Unmarshal says what null does to each.
    """
    if isinstance(value, dict):
        return {
            key: {name: "" if text is None else text for name, text in each.items()}
            if key == "matchLabels" and isinstance(each, dict)
            else _without_nulls(each)
            for key, each in value.items()
            if each is not None
        }
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
