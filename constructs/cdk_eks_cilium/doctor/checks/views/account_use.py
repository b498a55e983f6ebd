"""What an account uses of its quotas already, beside the environment itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from cdk_eks_cilium.addressing import quota_codes as codes
from cdk_eks_cilium.doctor.engine import account_kinds as kinds
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.readings import Aws
from cdk_eks_cilium.doctor.engine.seen import Seen

from .subnets import tags_of

USED_BY: Final[Mapping[str, tuple[Aws, ...]]] = {
    codes.ELASTIC_IPS.code: (kinds.REGION_ADDRESSES,),
    codes.VPCS.code: (kinds.REGION_VPCS,),
    codes.INTERNET_GATEWAYS.code: (kinds.REGION_INTERNET_GATEWAYS,),
    codes.NAT_GATEWAYS.code: (kinds.REGION_NAT_GATEWAYS, kinds.REGION_SUBNETS),
    codes.INTERFACES.code: (kinds.REGION_INTERFACES, kinds.REGION_VPCS),
    codes.BLOCKS_OF_A_VPC.code: (kinds.REGION_VPCS,),
    codes.CLUSTERS.code: (kinds.CLUSTERS,),
}
"""The readings that tell the use of a quota. Others are of virtual CPUs, or of a cluster not yet there."""
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
_STACK: Final = "aws:cloudformation:stack-name"
"""CloudFormation's own tag."""
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways
_NAT_STATES: Final = ("pending", "available", "deleting")
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-quotas.html
_RUNNING: Final = ("pending", "running")


def used(seen: Seen, code: str, zone: str = "") -> int:
    """How much of a quota is in use, without what the environment itself has already.

    Args:
        seen: What was read; a check that asks reads the readings of `USED_BY`, and the region's instances.
        code: The quota.
        zone: The zone, for a quota of each zone.

    Raises:
        UnreadError: A reading failed.
    """
    match code:
        case codes.ELASTIC_IPS.code:
            return len(_of_others(seen, seen.list(kinds.REGION_ADDRESSES)))
        case codes.VPCS.code:
            return len(_of_others(seen, seen.list(kinds.REGION_VPCS)))
        case codes.INTERNET_GATEWAYS.code:
            return len(_of_others(seen, seen.list(kinds.REGION_INTERNET_GATEWAYS)))
        case codes.NAT_GATEWAYS.code:
            return seen.derived(_gateways)[zone]
        case codes.INTERFACES.code:
            own = seen.derived(own_vpcs)
            return sum(each.get("VpcId") not in own for each in seen.list(kinds.REGION_INTERFACES))
        case codes.BLOCKS_OF_A_VPC.code:
            return _blocks(seen)
        case codes.CLUSTERS.code:
            return sum(str(each) != seen.plan.cluster for each in seen.list(kinds.CLUSTERS))
        case codes.GROUPS_OF_A_CLUSTER.code | codes.NODES_OF_A_GROUP.code:
            return 0  # of this cluster alone
        case _:
            return seen.derived(_vcpus)[code]


def own_vpcs(seen: Seen) -> frozenset[str]:
    """The VPCs that stacks of this environment made."""
    vpcs = seen.list(kinds.REGION_VPCS)
    others = {str(each.get("VpcId")) for each in _of_others(seen, vpcs)}
    return frozenset(str(each.get("VpcId")) for each in vpcs) - others


def _of_others(seen: Seen, things: Iterable[Object]) -> list[Object]:
    own = set(seen.plan.stacks or ())
    return [each for each in things if tags_of(each).get(_STACK) not in own]


def _gateways(seen: Seen) -> Counter[str]:
    zones = {
        each.get("SubnetId"): str(each.get("AvailabilityZone")) for each in seen.list(kinds.REGION_SUBNETS)
    }
    gateways = [each for each in seen.list(kinds.REGION_NAT_GATEWAYS) if each.get("State") in _NAT_STATES]
    return Counter(zones.get(each.get("SubnetId"), "") for each in _of_others(seen, gateways))


def _blocks(seen: Seen) -> int:
    """The blocks of an existing VPC that the deploy does not bring."""
    deployment = seen.planned("deployment")
    if deployment.network is None:
        return 0
    return sum(
        1
        for vpc in seen.list(kinds.REGION_VPCS)
        if vpc.get("VpcId") == deployment.network.vpc
        for each in vpc.get("CidrBlockAssociationSet") or ()
        if at(each, "CidrBlockState.State") in ("associating", "associated")
        and each.get("CidrBlock") not in deployment.new_blocks.values()
    )


def _vcpus(seen: Seen) -> Counter[str]:
    counts: Counter[str] = Counter()
    for instance in _instances(seen):
        spot = instance.get("InstanceLifecycle") == "spot"
        quota = codes.vcpu_quota(str(instance.get("InstanceType")), spot=spot)
        if quota is not None:
            cores = int(at(instance, "CpuOptions.CoreCount", 1))
            counts[quota.code] += cores * int(at(instance, "CpuOptions.ThreadsPerCore", 1))
    return counts


def _instances(seen: Seen) -> Iterator[Object]:
    """The instances that run, without nodes of the cluster."""
    for reservation in seen.list(kinds.REGION_INSTANCES):
        for each in reservation.get("Instances") or ():
            # https://docs.aws.amazon.com/eks/latest/userguide/eks-using-tags.html
            own = tags_of(each).get("aws:eks:cluster-name") or tags_of(each).get("eks:cluster-name")
            if at(each, "State.Name") in _RUNNING and (not own or own != seen.plan.cluster):
                yield each
