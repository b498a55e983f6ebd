"""An account where each role needs a boundary and a prefix, which aspects add to whatever an app makes.

https://github.com/aws/aws-cdk/issues/11074, https://github.com/aws/aws-cdk/issues/13783
"""

from __future__ import annotations

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from cdk_eks_cilium import CiliumCluster

BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"


@jsii.implements(cdk.IAspect)
class CompanyRules:
    """Gives each role its boundary and its name, and each function tracing."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, iam.CfnRole):
            node.permissions_boundary = BOUNDARY
            node.role_name = cdk.Names.unique_resource_name(node, max_length=60, separator="-")
            node.add_property_override("RoleName", f"cnc-{node.role_name}")
        if isinstance(node, lambda_.CfnFunction):
            node.add_property_override("TracingConfig", {"Mode": "Active"})


def build(app: cdk.App) -> cdk.Stack:
    """A cluster with every default, under these rules."""
    stack = cdk.Stack(app, "Shop")
    CiliumCluster(stack, "Platform", cluster_name="shop")
    cdk.Aspects.of(app).add(CompanyRules())
    return stack
