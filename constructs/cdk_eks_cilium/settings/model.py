"""What an environment is made of: the typed form of `settings.yaml`.

Every field has a default, so that an empty file is a whole environment. The fields are judged one by
one here and in `fields`; what several of them must agree on is in `rules`, and `load` runs both.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cdk_eks_cilium.settings.fields import (
    AccountId,
    CiliumNumber,
    GroupName,
    ImageRegistry,
    InstanceTypeName,
    InterfaceName,
    KubernetesNumber,
    LabelKey,
    LabelValue,
    Name,
    Namespace,
    NatGatewayId,
    Overrides,
    PrincipalArn,
    PublicBlock,
    Reason,
    Region,
    ServiceName,
    SubnetId,
    TagKey,
    TagValue,
    VpcBlock,
    VpcId,
    Zone,
    refuse_value,
)
from cdk_eks_cilium.values.model import (
    Agent,
    BandwidthManager,
    CiliumValues,
    Encryption,
    Eni,
    Envoy,
    Hubble,
    IngressController,
    Ipam,
    Operator,
    Prometheus,
)
from cdk_eks_cilium.values.model.closed import ShortForm

POLICIES: Final = {
    "cluster-admin": "AmazonEKSClusterAdminPolicy",
    "admin": "AmazonEKSAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}
"""The access policies of EKS by the name of the Kubernetes role each one grants."""


def _unlike(values: list[str]) -> list[str]:
    twice = next((value for number, value in enumerate(values) if value in values[:number]), None)
    if twice is not None:
        refuse_value(f"must name each one once, {twice!r} is there twice", got=values)
    return values


def like(model: type[BaseModel], name: str) -> Any:
    """The default and the description of a field of the typed values, for a setting that feeds it."""
    field = model.model_fields[name]
    if field.default_factory is not None:
        return Field(default_factory=field.default_factory, description=field.description)
    return Field(default=field.default, description=field.description)


class _Part(BaseModel):
    # Sequences are lists, not tuples: jsii takes only lists, and these go straight into construct props.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class EndpointAccess(_Part):
    """Who can reach the Kubernetes API from outside the VPC."""

    public_cidrs: list[PublicBlock] = Field(
        default=["203.0.113.0/24"],
        max_length=40,
        description="Ranges on the internet that may reach the public endpoint. Empty turns it off; the "
        "private one, inside the VPC, is always on. The default belongs to nobody: replace it.",
    )

    open_because: Reason | None = Field(
        default=None,
        description="Why everyone on the internet may reach the API. Needed with 0.0.0.0/0 in public_cidrs; "
        "the check CEC014 is acknowledged with it.",
    )

    @property
    def private_only(self) -> bool:
        """Whether the API can be reached from inside the VPC only."""
        return not self.public_cidrs


class AccessGrant(_Part):
    """An access entry: one role or user, and what it may do in the cluster."""

    principal_arn: PrincipalArn = Field(description="The IAM role or user, by ARN. One grant for each.")
    policy: Literal["cluster-admin", "admin", "edit", "view"] = Field(
        description="What it may do: the Kubernetes role of that name, by way of the access policy of EKS."
    )
    namespaces: list[Namespace] = Field(
        default=[],
        description="Where it may do that; * matches any run of characters. Empty means the whole cluster.",
    )

    @property
    def policy_name(self) -> str:
        """The access policy of EKS, such as ``AmazonEKSViewPolicy``."""
        return POLICIES[self.policy]


class Network(_Part):
    """The VPC, new or existing, and the block its pods live in."""

    vpc_cidr: VpcBlock = Field(
        default="10.0.0.0/16",
        description="Primary block of the VPC: nodes, control plane and load balancers live in it. "
        "With vpc_id, the primary block that VPC has.",
    )
    pod_cidr: VpcBlock = Field(
        default="100.64.0.0/16",
        description="Secondary block, added to the VPC for pods alone and split evenly over the zones.",
    )
    availability_zones: Annotated[list[Zone], AfterValidator(_unlike)] = Field(
        default=["eu-west-1a", "eu-west-1b", "eu-west-1c"],
        min_length=2,
        max_length=6,
        description="Zones to build in. They are never looked up: every synth gives the same template. "
        "Their order decides the subnets' ranges, so a further zone goes to the end.",
    )
    nat_gateways: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="NAT gateways of a new VPC, at most one for each zone. By default one for each zone.",
    )
    vpc_id: VpcId | None = Field(
        default=None,
        description="Build in this VPC. By default a new one is made. Needs vpc_cidr and the ids below.",
    )
    private_subnet_ids: dict[Zone, SubnetId] = Field(
        default={},
        description="With vpc_id: for each zone the subnet that nodes and the control plane live in.",
    )
    public_subnet_ids: dict[Zone, SubnetId] = Field(
        default={},
        description="With vpc_id: for each zone the subnet of public load balancers, if there are any.",
    )
    nat_gateway_ids: dict[Zone, NatGatewayId] = Field(
        default={},
        description="With vpc_id and egress 'pod': for each zone the NAT gateway its pods leave through. "
        "Zones may share one.",
    )
    associated_cidrs: list[VpcBlock] = Field(
        default=[],
        description="With vpc_id: the other blocks that VPC has, so that the new one is checked with them.",
    )

    isolated: bool = Field(
        default=False,
        description="A new VPC without any way to the internet: no public subnet, no NAT gateway, VPC "
        "endpoints instead. Needs endpoint_access.public_cidrs [], cilium.chart and cilium.image_registry.",
    )
    endpoints: Annotated[list[ServiceName], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=40,
        description="With isolated: further services to make an interface endpoint for, such as 'logs'. "
        "Those that the cluster itself needs are made in any case.",
    )

    trusted_accounts: Annotated[list[AccountId], AfterValidator(_unlike)] = Field(
        default=[],
        max_length=40,
        description="With isolated: other accounts whose principals and S3 buckets may be used through the "
        "VPC endpoints. This account's may in any case.",
    )

    @property
    def existing(self) -> bool:
        """Whether the VPC is there already."""
        return self.vpc_id is not None


class Cilium(_Part):
    """Cilium itself: which version, and what it does. What is not said here is as in `CiliumValues`."""

    version: CiliumNumber = Field(default="1.19.6", description="Chart version, from 1.12 on.")
    profile: Literal["standard", "article"] = Field(
        default="standard",
        description="'standard' installs what this library recommends for the version; 'article' exactly "
        "the values of the article the project began with, for Cilium 1.12 alone.",
    )
    egress: Literal["node", "pod"] = Field(
        default="node",
        description="How pods leave the VPC: 'node' behind the primary address of their node, "
        "'pod' with their own, through NAT gateways that the pod subnets route to.",
    )
    masquerade: Literal["iptables", "ebpf"] = like(CiliumValues, "masquerade")
    eni: Eni = like(CiliumValues, "eni")
    ipam: Ipam = like(CiliumValues, "ipam")
    hubble: Hubble = like(CiliumValues, "hubble")
    kube_proxy_replacement: bool = Field(
        default=False,
        description="Cilium serves Services in eBPF, and kube-proxy runs on no node: it is never installed, "
        "or kept off by a node selector, as aws_node says.",
    )
    host_routing: Literal["ebpf", "legacy"] | None = like(CiliumValues, "host_routing")
    encryption: Annotated[Encryption, ShortForm("type")] | None = like(CiliumValues, "encryption")
    bandwidth_manager: BandwidthManager | None = like(CiliumValues, "bandwidth_manager")
    host_firewall: bool = like(CiliumValues, "host_firewall")
    policy_enforcement: Literal["default", "always", "never"] = like(CiliumValues, "policy_enforcement")
    l7_proxy: bool = like(CiliumValues, "l7_proxy")
    envoy: Envoy = like(CiliumValues, "envoy")
    gateway_api: bool = like(CiliumValues, "gateway_api")
    ingress_controller: IngressController | None = like(CiliumValues, "ingress_controller")
    agent: Agent = like(CiliumValues, "agent")
    operator: Operator = Field(
        default_factory=Operator,
        description="cilium-operator. By default two replicas, or one where only one node is certain.",
    )
    operator_identity: Literal["irsa", "pod-identity"] = Field(
        default="irsa",
        description="How the operator gets its IAM role: 'irsa' through the cluster's OIDC provider, "
        "'pod-identity' through EKS's agent, which is added to the cluster. Needs Cilium 1.16.",
    )
    prometheus: Prometheus = like(CiliumValues, "prometheus")
    cluster_id: Annotated[int, Field(ge=0, le=511)] = like(CiliumValues, "cluster_id")
    node_init: bool = like(CiliumValues, "node_init")
    chart: str | None = Field(
        default=None,
        description="Path of Cilium's chart, packaged or a folder, as seen from the settings file. "
        "By default Helm fetches it from the internet.",
    )
    image_registry: ImageRegistry | None = Field(
        default=None,
        description="Registry, with a path if it has one, that holds copies of Cilium's images: "
        "REGISTRY/cilium/cilium and so on. By default they come from the internet.",
    )
    overrides: Overrides = Field(
        default={},
        description="Further chart values, as in Helm's values file. Those the library owns are refused.",
    )


class NodeGroup(_Part):
    """A managed node group: machines that are alike."""

    name: GroupName = Field(description="Name of the group, one of a kind.")
    instance_types: Annotated[list[InstanceTypeName], AfterValidator(_unlike)] = Field(
        default=["m6i.large"],
        min_length=1,
        max_length=20,
        description="Nitro instance types of one architecture, any of which may be launched. "
        "Max pods is that of the smallest.",
    )
    image: Literal["bottlerocket", "al2023", "al2"] = Field(
        default="bottlerocket",
        description="Operating system. 'al2023' with egress 'node' needs primary_interface; "
        "'al2' exists for the article's profile alone.",
    )
    min_size: int = Field(
        default=2,
        ge=0,
        le=450,
        description="Fewest nodes. Cilium's operator keeps two replicas on separate nodes.",
    )
    max_size: int = Field(default=6, ge=1, le=450, description="Most nodes an autoscaler may ask for.")
    desired_size: Annotated[int, Field(ge=0, le=450)] | None = Field(
        default=None, description="Nodes at creation. By default min_size, but at least one."
    )
    volume_size_gib: int = Field(
        default=50,
        ge=20,
        le=16384,
        description="Size in GiB of the encrypted gp3 volume of images and containers.",
    )
    primary_interface: InterfaceName | None = Field(
        default=None,
        description="Exact name of the first network interface, where egress 'node' needs it and the image "
        "does not fix it. By default eth0, which Bottlerocket and AL2 guarantee.",
    )
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Kubernetes labels of its nodes.")

    @property
    def initial_size(self) -> int:
        """Nodes at creation."""
        return max(self.min_size, 1) if self.desired_size is None else self.desired_size


def _default_groups() -> list[NodeGroup]:
    return [NodeGroup(name="workers")]


class Settings(_Part):
    """An environment: one VPC, one cluster, Cilium and its nodes."""

    name: Name = Field(
        default="platform",
        description="Name of the cluster, and how its stacks' names begin. Another name is another "
        "environment: the old one stays.",
    )
    account: AccountId | None = Field(
        default=None, description="Account to deploy to. By default whichever the credentials belong to."
    )
    region: Region = Field(default="eu-west-1", description="Region to deploy to.")
    kubernetes_version: KubernetesNumber = Field(
        default="1.35", description="Kubernetes minor version of control plane and nodes, in quotes."
    )
    endpoint_access: EndpointAccess = Field(
        default_factory=EndpointAccess,
        description="Which addresses outside the VPC reach the Kubernetes API.",
    )
    access: list[AccessGrant] = Field(
        default=[],
        description="People and pipelines that may use the cluster. "
        "By default the stack makes an administrator role for the account's principals to assume.",
    )
    aws_node: Literal["remove", "patch", "never-install"] = Field(
        default="remove",
        description="How the cluster gets rid of the VPC CNI: 'remove' deletes it before any node starts, "
        "'patch' keeps it off every node by a node selector, until a destroy takes that back, "
        "'never-install' creates the cluster without add-ons and adds CoreDNS and kube-proxy. "
        "The first two can be switched; the last is fixed when the cluster is made: CloudFormation refuses "
        "a change.",
    )
    network: Network = Field(default_factory=Network, description="The VPC and the addresses of pods.")
    cilium: Cilium = Field(default_factory=Cilium, description="Cilium: which version, and what it does.")
    node_groups: list[NodeGroup] = Field(
        default_factory=_default_groups, min_length=1, max_length=30, description="The managed node groups."
    )
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=40)] = Field(
        default={},
        description="Tags of every resource that can have them, and of the interfaces that Cilium makes.",
    )
