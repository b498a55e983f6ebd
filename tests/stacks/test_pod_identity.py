"""The app with `cilium.operator_identity: pod-identity`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for
from rehearsal.aws.iam.evaluator import Request, allows
from tests.stacks.conftest import ROOT, Templates, _synthesize, flat

TRUSTED = {
    "aws:SourceAccount": "<AWS::AccountId>",
    "aws:RequestTag/eks-cluster-arn": "the cluster",
    "aws:RequestTag/kubernetes-namespace": "kube-system",
    "aws:RequestTag/kubernetes-service-account": "cilium-operator",
}


@pytest.fixture(scope="module")
def templates() -> Templates:
    return _synthesize(ROOT / "tests/stacks/settings/pod-identity.yaml")


def only(templates: Templates, kind: str, contains: str = "") -> str:
    return templates.only(kind, contains=contains)[0]


def test_association_then_agent_then_release_then_nodes(templates: Templates) -> None:
    graph = dependency_graph(templates.cluster)
    steps = [
        only(templates, "AWS::IAM::Role", "CiliumOperatorRole"),
        only(templates, "AWS::EKS::PodIdentityAssociation"),
        only(templates, "AWS::EKS::Addon", "PodIdentityAgent"),
        only(templates, "Custom::AWSCDK-EKS-HelmChart"),
        only(templates, "AWS::EKS::Nodegroup"),
    ]

    for earlier, later in pairwise(steps):
        assert waits_for(graph, later, earlier), f"{later} does not wait for {earlier}"
    assert cycles(graph) == []


def test_the_release_names_no_role_and_no_oidc_provider_is_made(templates: Templates) -> None:
    _, release = templates.only("Custom::AWSCDK-EKS-HelmChart")

    assert "iamRole" not in flat(release["Values"])
    assert not [r for r in templates.cluster["Resources"].values() if "OIDC" in r["Type"]]


def test_the_policy_is_the_same_as_with_irsa(templates: Templates, default: Templates) -> None:
    def actions(of: Templates) -> list[Any]:
        _, policy = of.only("AWS::IAM::Policy", contains="CiliumOperatorRole")
        return [(one["Sid"], one["Action"]) for one in policy["PolicyDocument"]["Statement"]]

    assert actions(templates) == actions(default)


def trust(templates: Templates) -> list[dict[str, Any]]:
    """The role's trust with the cluster's ARN and the account as plain text."""
    _, role = templates.only("AWS::IAM::Role", contains="CiliumOperatorRole")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    required = statement["Condition"]["StringEquals"]
    assert required["aws:RequestTag/eks-cluster-arn"]["Fn::GetAtt"][1] == "Arn"
    plain = {key: flat(value) for key, value in required.items()}
    plain["aws:RequestTag/eks-cluster-arn"] = "the cluster"
    return [{**statement, "Resource": "*", "Condition": {"StringEquals": plain}}]


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:TagSession"])
def test_the_operator_of_this_cluster_may_have_the_role(templates: Templates, action: str) -> None:
    assert allows(trust(templates), Request(action, "*", TRUSTED))


@pytest.mark.parametrize("changed", TRUSTED)
def test_nobody_else_may_have_the_role(templates: Templates, changed: str) -> None:
    other = {**TRUSTED, changed: "other"}
    missing = {key: value for key, value in TRUSTED.items() if key != changed}

    assert not allows(trust(templates), Request("sts:AssumeRole", "*", other))
    assert not allows(trust(templates), Request("sts:AssumeRole", "*", missing))
    assert not allows(trust(templates), Request("sts:AssumeRoleWithWebIdentity", "*", TRUSTED))
