"""What a deploy of settings needs of an account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from cdk_eks_cilium.addressing import find
from cdk_eks_cilium.addressing import quota_codes as codes
from cdk_eks_cilium.addressing.endpoint_services import (
    GATEWAY_SERVICE,
    NEEDED_SERVICES,
    SERVICES_WITH_POLICIES,
)
from cdk_eks_cilium.doctor.engine.deployment import (
    Deployment,
    EndpointNeed,
    ExistingNetwork,
    NodeNeeds,
    QuotaNeed,
)
from cdk_eks_cilium.nodes import IMAGES, ImageRequest
from cdk_eks_cilium.settings import NodeGroupSettings, Settings, instance_facts
from cdk_eks_cilium.settings.address_plan import capacity_plan, elastic_ips

# The interfaces of a control plane: two to four, and as many again while EKS replaces them.
# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
_CONTROL_PLANE_INTERFACES = 4
# CDK's handler of kubectl runs in the VPC: an interface for each of its subnets.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
_CLUSTER_POLICIES = ("AmazonEKSClusterPolicy",)


def deployment_of(settings: Settings) -> Deployment:
    """What a deploy of valid settings needs.

    Raises:
        InputError: If the file of instance facts cannot be read, or an instance type is unknown.
    """
    network = settings.network
    beyond = network.on_premises
    return Deployment(
        zones=tuple(network.availability_zones),
        new_blocks=_new_blocks(settings),
        needs=tuple(_needs(settings)),
        nodes=tuple(_nodes(settings)),
        outside=(*network.peer_cidrs, *(beyond.cidrs if beyond else ())),
        network=_existing(settings),
        transit_gateway=(beyond.transit_gateway_id or "") if beyond else "",
        access=tuple(grant.principal_arn for grant in settings.access),
        roles=_roles(settings),
        secrets_key=settings.secrets_key_arn or "",
        log_groups=(f"/aws/eks/{settings.name}/cluster",),
        way_out=settings.cilium.egress == "pod",
        isolated=network.isolated,
        endpoints=tuple(_endpoints(settings)),
    )


def _new_blocks(settings: Settings) -> dict[str, str]:
    network = settings.network
    own = {} if network.existing else {"network.vpc_cidr": network.vpc_cidr}
    return own if network.pod_subnets else {**own, **network.pod_blocks}


def _existing(settings: Settings) -> ExistingNetwork | None:
    network = settings.network
    if network.vpc_id is None:
        return None
    blocks: dict[str, int] = {}
    if network.pod_subnets:
        plan = capacity_plan(settings)
        blocks = {
            each.zone: sum(subnet.room.blocks_used(subnet.maximum) for subnet in each.subnets)
            for each in plan.zones
        }
    return ExistingNetwork(
        vpc=network.vpc_id,
        owner=network.vpc_owner_account or "",
        primary=network.vpc_cidr,
        blocks=(*network.associated_cidrs, *(network.pod_cidrs if network.pod_subnets else ())),
        node_subnets=dict(network.private_subnet_ids),
        public_subnets=dict(network.public_subnet_ids),
        pod_subnets={zone: (each.id, each.cidr) for zone, each in network.pod_subnets.items()},
        nat_gateways=dict(network.nat_gateway_ids),
        pod_blocks=blocks,
    )


def _endpoints(settings: Settings) -> Iterator[EndpointNeed]:
    """The endpoints of a VPC that the deploy makes: all of an isolated one, else gateways that settings name.

    Only in an isolated VPC they have policies.
    """
    network = settings.network
    gateways = list(network.gateway_endpoints)
    if network.isolated:
        gateways = list(dict.fromkeys([GATEWAY_SERVICE, *gateways]))
        for service in (*NEEDED_SERVICES, *network.endpoints):
            yield EndpointNeed(service, policy=service in SERVICES_WITH_POLICIES)
    for service in gateways:
        yield EndpointNeed(service, gateway=True, policy=network.isolated)


def _roles(settings: Settings) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        group.node_role_arn: _NODE_POLICIES for group in settings.node_groups if group.node_role_arn
    }
    if settings.cluster_role_arn:
        found[settings.cluster_role_arn] = _CLUSTER_POLICIES
    return found


def _nodes(settings: Settings) -> Iterator[NodeNeeds]:
    facts = instance_facts(settings)
    for group in settings.node_groups:
        architecture = find(group.instance_types[0], facts).architecture
        wanted = ImageRequest(
            kubernetes_version=settings.kubernetes_version,
            architecture=architecture,
            version=group.image_version,
            accelerator=group.accelerator,
        )
        yield NodeNeeds(
            name=group.name,
            instance_types=tuple(group.instance_types),
            zones=tuple(group.zones or settings.network.availability_zones),
            architecture=architecture,
            parameter="" if group.ami_id else IMAGES[group.image].parameter(wanted),
            image=group.ami_id or "",
            volume_key=group.volume_key_arn or "",
        )


def _needs(settings: Settings) -> Iterator[QuotaNeed]:
    network = settings.network
    addresses = elastic_ips(network)
    zones = list(network.availability_zones)
    if not network.existing:
        yield QuotaNeed(codes.VPCS.code, 1, 1)
        if not network.isolated:
            yield QuotaNeed(codes.INTERNET_GATEWAYS.code, 1, 1)
    if addresses:
        yield QuotaNeed(codes.ELASTIC_IPS.code, addresses, addresses)
    private = bool(network.on_premises and network.on_premises.private_nat)
    for number, zone in enumerate(zones):
        # CDK puts the gateways into the first zones.
        gateways = (number < addresses) + private
        if gateways:
            yield QuotaNeed(codes.NAT_GATEWAYS.code, gateways, gateways, zone)
    yield from _of_blocks(settings)
    yield QuotaNeed(codes.CLUSTERS.code, 1, 1)
    groups = settings.node_groups
    yield QuotaNeed(codes.GROUPS_OF_A_CLUSTER.code, len(groups), len(groups))
    yield QuotaNeed(
        codes.NODES_OF_A_GROUP.code,
        max(group.initial_size for group in groups),
        max(group.max_size for group in groups),
    )
    yield _of_interfaces(settings, addresses)
    yield from _of_vcpus(settings)


def _of_blocks(settings: Settings) -> Iterator[QuotaNeed]:
    network = settings.network
    if network.pod_subnets:
        return
    # Of an existing VPC, what it has is counted as used.
    blocks = len(network.pod_cidrs) + (0 if network.existing else 1)
    yield QuotaNeed(codes.BLOCKS_OF_A_VPC.code, blocks, blocks)


def _of_interfaces(settings: Settings, gateways: int) -> QuotaNeed:
    plan = capacity_plan(settings)
    first = sum(group.initial_size for group in settings.node_groups)
    fixed = _CONTROL_PLANE_INTERFACES + len(settings.network.availability_zones) + gateways
    # A node has its first interface, and at the beginning one for pods.
    return QuotaNeed(
        codes.INTERFACES.code, fixed + 2 * first, fixed + plan.nodes_maximum + plan.take_maximum.interfaces
    )


def _of_vcpus(settings: Settings) -> Iterator[QuotaNeed]:
    """AWS may launch any type of a group, so each class that a group names needs the group's largest."""
    facts = instance_facts(settings)
    first: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for group in settings.node_groups:
        for code, vcpus in _largest(group, {name: find(name, facts).vcpus for name in group.instance_types}):
            first[code] += vcpus * group.initial_size
            most[code] += vcpus * group.max_size
    for code in most:
        yield QuotaNeed(code, first[code], most[code])


def _largest(group: NodeGroupSettings, vcpus: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    largest: dict[str, int] = {}
    for name, count in vcpus.items():
        quota = codes.vcpu_quota(name, spot=group.capacity == "spot")
        if quota is not None:
            largest[quota.code] = max(count, largest.get(quota.code, 0))
    yield from largest.items()
