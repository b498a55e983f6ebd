"""What a deploy needs of an account, as settings tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class QuotaNeed:
    """How much of a quota a deploy takes.

    Attributes:
        quota: The code of the quota in Service Quotas.
        first: What the first deploy takes.
        most: What the environment takes at its full size.
        zone: The zone, for a quota of each zone.
    """

    quota: str
    first: int
    most: int
    zone: str = ""


@dataclass(frozen=True)
class NodeNeeds:
    """What the nodes of a group boot, and where.

    Attributes:
        name: The group.
        instance_types: Its types.
        zones: Its zones.
        architecture: Of its image: ``x86_64`` or ``arm64``.
        parameter: The public parameter of Systems Manager with the id of the image; empty for an image of
        one's
            own.
        image: The id of an image of one's own; empty without.
        volume_key: The key of its volumes; empty for the default of the account.
    """

    name: str
    instance_types: tuple[str, ...]
    zones: tuple[str, ...]
    architecture: str
    parameter: str = ""
    image: str = ""
    volume_key: str = ""


@dataclass(frozen=True)
class ExistingNetwork:
    """What must exist of a network that a deploy does not make.

    Attributes:
        vpc: The VPC.
        owner: The account that shares it; empty if it is the account of the deploy.
        primary: Its primary block.
        blocks: The other blocks that it has.
        node_subnets: For each zone the subnet of nodes and control plane.
        public_subnets: For each zone the subnet of public load balancers.
        pod_subnets: For each zone the subnet of pods, and its range; empty where the deploy makes them.
        nat_gateways: For each zone the NAT gateway of its pods.
        pod_blocks: For each zone the /28 blocks that pods take at full size, with interfaces of their own.
    """

    vpc: str
    primary: str
    owner: str = ""
    blocks: tuple[str, ...] = ()
    node_subnets: Mapping[str, str] = field(default_factory=dict)
    public_subnets: Mapping[str, str] = field(default_factory=dict)
    pod_subnets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    nat_gateways: Mapping[str, str] = field(default_factory=dict)
    pod_blocks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class EndpointNeed:
    """An endpoint of a service of AWS in the VPC.

    Attributes:
        service: The last part of the service's name, such as ``ecr.api``.
        gateway: Whether it is a target of routes, and not an interface in each zone.
        policy: Whether it gets a policy of ours.
    """

    service: str
    gateway: bool = False
    policy: bool = False


@dataclass(frozen=True)
class Deployment:
    """What a deploy needs of an account.

    Attributes:
        zones: The zones.
        new_blocks: Blocks that a deploy brings into the network, by the setting that names each.
        outside: Ranges that settings call networks beyond the VPC.
        needs: What it takes of quotas.
        nodes: What nodes boot.
        network: The network that exists already; None where the deploy makes one.
        transit_gateway: The transit gateway that it attaches to; empty without.
        access: ARNs of the principals that get into the cluster; empty for a role that the deploy makes.
        roles: Roles that must exist, by ARN, with the names of the policies that each needs.
        secrets_key: The key of Kubernetes secrets; empty where the deploy makes one.
        log_groups: Names of the log groups that it makes.
        bootstrap: The version that the bootstrap of CDK has at least.
        way_out: Whether pods leave with their own address.
        isolated: Whether the network has no way to the internet.
        endpoints: The endpoints that it makes.
    """

    zones: tuple[str, ...]
    new_blocks: Mapping[str, str]
    needs: tuple[QuotaNeed, ...]
    nodes: tuple[NodeNeeds, ...]
    outside: tuple[str, ...] = ()
    network: ExistingNetwork | None = None
    transit_gateway: str = ""
    access: tuple[str, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secrets_key: str = ""
    log_groups: tuple[str, ...] = ()
    bootstrap: int = 6
    way_out: bool = False
    isolated: bool = False
    endpoints: tuple[EndpointNeed, ...] = ()
