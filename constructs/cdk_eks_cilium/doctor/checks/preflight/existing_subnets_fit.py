"""Whether the subnets that settings name are what settings say, and lead out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdk_eks_cilium.doctor.checks.preflight.vpc_answers_dns import NEW_VPC
from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import REGION_NAT_GATEWAYS
from cdk_eks_cilium.doctor.engine.aws_kinds import ROUTE_TABLES, SUBNETS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.deployment import Deployment, ExistingNetwork
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

# https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html: at least six addresses, and sixteen are
# recommended.
_ADDRESSES_NEEDED = 6
_ADDRESSES_ADVISED = 16


@check(
    "existing-subnets-fit",
    "the existing subnets are of the VPC and zones of the settings, and lead out",
    reads=(SUBNETS, ROUTE_TABLES, REGION_NAT_GATEWAYS),
    symptom="InvalidSubnetID.NotFound, or nodes that reach neither EKS nor the registries",
    links=("https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html",),
)
def existing_subnets_fit(seen: Seen) -> Iterator[Outcome]:
    """Settings name subnets, their zones and ranges, and nothing is looked up at synth.

    A subnet without a route table of its own has the main one of its VPC. EKS takes six addresses or more in
    each subnet of the control plane.
    """
    deployment = seen.planned("deployment")
    network = deployment.network
    if network is None:
        yield Skip(NEW_VPC)
        return
    known = {str(each.get("SubnetId")): each for each in seen.list(SUBNETS)}
    wrong = tuple(_unlike_settings(network, known))
    if wrong:
        fix = (
            "# Correct the subnets in the settings. The VPC has:\n"
            f"aws ec2 describe-subnets --region {seen.plan.region} --filters "
            f"Name=vpc-id,Values={network.vpc} "
            "--query 'Subnets[].[SubnetId,AvailabilityZone,CidrBlock]' --output text"
        )
        yield Finding(Severity.ERROR, "existing subnets are not what the settings say", wrong, fix)
    tight = _tight(seen, network, known)
    if tight is not None:
        yield tight
    fine = not wrong and tight is None
    for part in (_ways, _gateways):
        try:
            for finding in part(seen, deployment, network):
                fine = False
                yield finding
        except UnreadError as error:
            fine = False
            yield Unknown(str(error))
    if fine:
        yield Fine(named(network.node_subnets.values()))


def _unlike_settings(network: ExistingNetwork, known: Mapping[str, Object]) -> Iterator[Evidence]:
    wanted = [(zone, name, "") for zone, name in network.node_subnets.items()]
    wanted += [(zone, name, "") for zone, name in network.public_subnets.items()]
    wanted += [(zone, name, block) for zone, (name, block) in network.pod_subnets.items()]
    for zone, name, block in wanted:
        subnet = known.get(name)
        if subnet is None:
            yield Evidence(f"ec2 {name}", "SubnetId", "", f"a subnet of {network.vpc}")
            continue
        if subnet.get("AvailabilityZone") != zone:
            yield Evidence(f"ec2 {name}", "AvailabilityZone", str(subnet.get("AvailabilityZone")), zone)
        if block and subnet.get("CidrBlock") != block:
            yield Evidence(f"ec2 {name}", "CidrBlock", str(subnet.get("CidrBlock")), block)


def _tight(seen: Seen, network: ExistingNetwork, known: Mapping[str, Object]) -> Finding | None:
    free = {
        name: int(known[name].get("AvailableIpAddressCount") or 0)
        for name in network.node_subnets.values()
        if name in known
    }
    few = {name: count for name, count in free.items() if count < _ADDRESSES_ADVISED}
    if not few:
        return None
    severity = Severity.ERROR if min(few.values()) < _ADDRESSES_NEEDED else Severity.WARNING
    evidence = tuple(
        Evidence(f"ec2 {name}", "AvailableIpAddressCount", str(count), f"{_ADDRESSES_ADVISED} or more")
        for name, count in few.items()
    )
    fix = (
        "# Choose other subnets for nodes and control plane, or free addresses. Whose they are:\n"
        f"aws ec2 describe-network-interfaces --region {seen.plan.region} --filters "
        f"Name=subnet-id,Values={','.join(few)} --query 'NetworkInterfaces[].[PrivateIpAddress,Description]' "
        "--output text"
    )
    return Finding(severity, "node subnets have few free addresses for the control plane", evidence, fix)


def _ways(seen: Seen, deployment: Deployment, network: ExistingNetwork) -> Iterator[Finding]:
    tables = seen.list(ROUTE_TABLES)
    subnets = dict.fromkeys(network.node_subnets.values(), "node subnet")
    if deployment.way_out:
        subnets |= {name: "pod subnet" for name, _ in network.pod_subnets.values()}
    evidence = []
    for name, what in subnets.items():
        table = _table_of(name, tables)
        way = next(
            (
                each
                for each in (table or {}).get("Routes") or ()
                if each.get("DestinationCidrBlock") == "0.0.0.0/0"
            ),
            None,
        )
        # Without any way there are endpoints, perhaps: settings cannot say so of an existing VPC.
        state = "" if way is None else str(way.get("State"))
        if state != "active":
            where = f"ec2 {(table or {}).get('RouteTableId', 'route table')} of {what} {name}"
            evidence.append(Evidence(where, "route to 0.0.0.0/0", state, "active"))
    if evidence:
        fix = (
            "# Nodes need EKS, EC2, STS, ECR and the registry of the images. Give the subnets a "
            "route, or make VPC "
            "endpoints and mirror the images.\n"
            f"aws ec2 describe-route-tables --region {seen.plan.region} --filters "
            f"Name=vpc-id,Values={network.vpc}"
        )
        yield Finding(Severity.WARNING, "subnets have no way to the internet", tuple(evidence), fix)


def _table_of(subnet: str, tables: object) -> Object | None:
    main = None
    for table in tables if isinstance(tables, (list, tuple)) else ():
        for each in table.get("Associations") or ():
            if each.get("SubnetId") == subnet:
                found: Object = table
                return found
            if each.get("Main"):
                main = table
    return main


def _gateways(seen: Seen, deployment: Deployment, network: ExistingNetwork) -> Iterator[Finding]:
    if not network.nat_gateways:
        return
    states = {each.get("NatGatewayId"): str(each.get("State")) for each in seen.list(REGION_NAT_GATEWAYS)}
    evidence = tuple(
        Evidence(f"ec2 {name}", "State", states.get(name, ""), "available")
        for name in dict.fromkeys(network.nat_gateways.values())
        if states.get(name) != "available"
    )
    if evidence:
        fix = (
            "# Correct network.nat_gateway_ids. There are:\n"
            f"aws ec2 describe-nat-gateways --region {seen.plan.region} --filter "
            f"Name=vpc-id,Values={network.vpc} "
            "--query 'NatGateways[].[NatGatewayId,State,SubnetId]' --output text"
        )
        yield Finding(Severity.ERROR, "NAT gateways of the pods are not available", evidence, fix)
