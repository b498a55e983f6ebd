"""The IAM role of cilium-operator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.checks.acknowledgements import acknowledge
from cdk_eks_cilium.cluster.outside_roles import attach, made_outside
from cdk_eks_cilium.values import OperatorIdentity

SERVICE_ACCOUNT = "system:serviceaccount:kube-system:cilium-operator"
"""Subject of the operator's tokens. The ServiceAccount itself belongs to the chart."""

_REASONS = {
    "*": "EC2's Describe actions take no resource; the article's profile repeats the article",
    "network-interface/*": "the operator makes and manages interfaces; its own cluster's tag is required",
    "security-group/*": "pods take the node's groups, whichever they are; the VPC is required",
    "instance/*": "nodes come and go; the tag of this EKS cluster is required",
    "elastic-ip/*": "addresses come and go; the tags of their pool are required",
}
"""Why a resource may hold a wildcard, by how it ends."""


class OperatorRole(Construct):
    """Role that only the ServiceAccount ``kube-system/cilium-operator`` of one cluster can assume.

    IAM roles for service accounts: the trust names the cluster's OIDC provider and requires both the
    subject and the audience of the token. The chart owns the ServiceAccount and annotates it with
    this role's ARN, since Helm refuses a ServiceAccount that it did not make.

    The trust's condition keys contain the issuer, which CloudFormation only knows at deploy. CloudFormation
    itself substitutes them, without a helper Lambda (unlike ``CfnJson``). Where `iam.Role.customize_roles`
    leaves roles to others, CDK's report of policies has ``ISSUER`` in these keys: the cluster's OIDC issuer
    without ``https://``.

    EKS Pod Identity: the trust names EKS's own service and requires the account, the cluster, the
    namespace and the ServiceAccount, which EKS states as tags of the session
    (https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html). `PodIdentity` does the rest.

    Args:
        cluster: The cluster. With ``irsa`` an imported one needs `open_id_connect_provider`.
        statements: IAM statements, from `cdk_eks_cilium.values.policy_statements`.
        identity: ``irsa`` or ``pod-identity``.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        statements: Sequence[Mapping[str, Any]],
        identity: OperatorIdentity = "irsa",
    ) -> None:
        super().__init__(scope, id)
        self.role = (
            self._role(_pod_identity_principal(cluster, cdk.Stack.of(self).account))
            if identity == "pod-identity"
            else self._federated_role(cluster.open_id_connect_provider)
        )
        attach(self, "Policy", cast(iam.IRole, self.role), statements)
        acknowledge(self, wildcards={resource: _REASONS[kind] for kind, resource in _wildcards(statements)})

    def _role(self, principal: iam.IPrincipal) -> iam.Role:
        return iam.Role(
            self,
            "Resource",
            description="cilium-operator: gives nodes the network interfaces and prefixes of their pods",
            assumed_by=principal,
        )

    def _federated_role(self, provider: iam.IOpenIdConnectProvider) -> iam.Role:
        if made_outside(self):
            return self._role(_described_principal(provider))
        role = self._role(cast(iam.IPrincipal, iam.OpenIdConnectPrincipal(provider)))
        cfn_role = cast(iam.CfnRole, role.node.default_child)
        cfn_role.add_property_override(
            "AssumeRolePolicyDocument",
            # belief: CFN-text-for-policy-document
            cdk.Fn.sub(
                json.dumps(_trust()),
                {
                    "Arn": provider.open_id_connect_provider_arn,
                    "Issuer": provider.open_id_connect_provider_issuer,
                },
            ),
        )
        return role

    @property
    def role_arn(self) -> str:
        """ARN of the role (a token)."""
        return self.role.role_arn


def _wildcards(statements: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The wildcards among the resources, each with its key of `_REASONS`."""
    for statement in statements:
        given = statement["Resource"]
        for resource in [given] if isinstance(given, str) else given:
            # The longest first: "*" ends all the others.
            kinds = [kind for kind in sorted(_REASONS, key=len, reverse=True) if resource.endswith(kind)]
            yield from ((kind, resource) for kind in kinds[:1])


# belief: IAM-pod-identity-trust
def _pod_identity_principal(cluster: eks.Cluster | eks.ICluster, account: str) -> iam.IPrincipal:
    """EKS's service, where it acts for the operator's ServiceAccount in this cluster."""
    _, _, namespace, name = SERVICE_ACCOUNT.split(":")
    conditions = {
        "StringEquals": {
            "aws:SourceAccount": account,
            "aws:RequestTag/eks-cluster-arn": cluster.cluster_arn,
            "aws:RequestTag/kubernetes-namespace": namespace,
            "aws:RequestTag/kubernetes-service-account": name,
        }
    }
    service = iam.ServicePrincipal("pods.eks.amazonaws.com")
    return cast(iam.IPrincipal, service.with_conditions(conditions).with_session_tags())


def _described_principal(provider: iam.IOpenIdConnectProvider) -> iam.IPrincipal:
    """The trust as CDK's report of policies shows it, whose reader puts the issuer in."""
    issuer = "ISSUER"
    (statement,) = _trust(issuer)["Statement"]
    return cast(
        iam.IPrincipal,
        iam.FederatedPrincipal(
            provider.open_id_connect_provider_arn, statement["Condition"], statement["Action"]
        ),
    )


# belief: IAM-irsa-trust
def _trust(issuer: str = "${Issuer}") -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": "${Arn}"},
                "Condition": {
                    "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": SERVICE_ACCOUNT}
                },
            }
        ],
    }
