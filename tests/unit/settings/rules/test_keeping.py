"""What protects a cluster must go together, and keys and roles must be within its reach."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.settings import parse
from tests.unit.settings.refusals import refusal

KEY = "arn:aws:kms:{}:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"
ROLE = "arn:{}:iam::{}:role/eks-control-plane"
EXISTING = {
    "vpc_id": "vpc-00000000",
    "vpc_cidr": "10.1.0.0/16",
    "private_subnet_ids": {f"eu-west-1{letter}": f"subnet-0000000{letter}" for letter in "abc"},
}


def test_deletion_protection_needs_termination_protection() -> None:
    assert refusal({"deletion_protection": True}) == [
        "termination_protection: must be true with deletion_protection: a destroy would delete nodes and "
        "Cilium before EKS refuses to delete the cluster, got False; write true"
    ]
    parse({"deletion_protection": True, "termination_protection": True})
    parse({"termination_protection": True})


def test_a_release_in_extended_support_cannot_have_the_standard_policy() -> None:
    assert refusal({"upgrade_policy": "standard", "kubernetes_version": "1.33"}) == [
        "upgrade_policy: must be 'extended' with Kubernetes 1.33, whose standard support ended on "
        "2026-07-29: EKS lets no cluster out of extended support, got 'standard'; write 'extended', or take "
        "a release in standard support such as '1.35'"
    ]
    parse({"upgrade_policy": "standard"})


def test_the_key_is_in_the_region_of_the_cluster() -> None:
    far = KEY.format("us-east-1")

    assert refusal({"secrets_key_arn": far}) == [
        f"secrets_key_arn: must be in region 'eu-west-1', where the cluster is, got '{far}'; name a key there"
    ]
    parse({"secrets_key_arn": KEY.format("eu-west-1")})


def test_the_key_may_be_of_several_regions() -> None:
    parse({"secrets_key_arn": f"arn:aws:kms:eu-west-1:111122223333:key/mrk-{'0' * 32}"})


def test_an_alias_is_no_key() -> None:
    (message,) = refusal({"secrets_key_arn": "arn:aws:kms:eu-west-1:111122223333:alias/eks"})

    assert message.startswith("secrets_key_arn: must be the ARN of a KMS key, not of an alias, got ")


def test_the_role_is_in_the_partition_and_the_account_of_the_cluster() -> None:
    elsewhere, china = ROLE.format("aws", "444455556666"), ROLE.format("aws-cn", "111122223333")

    assert refusal({"account": "111122223333", "cluster_role_arn": elsewhere}) == [
        f"cluster_role_arn: must be a role of account '111122223333', where the cluster is, got "
        f"'{elsewhere}'; make it there"
    ]
    assert refusal({"cluster_role_arn": china}) == [
        f"cluster_role_arn: must be in partition 'aws', as region 'eu-west-1' is, got '{china}'"
    ]
    # Without an account the deployment takes that of the credentials.
    parse({"cluster_role_arn": elsewhere})


def test_a_user_is_no_role() -> None:
    (message,) = refusal({"cluster_role_arn": "arn:aws:iam::111122223333:user/jane"})

    assert message.startswith("cluster_role_arn: must be the ARN of an IAM role, got ")


def test_flow_logs_of_an_existing_vpc_are_its_owners() -> None:
    assert refusal({"network": {**EXISTING, "flow_logs": {}}}) == [
        "network.flow_logs: must be left out with vpc_id, since the flow logs of an existing VPC belong to "
        "its owner; leave it out, or make them where that VPC is made"
    ]


def test_a_bucket_decides_by_itself_how_long_it_keeps_flow_logs() -> None:
    logs: dict[str, Any] = {"bucket_arn": "arn:aws:s3:::network-logs"}

    assert refusal({"network": {"flow_logs": {**logs, "retention_days": 7}}}) == [
        "network.flow_logs.retention_days: must be left out with bucket_arn, since the bucket decides how "
        "long it keeps them, got 7; leave it out, and give the bucket a lifecycle rule"
    ]
    parse({"network": {"flow_logs": logs}})


@pytest.mark.parametrize("arn", ["network-logs", "arn:aws:s3:eu-west-1:111122223333:accesspoint/a"])
def test_flow_logs_go_to_the_arn_of_a_bucket(arn: str) -> None:
    (message,) = refusal({"network": {"flow_logs": {"bucket_arn": arn}}})

    assert message.startswith(
        "network.flow_logs.bucket_arn: must be the ARN of an S3 bucket, with an optional folder, got "
    )
