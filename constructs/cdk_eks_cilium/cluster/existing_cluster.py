"""A cluster that exists, with all that this library needs to work in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk_eks_cilium.checks.app_templates import EXISTING_CLUSTERS
from cdk_eks_cilium.cluster.access import AccessGrant
from cdk_eks_cilium.cluster.kubectl_handler import acknowledge_handler
from cdk_eks_cilium.problems import Problem, refuse


class ExistingCluster(Construct):
    """A cluster that exists, with a kubectl handler of this stack that reaches it and may work in it.

    `eks.Cluster.from_cluster_attributes` gives no kubectl handler, and a new handler has no rights: EKS knows
    its role only by an access entry. So this construct makes the handler, in subnets that reach the private
    endpoint and in the cluster's security group, and the entry, which makes the handler's role an
    administrator, as CDK's own handler is. The handler's function waits for the entry, and so does everything
    that uses kubectl, on create and, in reverse, on destroy.

    The cluster must take access entries: authentication mode ``API`` or ``API_AND_CONFIG_MAP``.

    Args:
        cluster_name: EKS's name of the cluster.
        vpc: Its VPC.
        cluster_endpoint: ``https://...``, as ``aws eks describe-cluster`` shows it.
        cluster_certificate_authority_data: The certificate, in base64.
        cluster_security_group_id: The group that EKS made for the cluster.
        kubectl_layer: The layer with kubectl and Helm, of the cluster's Kubernetes version or one beside it.
        handler_subnets: Where the handler runs, with a way to EKS's API. By default the VPC's private
            subnets. Empty: outside the VPC, for a cluster with a public endpoint only.
        open_id_connect_provider: The cluster's OIDC provider in IAM. It may be left out where the operator
            gets its role by Pod Identity.

    Attributes:
        cluster: The cluster, for `Cilium`, `AwsNodeRemoval` and all others.
        kubectl_provider: The handler.
        access_entry: The handler's access entry.

    Raises:
        InputError: If *handler_subnets* are left out, and the VPC has no private subnets.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_name: str,
        vpc: ec2.IVpc,
        cluster_endpoint: str,
        cluster_certificate_authority_data: str,
        cluster_security_group_id: str,
        kubectl_layer: lambda_.ILayerVersion,
        handler_subnets: Sequence[ec2.ISubnet] | None = None,
        open_id_connect_provider: iam.IOpenIdConnectProvider | None = None,
    ) -> None:
        super().__init__(scope, id)
        subnets = list(vpc.private_subnets if handler_subnets is None else handler_subnets)
        if handler_subnets is None and not subnets:
            refuse([_no_subnets(self.node.path)])
        # The handler asks for the cluster before the cluster can name its handler.
        bare = eks.Cluster.from_cluster_attributes(
            self,
            "Bare",
            cluster_name=cluster_name,
            vpc=vpc,
            cluster_security_group_id=cluster_security_group_id,
        )
        self.kubectl_provider = eks.KubectlProvider(
            self,
            "KubectlProvider",
            cluster=bare,
            kubectl_layer=kubectl_layer,
            private_subnets=subnets or None,
        )
        self.access_entry = self._let_in(bare)
        self.cluster = eks.Cluster.from_cluster_attributes(
            self,
            "Resource",
            cluster_name=cluster_name,
            vpc=vpc,
            cluster_endpoint=cluster_endpoint,
            cluster_certificate_authority_data=cluster_certificate_authority_data,
            cluster_security_group_id=cluster_security_group_id,
            kubectl_provider=cast(eks.IKubectlProvider, self.kubectl_provider),
            open_id_connect_provider=open_id_connect_provider,
        )
        acknowledge_handler(self, self.kubectl_provider)
        _tell(
            self,
            name=cluster_name,
            endpoint=cluster_endpoint,
            certificate=cluster_certificate_authority_data,
            security_group=cluster_security_group_id,
            subnets=[subnet.subnet_id for subnet in vpc.private_subnets],
        )

    def _let_in(self, cluster: eks.ICluster) -> eks.AccessEntry:
        role = self.kubectl_provider.role
        assert role is not None  # only an imported handler may lack it
        entry = eks.AccessEntry(
            self,
            "AccessEntry",
            cluster=cluster,
            principal=role.role_arn,
            access_policies=[AccessGrant(principal_arn=role.role_arn).access_policy()],
        )
        # Every resource that uses kubectl needs the function; no other edge leads from there to the entry.
        function = self.kubectl_provider.node.find_child("Handler").node.default_child
        assert function is not None
        function.node.add_dependency(entry)
        return entry


def _tell(scope: Construct, **cluster: Any) -> None:
    """Write into the template what is known of the cluster: the rehearsal begins with one like it."""
    if any(cdk.Token.is_unresolved(value) for value in cluster.values()):
        return
    options = cdk.Stack.of(scope).template_options
    told = dict(options.metadata or {})
    options.metadata = {**told, EXISTING_CLUSTERS: [*told.get(EXISTING_CLUSTERS, ()), cluster]}


def _no_subnets(where: str) -> Problem:
    return Problem(
        f"{where}: handler_subnets",
        "must be given for a VPC without private subnets: the handler must reach the private endpoint",
        fix="name subnets, or () for a cluster with a public endpoint only",
        id="CEK6046",
    )
