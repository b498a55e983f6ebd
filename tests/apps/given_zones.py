"""A VPC in zones that the app names: with an account CDK looks the account's zones up all the same.

https://github.com/aws/aws-cdk/issues/21690
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import PodSubnets


def build(app: cdk.App) -> cdk.Stack:
    """A network in two zones."""
    stack = cdk.Stack(app, "Network", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    vpc = ec2.Vpc(stack, "Vpc", availability_zones=["eu-west-1a", "eu-west-1b"])
    PodSubnets(stack, "Pods", vpc=vpc)
    return stack
