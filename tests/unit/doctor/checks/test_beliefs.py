"""Edges of the checks that answer what nothing else checks."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cdk_eks_cilium.doctor.checks import all_checks, preflight_checks
from cdk_eks_cilium.doctor.engine import account_kinds, aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict
from tests.unit.doctor.checks.test_migration import moving
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.preflight.accounts import ACCOUNT, ISOLATED, KEY, account
from tests.unit.doctor.world import World, only, result


def judged(id: str, change: Callable[[World], Any]) -> Result:
    world = healthy()
    change(world)
    return result(world, only(all_checks(), id))


def key_with(*statements: dict[str, Any]) -> Result:
    """What preflight says of a key for secrets with a policy."""
    world = account(ISOLATED)
    principal = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    policy = {"Statement": [{**principal, **each} for each in statements]}
    world.one(account_kinds.KEY_POLICIES)["Policy"] = json.dumps(policy)
    return result(world, only(preflight_checks(), "secrets-key-open"))


def test_rights_on_a_key_under_conditions_are_unknown() -> None:
    found = key_with({"Effect": "Allow", "Action": "kms:*", "Condition": {"Bool": {"a": "b"}}})
    assert found.unknown == (
        f"the policy of {KEY} allows kms:CreateGrant and kms:DescribeKey under conditions",
    )


@pytest.mark.parametrize(
    ("denial", "verdict"),
    [
        ({"Action": "kms:createGrant"}, Verdict.ERROR),
        ({"Action": "kms:CreateGrant", "Condition": {"Bool": {"a": "b"}}}, Verdict.UNKNOWN),
        ({"NotAction": ["kms:CreateGrant", "kms:DescribeKey"]}, Verdict.OK),
        ({"Action": "kms:ScheduleKeyDeletion"}, Verdict.OK),
    ],
)
def test_a_denial_of_a_key_counts_for_what_it_denies(denial: dict[str, Any], verdict: Verdict) -> None:
    allowed = {"Effect": "Allow", "Action": "kms:*"}
    assert key_with(allowed, {"Effect": "Deny", **denial}).verdict is verdict


def test_the_role_that_deploys_may_be_named_itself() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-eu-west-1"
    allowed = {"Effect": "Allow", "Action": ["kms:CreateGrant", "kms:Describe*"]}
    assert key_with({**allowed, "Principal": {"AWS": [role]}}).verdict is Verdict.OK


def test_a_key_whose_policy_kms_does_not_tell_is_unknown() -> None:
    world = account(ISOLATED)
    world.all(account_kinds.KEY_POLICIES).clear()
    assert result(world, only(preflight_checks(), "secrets-key-open")).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("id", ["secrets-key-open", "endpoints-offered"])
def test_what_a_deploy_does_not_need_is_skipped(id: str) -> None:
    assert result(account(), only(preflight_checks(), id)).verdict is Verdict.SKIPPED


def test_a_budget_with_an_unhealthy_pod_is_not_shut() -> None:
    def change(world: World) -> None:
        world.one(kinds.BUDGETS)["status"].update(disruptionsAllowed=0, currentHealthy=1)

    assert judged("drains-end", change).verdict is Verdict.OK


def test_without_budgets_pods_are_judged() -> None:
    def change(world: World) -> None:
        world.unread[kinds.BUDGETS] = "not allowed"
        world.one(kinds.PODS, "web-0")["spec"]["terminationGracePeriodSeconds"] = 301

    found = judged("drains-end", change)
    assert found.unknown == ("whether budgets let pods go: not allowed",)
    assert len(found.findings) == 1


@pytest.mark.parametrize("pod", ["cilium-0", "web-0"])
def test_pods_that_no_drain_of_eks_evicts_may_take_their_time(pod: str) -> None:
    """One of a DaemonSet, and one whose node is of no managed group."""

    def change(world: World) -> None:
        found = world.one(kinds.PODS, pod)
        found["spec"]["terminationGracePeriodSeconds"] = 3600
        if pod == "web-0":
            node = world.one(kinds.NODES, found["spec"]["nodeName"])
            del node["metadata"]["labels"]["eks.amazonaws.com/nodegroup"]

    assert judged("drains-end", change).verdict is Verdict.OK


def test_a_group_of_others_may_have_any_image() -> None:
    def change(world: World) -> None:
        world.one(aws_kinds.NODE_GROUPS).update(nodegroupName="gpu", amiType="AL2023_x86_64_STANDARD")

    assert judged("groups-boot-own-images", change).verdict is Verdict.SKIPPED


def test_answers_that_do_not_name_the_role_count_for_each() -> None:
    def change(world: World) -> None:
        for each in world.all(aws_kinds.NODE_ROLE_POLICIES):
            del each["RoleName"]

    assert judged("node-roles-fit", change).verdict is Verdict.OK


def test_aws_node_may_have_the_rights_that_it_needs() -> None:
    world = moving()
    policy = {"PolicyName": "AmazonEKS_CNI_Policy", "RoleName": "platform-nodes"}
    world.add(aws_kinds.NODE_ROLE_POLICIES, policy)
    assert result(world, only(all_checks(), "node-roles-fit")).verdict is Verdict.OK


def test_aws_node_that_translates_nothing_needs_no_ranges() -> None:
    world = moving()
    aws_node = world.one(kinds.DAEMON_SETS, "aws-node")
    aws_node["status"] = {"numberReady": 0, "desiredNumberScheduled": 1}
    check = only(all_checks(), "aws-node-knows-ranges")
    assert result(world, check).verdict is Verdict.WARNING
    (container,) = aws_node["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": "AWS_VPC_K8S_CNI_EXTERNALSNAT", "value": "true"}]
    assert result(world, check).detail == "aws-node translates no address"


def test_a_range_that_is_not_of_the_vpc_is_translated() -> None:
    world = moving()
    world.planned(pod_ranges=("100.65.0.0/16",))
    found = result(world, only(all_checks(), "aws-node-knows-ranges"))
    assert str(found.findings[0].evidence[0]) == (
        "ec2 VPC: CidrBlockAssociationSet[100.65.0.0/16] is missing, expected associated"
    )
