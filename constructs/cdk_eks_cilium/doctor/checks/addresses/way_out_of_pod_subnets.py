"""Whether pod subnets have a way out where pods leave by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, is_on, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import eni_nodes
from cdk_eks_cilium.doctor.checks.views.subnets import NO_SUBNETS, pod_subnets
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import ROUTE_TABLES, SUBNETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_ANYWHERE: Final = "0.0.0.0/0"
# What a route can lead to: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html.
_TARGETS: Final = (
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "GatewayId",
)


@check(
    "way-out-of-pod-subnets",
    "pod subnets have a way out where pods are not masqueraded",
    reads=(KUBE_SYSTEM_CONFIG_MAPS, CILIUM_NODES, SUBNETS, ROUTE_TABLES),
    symptom="pods reach nothing outside the VPC, while nodes do",
    answers=("CILIUM-pod-egress-routes", "EC2-main-route-table", "EC2-blackhole", "EC2-nat-way-out"),
    links=(
        "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html",
        "https://github.com/cilium/cilium/pull/38663",
    ),
)
def way_out_of_pod_subnets(seen: Seen) -> Iterator[Outcome]:
    """Without masquerading, from 1.18 the default in ENI mode, pods leave by their own interface.

    The route table of the pod subnet must lead on, to a NAT gateway or a transit gateway. An internet gateway
    does not help: pods have no public address. Where node subnets have no way out either, the cluster is
    isolated on purpose.
    """
    options = config(seen)
    if not uses_eni(options):
        yield Skip(NO_ENI)
        return
    if is_on(options, "enable-ipv4-masquerade", otherwise=True):
        yield Skip("pods leave by the primary interface of their node")
        return
    subnets = seen.derived(pod_subnets)
    if subnets is None:
        yield Unknown(NO_SUBNETS)
        return
    tables = seen.list(ROUTE_TABLES)
    if not tables:
        yield Unknown("EC2 tells no route table of the VPC")
        return
    ways = {subnet: _way(subnet, tables) for subnet in sorted(subnets.ids)}
    bad = {subnet: way for subnet, (good, way) in ways.items() if not good}
    of_nodes = {
        str(
            at(node.object, "spec.eni.node-subnet-id")
            or (node.interfaces[0].subnet if node.interfaces else "")
        )
        for node in seen.derived(eni_nodes)
    } - {""}
    if bad and of_nodes and not any(_way(subnet, tables)[1] for subnet in of_nodes):
        yield Fine("neither pods nor nodes have a way out")
        return
    if not bad:
        yield Fine(", ".join(sorted({way for _, way in ways.values()})))
        return
    evidence = tuple(
        Evidence(f"ec2 {subnet}", f"route {_ANYWHERE}", way, "a NAT gateway or a transit gateway")
        for subnet, way in bad.items()
    )
    fix = (
        "# With this library: PodSubnets.route_through_nat, or cilium.egress: pod in the settings. By hand:\n"
        "aws ec2 create-route --route-table-id TABLE --destination-cidr-block 0.0.0.0/0 --nat-gateway-id NAT"
    )
    yield Finding(
        Severity.ERROR,
        f"{counted(len(bad), 'pod subnet')} without a way out: {named(bad)}",
        evidence,
        fix,
    )


def _way(subnet: str, tables: Sequence[Object]) -> tuple[bool, str]:
    """Whether pods of a subnet get out, and the target of its default route."""
    routes = (_table(subnet, tables) or {}).get("Routes") or ()
    for route in routes:
        if route.get("DestinationCidrBlock") != _ANYWHERE:
            continue
        target = next((str(route[each]) for each in _TARGETS if route.get(each)), "something unknown")
        if route.get("State") == "blackhole":
            return False, f"{target}, which is gone"
        if target.startswith("igw-"):
            return False, f"{target}, which serves public addresses alone"
        return True, target
    return False, ""


def _table(subnet: str, tables: Sequence[Object]) -> Object | None:
    main: Object | None = None
    for table in tables:
        associations: Sequence[Mapping[str, object]] = table.get("Associations") or ()
        if any(each.get("SubnetId") == subnet for each in associations):
            return table
        if any(each.get("Main") for each in associations):
            main = table
    return main
