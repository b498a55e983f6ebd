"""Whether an existing VPC is as settings say, and takes the blocks of pods."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.addressing import secondary_cidr_problems
from cdk_eks_cilium.doctor.checks.preflight.vpc_answers_dns import NEW_VPC
from cdk_eks_cilium.doctor.engine.aws_kinds import VPCS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.deployment import ExistingNetwork
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "vpc-takes-blocks",
    "the existing VPC has the blocks of the settings, and takes the blocks of pods",
    reads=(VPCS,),
    symptom="the CIDR block is restricted, or conflicts with another of the VPC",
    answers=("EC2-block-matrix",),
    links=("https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",),
)
def vpc_takes_blocks(seen: Seen) -> Iterator[Outcome]:
    """Which blocks a VPC takes depends on the blocks that it has: its primary range excludes whole ranges,
    and blocks must not overlap.

    Settings name the blocks of an existing VPC, so that a synth can judge that. Here the real ones count.
    """
    deployment = seen.planned("deployment")
    network = deployment.network
    if network is None:
        yield Skip(NEW_VPC)
        return
    vpc = next((each for each in seen.list(VPCS) if each.get("VpcId") == network.vpc), None)
    if vpc is None:
        yield Finding(
            Severity.ERROR,
            f"{network.vpc} does not exist in {seen.plan.region}",
            (Evidence(f"ec2 {network.vpc}", "VpcId", "", "a VPC of the region"),),
            "# Correct network.vpc_id. There are:\n"
            f"aws ec2 describe-vpcs --region {seen.plan.region} --query 'Vpcs[].[VpcId,CidrBlock]' "
            "--output text",
        )
        return
    blocks = _blocks(vpc)
    wrong = [*_unlike_settings(network, str(vpc.get("CidrBlock")), blocks)]
    for key, block in deployment.new_blocks.items():
        if block in blocks:
            continue  # of an earlier deploy
        problems = secondary_cidr_problems(
            key, primary=str(vpc.get("CidrBlock")), secondary=block, associated=blocks
        )
        wrong += [Evidence(f"settings {key}", problem.rule, block, problem.fix) for problem in problems]
    if wrong:
        fix = (
            "# Correct the settings: vpc_cidr, associated_cidrs and the blocks of pods. The VPC has:\n"
            f"aws ec2 describe-vpcs --region {seen.plan.region} --vpc-ids {network.vpc} "
            "--query 'Vpcs[].CidrBlockAssociationSet[].[CidrBlock,CidrBlockState.State]' --output text"
        )
        yield Finding(
            Severity.ERROR, f"{network.vpc} does not go with the blocks of the settings", tuple(wrong), fix
        )
        return
    yield Fine(f"{network.vpc} has {', '.join(blocks)}")


def _blocks(vpc: Object) -> list[str]:
    return [
        str(each.get("CidrBlock"))
        for each in vpc.get("CidrBlockAssociationSet") or ()
        if at(each, "CidrBlockState.State") in ("associating", "associated")
    ]


def _unlike_settings(network: ExistingNetwork, primary: str, blocks: list[str]) -> Iterator[Evidence]:
    if primary != network.primary:
        yield Evidence(f"ec2 {network.vpc}", "CidrBlock", primary, f"{network.primary} of network.vpc_cidr")
    for block in network.blocks:
        if block not in blocks:
            yield Evidence(
                f"ec2 {network.vpc}", "CidrBlockAssociationSet", ", ".join(blocks), f"{block} among them"
            )
