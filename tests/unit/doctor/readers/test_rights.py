"""Roles and policies that are made from what is read."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine import aws_kinds
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects
from cdk_eks_cilium.doctor.readers.rights import SCOPING, iam_policy, manifests

READINGS = (
    Objects("Pod", "pods"),
    Objects("Node", "nodes"),
    Objects("CiliumNode", "ciliumnodes", "cilium.io", "v2"),
    Objects("ConfigMap", "configmaps", namespace="kube-system", name="cilium-config"),
    Objects("Service", "services", namespace="kube-system"),
    Logs("kube-system", "k8s-app=cilium", "cilium-agent"),
    Metrics("kube-system", "k8s-app=cilium", 9962),
    ApiVersion(),
    aws_kinds.CLUSTER,
)


def rules(made: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    (found,) = (each for each in made if each["kind"] == kind)
    listed: list[dict[str, Any]] = found["rules"]
    return listed


def test_the_role_of_the_cluster_lists_what_is_read_everywhere() -> None:
    assert rules(manifests(READINGS), "ClusterRole") == [
        {"apiGroups": [""], "resources": ["nodes", "pods"], "verbs": ["list"]},
        {"apiGroups": ["cilium.io"], "resources": ["ciliumnodes"], "verbs": ["list"]},
        {"nonResourceURLs": ["/version"], "verbs": ["get"]},
    ]


def test_what_is_read_in_one_namespace_is_granted_there_alone() -> None:
    assert rules(manifests(READINGS), "Role") == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "verbs": ["get"],
            "resourceNames": ["cilium-config"],
        },
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]


def test_the_proxy_to_pods_is_granted_only_on_demand() -> None:
    assert "pods/proxy" not in str(manifests(READINGS))
    assert {"apiGroups": [""], "resources": ["pods/log", "pods/proxy"], "verbs": ["get"]} in rules(
        manifests(READINGS, metrics=True), "Role"
    )


def test_the_group_gets_each_role() -> None:
    made = manifests(READINGS, "auditors")
    assert [each["kind"] for each in made] == ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"]
    for role, binding in zip(made[::2], made[1::2], strict=True):
        assert binding["roleRef"]["name"] == role["metadata"]["name"]
        assert binding["metadata"] == role["metadata"]
        assert binding["subjects"] == [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "auditors"}
        ]


def test_the_rights_of_all_checks_only_read_and_never_secrets() -> None:
    made = manifests([reading for check in all_checks() for reading in check.reads], metrics=True)
    for rule in (rule for each in made for rule in each.get("rules", ())):
        assert set(rule["verbs"]) <= {"get", "list"}
        assert not {"secrets", "*"} & {*rule.get("resources", ()), *rule.get("apiGroups", ())}


def test_the_policy_has_the_actions_of_the_readings_and_of_finding_the_cluster() -> None:
    (statement,) = iam_policy([*READINGS, aws_kinds.SUBNETS])["Statement"]
    assert statement["Action"] == sorted({*SCOPING, "ec2:DescribeSubnets"})
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")


def test_without_readings_of_aws_the_policy_is_empty() -> None:
    assert iam_policy(READINGS[:-1])["Statement"] == []


def test_services_whose_prefix_has_another_name_are_known() -> None:
    (statement,) = iam_policy([Aws("service-quotas", "GetServiceQuota", "Quota")])["Statement"]
    assert "servicequotas:GetServiceQuota" in statement["Action"]


def test_an_operation_that_is_no_name_of_the_api_is_a_bug() -> None:
    with pytest.raises(ValueError, match=r"an operation has the name of the API"):
        iam_policy([Aws("ec2", "describe_subnets", "Subnets")])


def test_every_reading_of_aws_names_an_operation_and_a_key_of_it() -> None:
    session = boto3.session.Session(region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    for reading in {each for check in all_checks() for each in check.reads if isinstance(each, Aws)}:
        model = session.client(reading.service).meta.service_model.operation_model(reading.operation)
        assert reading.key in model.output_shape.members, reading
