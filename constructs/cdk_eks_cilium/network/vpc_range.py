"""The primary range of a VPC, as far as the synth knows it."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium.problems.looked_up import is_token


def primary_cidr(vpc: ec2.IVpc) -> str | None:
    """Return the primary block as text; None where only CloudFormation will know it."""
    resource = vpc.node.default_child
    if isinstance(resource, ec2.CfnVPC):
        block = resource.cidr_block
        return None if block is None or is_token(block) else block
    try:
        block = vpc.vpc_cidr_block
    except RuntimeError:  # from CDK, for an imported VPC without it
        return None
    return None if is_token(block) else block
