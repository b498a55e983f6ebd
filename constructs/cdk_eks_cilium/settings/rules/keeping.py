"""Rules over what keeps a cluster: protection, upgrade policy, keys and roles of one's own, flow logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.versions.kubernetes import upgrade_policy_problems

from .cluster import partition_of
from .rule import Rule

# belief: EKS-customer-key-rights


def _protection_is_whole(settings: Settings) -> Iterator[Problem]:
    """A stack deletes its cluster last, so EKS alone would refuse after everything else is gone."""
    if settings.deletion_protection and not settings.termination_protection:
        yield Problem(
            "termination_protection",
            "must be true with deletion_protection: a destroy would delete nodes and Cilium before EKS "
            "refuses to delete the cluster",
            False,
            "write true",
            id="CEK1096",
        )


def _upgrade_policy(settings: Settings) -> Iterator[Problem]:
    yield from upgrade_policy_problems("upgrade_policy", settings.upgrade_policy, settings.kubernetes_version)


def _key_is_in_the_region(settings: Settings) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_Provider.html."""
    if settings.secrets_key_arn is None:
        return
    _, partition, _, region, *_ = settings.secrets_key_arn.split(":")
    if (partition, region) != (partition_of(settings.region), settings.region):
        yield Problem(
            "secrets_key_arn",
            f"must be in region '{settings.region}', where the cluster is",
            settings.secrets_key_arn,
            "name a key there",
            id="CEK1097",
        )


def _role_is_in_the_account(settings: Settings) -> Iterator[Problem]:
    """No service can be given a role of another account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    if settings.cluster_role_arn is None:
        return
    _, partition, _, _, account, _ = settings.cluster_role_arn.split(":", 5)
    if partition != partition_of(settings.region):
        rule = f"must be in partition '{partition_of(settings.region)}', as region '{settings.region}' is"
        yield Problem("cluster_role_arn", rule, settings.cluster_role_arn, id="CEK1098")
    elif settings.account is not None and account != settings.account:
        rule = f"must be a role of account '{settings.account}', where the cluster is"
        yield Problem("cluster_role_arn", rule, settings.cluster_role_arn, "make it there", id="CEK1099")


def _flow_logs(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.flow_logs is None:
        return
    if network.existing:
        yield Problem(
            "network.flow_logs",
            "must be left out with vpc_id, since the flow logs of an existing VPC belong to its owner",
            fix="leave it out, or make them where that VPC is made",
            id="CEK1100",
        )
    if network.flow_logs.bucket_arn is not None and "retention_days" in network.flow_logs.model_fields_set:
        yield Problem(
            "network.flow_logs.retention_days",
            "must be left out with bucket_arn, since the bucket decides how long it keeps them",
            network.flow_logs.retention_days,
            "leave it out, and give the bucket a lifecycle rule",
            id="CEK1101",
        )


RULES: Final[tuple[Rule, ...]] = (
    _protection_is_whole,
    _upgrade_policy,
    _key_is_in_the_region,
    _role_is_in_the_account,
    _flow_logs,
)
