"""The IAM role of cilium-operator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.acknowledgements import acknowledge, wildcard

SERVICE_ACCOUNT = "system:serviceaccount:kube-system:cilium-operator"
"""Subject of the operator's tokens. The ServiceAccount itself belongs to the chart."""

_REASONS = {
    "*": "EC2's Describe actions take no resource; the article's profile repeats the article",
    "network-interface/*": "the operator makes and manages interfaces; its own cluster's tag is required",
    "security-group/*": "pods take the node's groups, whichever they are; the VPC is required",
    "instance/*": "nodes come and go; the tag of this EKS cluster is required",
}
"""Why a resource may hold a wildcard, by how it ends."""


class OperatorRole(Construct):
    """Role that only the ServiceAccount ``kube-system/cilium-operator`` of one cluster can assume.

    IAM roles for service accounts: the trust names the cluster's OIDC provider and requires both the
    subject and the audience of the token. The chart owns the ServiceAccount and annotates it with
    this role's ARN, since Helm refuses one that it did not make.

    The trust's condition keys contain the issuer, which CloudFormation only knows at deploy. They are
    substituted by CloudFormation itself, which needs no helper Lambda (unlike ``CfnJson``).

    Args:
        cluster: The cluster. An imported one needs `open_id_connect_provider`.
        statements: IAM statements, of `cdk_eks_cilium.values.policy_statements`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        statements: Sequence[Mapping[str, Any]],
    ) -> None:
        super().__init__(scope, id)
        provider = cluster.open_id_connect_provider
        self.role = iam.Role(
            self,
            "Resource",
            description="cilium-operator: gives nodes the network interfaces and prefixes of their pods",
            assumed_by=iam.OpenIdConnectPrincipal(provider),
        )
        cfn_role = cast(iam.CfnRole, self.role.node.default_child)
        cfn_role.add_property_override(
            "AssumeRolePolicyDocument",
            cdk.Fn.sub(
                json.dumps(_trust()),
                {
                    "Arn": provider.open_id_connect_provider_arn,
                    "Issuer": provider.open_id_connect_provider_issuer,
                },
            ),
        )
        self.policy = iam.Policy(
            self,
            "Policy",
            roles=[cast(iam.IRole, self.role)],
            statements=[iam.PolicyStatement.from_json(dict(statement)) for statement in statements],
        )
        acknowledge(
            self, {wildcard(self, resource): _REASONS[kind] for kind, resource in _wildcards(statements)}
        )

    @property
    def role_arn(self) -> str:
        """ARN of the role (a token)."""
        return self.role.role_arn


def _wildcards(statements: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The wildcards among the resources, each with its key of `_REASONS`."""
    for statement in statements:
        given = statement["Resource"]
        for resource in [given] if isinstance(given, str) else given:
            kind = next(
                (
                    kind
                    for kind in ("network-interface/*", "security-group/*", "instance/*", "*")
                    if resource.endswith(kind)
                ),
                None,
            )
            if kind is not None:
                yield kind, resource


def _trust() -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": "${Arn}"},
                "Condition": {
                    "StringEquals": {"${Issuer}:aud": "sts.amazonaws.com", "${Issuer}:sub": SERVICE_ACCOUNT}
                },
            }
        ],
    }
