"""Who may use the cluster: EKS access entries for people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_eks_cilium.nodes import ACCESS_POLICIES
from cdk_eks_cilium.problems import Problem, refuse
from cdk_eks_cilium.problems.looked_up import is_token


@dataclass(frozen=True, kw_only=True)
class AccessGrant:
    """What one IAM principal may do in the cluster.

    Attributes:
        principal_arn: ARN of an IAM role or user (not of an assumed-role session).
        policy: ``cluster-admin``, ``admin``, ``edit`` or ``view``: EKS's access policies of the same
            name (https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html).
        namespaces: Where it applies. Empty: in the whole cluster.

    Raises:
        InputError: If *policy* is unknown.
    """

    principal_arn: str
    policy: str = "cluster-admin"
    namespaces: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.policy not in ACCESS_POLICIES:
            rule, fix = f"must be one of {', '.join(ACCESS_POLICIES)}", "choose the least that is enough"
            refuse([Problem("access: policy", rule, self.policy, fix, id="CEK6001")])

    def access_policy(self) -> eks.IAccessPolicy:
        """The grant as CDK's access policy."""
        scope = eks.AccessScopeType.NAMESPACE if self.namespaces else eks.AccessScopeType.CLUSTER
        return eks.AccessPolicy.from_access_policy_name(
            ACCESS_POLICIES[self.policy],
            access_scope_type=scope,
            namespaces=list(self.namespaces) or None,
        )


class AdministratorRole(Construct):
    """A role that makes people administrators of the cluster.

    Without access entries only CloudFormation's own role can use a cluster. Principals of this account may
    assume the role where their own policies allow it. In AWS the role itself may only describe the cluster,
    as ``aws eks update-kubeconfig`` does.

    Args:
        cluster: The cluster to administer.
    """

    def __init__(self, scope: Construct, id: str, *, cluster: eks.Cluster) -> None:
        super().__init__(scope, id)
        self.role = iam.Role(
            self,
            "Resource",
            description="Administrators of the EKS cluster: assumed by the account's principals",
            assumed_by=iam.AccountRootPrincipal(),
        )
        self.role.add_to_policy(
            iam.PolicyStatement(actions=["eks:DescribeCluster"], resources=[cluster.cluster_arn])
        )

    @property
    def grant(self) -> AccessGrant:
        """Cluster administrator, everywhere."""
        return AccessGrant(principal_arn=self.role.role_arn)


def grant_access(
    scope: Construct, cluster: eks.Cluster, grants: Sequence[AccessGrant]
) -> list[eks.AccessEntry]:
    """Make one access entry for each principal; EKS allows only one.

    The construct ids follow the principals, not their places in the list. With ids by place, removing a
    grant would move the next principal's entry to a new resource before the old one is gone, which EKS
    refuses.

    Args:
        grants: Several grants of one principal become one entry with several policies.
    """
    by_principal: dict[str, list[AccessGrant]] = {}
    for grant in grants:
        by_principal.setdefault(grant.principal_arn, []).append(grant)
    return [
        eks.AccessEntry(
            scope,
            _entry_id(principal, index),
            cluster=cast(eks.ICluster, cluster),
            principal=principal,
            access_policies=[grant.access_policy() for grant in own],
        )
        for index, (principal, own) in enumerate(by_principal.items(), start=1)
    ]


def _entry_id(principal_arn: str, index: int) -> str:
    """An id that stays while the principal does; roles of this app, whose ARN is a token, go by place."""
    if is_token(principal_arn):
        return f"Entry{index}"
    return f"Entry-{hashlib.sha256(principal_arn.encode()).hexdigest()[:8]}"


def kubeconfig_command(cluster: eks.Cluster, role: iam.IRole | None) -> str:
    """The AWS CLI call that lets a person use the cluster, as a role or as the caller's own principal."""
    base = f"aws eks update-kubeconfig --region {cdk.Stack.of(cluster).region} --name {cluster.cluster_name}"
    if role is None:
        return base
    # kubectl will use --role-arn; the command itself reads the cluster by --assume-role-arn.
    return f"{base} --role-arn {role.role_arn} --assume-role-arn {role.role_arn}"
