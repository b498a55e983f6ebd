"""An account where a security team makes every role, from the report that CDK writes.

https://github.com/aws/aws-cdk/issues/17339
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from cdk_eks_cilium import CiliumCluster

_PLANE = "Shop/Platform/ControlPlane"
_CILIUM = "Shop/Platform/Cilium"
ROLES = {
    f"{_PLANE}/Resource/Role": "shop-cluster",
    f"{_PLANE}/Resource/KubectlProvider/Handler/ServiceRole": "shop-kubectl",
    f"{_PLANE}/Resource/KubectlProvider/Provider/framework-onEvent/ServiceRole": "shop-calls-1",
    f"{_PLANE}/Administrators/Resource": "shop-administrators",
    f"{_CILIUM}/AwsNodeRemoval/Handler/ServiceRole": "shop-removal",
    f"{_CILIUM}/AwsNodeRemoval/Provider/framework-onEvent/ServiceRole": "shop-calls-2",
    f"{_CILIUM}/EniSweep/Handler/ServiceRole": "shop-sweep",
    f"{_CILIUM}/EniSweep/Provider/framework-onEvent/ServiceRole": "shop-calls-3",
    f"{_CILIUM}/ReleaseTakeover/Handler/ServiceRole": "shop-takeover",
    f"{_CILIUM}/ReleaseTakeover/Provider/framework-onEvent/ServiceRole": "shop-calls-4",
    f"{_CILIUM}/NodeCounts/Handler/ServiceRole": "shop-counts",
    f"{_CILIUM}/NodeCounts/Provider/framework-onEvent/ServiceRole": "shop-calls-5",
    f"{_CILIUM}/OperatorRole/Resource": "shop-operator",
    f"{_CILIUM}/NodeRole/Resource": "shop-nodes",
}
"""The name of each role that the team makes, by the path of the construct that would make it."""


def build(app: cdk.App) -> cdk.Stack:
    """A cluster with every default, and none of its roles."""
    iam.Role.customize_roles(app, use_precreated_roles=ROLES)
    stack = cdk.Stack(app, "Shop")
    CiliumCluster(stack, "Platform", cluster_name="shop")
    return stack
