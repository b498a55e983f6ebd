"""Apps as small as a test needs them, synthesized in this process without CDK's own validation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.lambda_layer_kubectl_v35 import KubectlV35Layer

import cdk_eks_cilium as cilium

TEMPLATES_ONLY = {"aws:cdk:disable-asset-staging": True}
"""Context of an app whose assets nobody reads: templates name them by hash, and kubectl's is 57 MB."""

ZONES = ["eu-west-1a", "eu-west-1b"]


def new_stack(name: str = "Stack", *, context: dict[str, Any] | None = None, **kwargs: Any) -> cdk.Stack:
    """A stack in an app of its own."""
    context = {**TEMPLATES_ONLY, **(context or {})}
    app = cdk.App(context=context, builtin_cloud_formation_validation=False)
    return cdk.Stack(app, name, **kwargs)


def known_vpc(scope: cdk.Stack, id: str = "Vpc", **kwargs: Any) -> ec2.IVpc:
    """A VPC that exists, so that templates stay small."""
    attributes: dict[str, Any] = {
        "vpc_id": "vpc-1",
        "vpc_cidr_block": "10.0.0.0/16",
        "availability_zones": ZONES,
        "private_subnet_ids": ["subnet-a", "subnet-b"],
        "private_subnet_route_table_ids": ["rtb-a", "rtb-b"],
        "public_subnet_ids": ["subnet-c", "subnet-d"],
        "public_subnet_route_table_ids": ["rtb-c", "rtb-d"],
        **kwargs,
    }
    return ec2.Vpc.from_vpc_attributes(scope, id, **attributes)


def kubectl_layer(scope: cdk.Stack) -> lambda_.ILayerVersion:
    """The layer of the default Kubernetes version."""
    return cast(lambda_.ILayerVersion, KubectlV35Layer(scope, "KubectlLayer"))


def plain_cluster(scope: cdk.Stack, vpc: ec2.IVpc, **kwargs: Any) -> eks.Cluster:
    """A cluster as a person writes it without this library, fit for Cilium."""
    arguments: dict[str, Any] = {
        "cluster_name": "shop",
        "version": eks.KubernetesVersion.V1_35,
        "vpc": vpc,
        "default_capacity_type": eks.DefaultCapacityType.NODEGROUP,
        "default_capacity": 0,
        "kubectl_provider_options": eks.KubectlProviderOptions(kubectl_layer=kubectl_layer(scope)),
        **kwargs,
    }
    return eks.Cluster(scope, "Cluster", **arguments)


def imported_cluster(scope: cdk.Stack, in_vpc: ec2.IVpc, **kwargs: Any) -> eks.ICluster:
    """A cluster that exists, with all that Cilium needs to know of it; None leaves one thing out."""
    bare = eks.Cluster.from_cluster_attributes(
        scope, "Bare", cluster_name="old", vpc=in_vpc, cluster_security_group_id="sg-1"
    )
    provider = eks.KubectlProvider(
        scope,
        "Kubectl",
        cluster=bare,
        kubectl_layer=kubectl_layer(scope),
        private_subnets=in_vpc.private_subnets,
    )
    issuer = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    attributes: dict[str, Any] = {
        "cluster_name": "old",
        "vpc": in_vpc,
        "kubectl_provider": provider,
        "open_id_connect_provider": iam.OpenIdConnectProvider.from_open_id_connect_provider_arn(
            scope, "Oidc", f"arn:aws:iam::123456789012:oidc-provider/{issuer}"
        ),
        "cluster_endpoint": "https://ABC.gr7.eu-west-1.eks.amazonaws.com",
        "cluster_certificate_authority_data": "Zm9vYmFy",
        "cluster_security_group_id": "sg-1",
        **kwargs,
    }
    return eks.Cluster.from_cluster_attributes(scope, "Imported", **attributes)


def on_plain_cluster(
    *,
    cluster: dict[str, Any] | None = None,
    values: cilium.CiliumValues | None = None,
    **kwargs: Any,
) -> cilium.Cilium:
    """Cilium on a plain cluster, in a stack of its own; *cluster* are that cluster's arguments."""
    stack = new_stack()
    vpc = known_vpc(stack)
    return cilium.Cilium(
        stack,
        "Cilium",
        cluster=plain_cluster(stack, vpc, **cluster or {}),
        pod_subnets=cilium.PodSubnets(stack, "Pods", vpc=vpc),
        values=values or cilium.CiliumValues(egress=cilium.Egress.node()),
        **kwargs,
    )


class Synthesized:
    """A stack's template and what CDK reported about it.

    Attributes:
        template: The template.
        messages: Warnings and errors, ``warning: text``.
        remarks: What CDK only tells, and counts neither as a warning nor as an error.
    """

    def __init__(self, stack: cdk.Stack) -> None:
        app = cast(cdk.App, stack.node.root)
        artifact = app.synth().get_stack_by_name(stack.stack_name)
        self.template: dict[str, Any] = json.loads(Path(artifact.template_full_path).read_text())
        entries = [message.entry for message in artifact.messages]
        self.messages = [
            f"{entry.type.removeprefix('aws:cdk:')}: {entry.data}"
            for entry in entries
            if entry.type != "aws:cdk:info"
        ]
        self.remarks = [str(entry.data) for entry in entries if entry.type == "aws:cdk:info"]

    def of_type(self, kind: str, contains: str = "") -> dict[str, dict[str, Any]]:
        """Properties by logical id, of the resources of a type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.template["Resources"].items()
            if resource["Type"] == kind and contains in name
        }

    def only(self, kind: str, contains: str = "") -> tuple[str, dict[str, Any]]:
        """The one resource of a type whose logical id contains a text."""
        found = self.of_type(kind, contains)
        assert len(found) == 1, f"{len(found)} {kind} with {contains!r}"
        return next(iter(found.items()))
