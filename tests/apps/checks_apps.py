"""Apps as people write them, and what `CiliumChecks` finds in all their templates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import cx_api

import cdk_eks_cilium as cilium
from cdk_eks_cilium.checks.app_templates import read_app
from cdk_eks_cilium.checks.rules import app_findings
from tests.small_apps import TEMPLATES_ONLY, known_vpc, plain_cluster

# A cluster as people write it breaks these, which are about the control plane alone.
CONTROL_PLANE = {"CEC014", "CEC015", "CEC016", "CEC017"}


def new_app(**context: Any) -> cdk.App:
    """An app whose assets nobody reads."""
    return cdk.App(context={**TEMPLATES_ONLY, **context}, builtin_cloud_formation_validation=False)


def cilium_on(stack: cdk.Stack, cluster: eks.ICluster, id: str = "Cilium", **kwargs: Any) -> cilium.Cilium:
    """Cilium with pod subnets of its own, in a stack that may be another than the cluster's."""
    given = {
        "values": cilium.CiliumValues(egress=cilium.Egress.node()),
        "pod_subnets": cilium.PodSubnets(stack, f"{id}Pods", vpc=cluster.vpc),
    }
    return cilium.Cilium(stack, id, cluster=cluster, **{**given, **kwargs})


class Shop:
    """A cluster with Cilium in one stack, and no nodes yet."""

    def __init__(self, scope: cdk.App | cdk.Stage | None = None, **kwargs: Any) -> None:
        self.app = new_app() if scope is None else scope
        self.stack = cdk.Stack(self.app, "shop")
        self.vpc = known_vpc(self.stack)
        self.cluster = plain_cluster(self.stack, self.vpc)
        self.cilium = cilium_on(self.stack, cast(eks.ICluster, self.cluster), **kwargs)

    @property
    def known(self) -> eks.ICluster:
        """The cluster, for constructs that take any."""
        return cast(eks.ICluster, self.cluster)


def node_group(scope: cdk.Stack, cluster: eks.ICluster, vpc: ec2.IVpc, id: str = "Nodes") -> eks.CfnNodegroup:
    """A node group without a role of its own, so that only its order can be wrong."""
    return eks.CfnNodegroup(
        scope,
        id,
        cluster_name=cluster.cluster_name,
        node_role="arn:aws:iam::123456789012:role/node",
        subnets=[subnet.subnet_id for subnet in vpc.private_subnets],
    )


def found(app: cdk.App | cdk.Stage) -> list[tuple[str, str, str]]:
    """What is found besides the control plane's own: rule, stack and text."""
    root = cast(cdk.App, app.node.root)
    return [
        (rule.id, template.name, finding.text)
        for rule, finding, template in app_findings(read_app(_paths(root.synth())))
        if rule.id not in CONTROL_PLANE
    ]


def rules_found(app: cdk.App | cdk.Stage) -> list[tuple[str, str]]:
    """Rule and stack of what is found."""
    return [(rule, stack) for rule, stack, _ in found(app)]


def _paths(assembly: cx_api.CloudAssembly) -> Iterator[str]:
    for stack in assembly.stacks:
        yield stack.template_full_path
    for nested in assembly.nested_assemblies:
        yield from _paths(nested.nested_assembly)
