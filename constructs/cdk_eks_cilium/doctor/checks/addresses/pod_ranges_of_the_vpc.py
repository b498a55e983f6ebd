"""Whether the ranges of pods belong to the VPC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cdk_eks_cilium.doctor.checks.views.addresses import Ranges
from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import eni_nodes
from cdk_eks_cilium.doctor.checks.views.subnets import pod_subnets
from cdk_eks_cilium.doctor.checks.views.words import RESTART_OPERATOR, counted, named
from cdk_eks_cilium.doctor.engine.aws_kinds import SUBNETS, VPCS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "pod-ranges-of-the-vpc",
    "the ranges of pods are associated with the VPC",
    reads=(VPCS, SUBNETS, CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="a pod subnet cannot be made, or pods of some blocks are not reached",
    answers=("EC2-block-before-subnet", "EKS-late-block-takes-an-hour", "CILIUM-running-pods-keep-routes"),
    links=(
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
        "https://github.com/cilium/cilium/issues/43071",
    ),
)
def pod_ranges_of_the_vpc(seen: Seen) -> Iterator[Outcome]:
    """Pods live on blocks that are associated with the VPC beside its primary one.

    The operator writes the blocks that it knows into each CiliumNode, and agents make the routes of new pods
    for these. Pods that ran before a block came have no route for it, with masquerading.
    """
    if not uses_eni(config(seen)):
        yield Skip(NO_ENI)
        return
    wanted = seen.plan.pod_ranges
    if not wanted:
        subnets = seen.derived(pod_subnets)
        wanted = subnets.ranges.texts if subnets is not None else ()
    blocks = _blocks(seen)
    if not blocks or not wanted:
        yield Unknown("neither EC2 nor settings tell the blocks of the VPC")
        return
    whole = Ranges(block for block, state in blocks.items() if state == "associated")
    missing = [each for each in wanted if each.partition("/")[0] not in whole]
    if missing:
        evidence = tuple(
            Evidence("ec2 VPC", f"CidrBlockAssociationSet[{each}]", _state(each, blocks), "associated")
            for each in missing
        )
        fix = "\n".join(
            f"aws ec2 associate-vpc-cidr-block --vpc-id {_vpc(seen)} --cidr-block {each}" for each in missing
        )
        yield Finding(
            Severity.ERROR,
            f"{counted(len(missing), 'range')} of pods not of the VPC: {named(missing)}",
            evidence,
            "# With this library a deploy of the network stack does it.\n" + fix,
        )
        return
    unknown = _unknown_to_operator(seen, [each for each, state in blocks.items() if state == "associated"])
    if unknown:
        names = list(unknown)
        yield Finding(
            Severity.WARNING,
            f"the operator does not know all blocks of the VPC on {counted(len(names), 'node')}",
            tuple(
                Evidence(
                    f"CiliumNode {name}", "status.eni.enis[].vpc.cidrs", f"without {block}", "all blocks"
                )
                for name, block in unknown.items()
            ),
            f"# It reads them again every few minutes. Where it does not:\n{RESTART_OPERATOR}\n"
            "# With masquerading, then replace the nodes: pods that run have no route to the new block.",
        )
        return
    yield Fine(", ".join(wanted))


def _blocks(seen: Seen) -> Mapping[str, str]:
    return {
        str(each.get("CidrBlock")): str(at(each, "CidrBlockState.State", ""))
        for vpc in seen.list(VPCS)
        for each in vpc.get("CidrBlockAssociationSet") or ()
    }


def _state(wanted: str, blocks: Mapping[str, str]) -> str:
    return next((state for block, state in blocks.items() if Ranges((block,)).overlap(wanted)), "")


def _vpc(seen: Seen) -> str:
    return next((str(each.get("VpcId")) for each in seen.list(VPCS)), "VPC")


def _unknown_to_operator(seen: Seen, blocks: list[str]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for node in seen.derived(eni_nodes):
        interfaces = (at(node.object, "status.eni.enis") or {}).values()
        for each in interfaces:
            vpc = at(each, "vpc") or {}
            known = {vpc.get("primary-cidr"), *(vpc.get("cidrs") or ())}
            lacking = [block for block in blocks if block not in known]
            if lacking and vpc.get("cidrs"):
                found[node.name] = lacking[0]
    return found
