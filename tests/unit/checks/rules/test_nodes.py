"""Rules about machines."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.checks.rules import findings
from tests.unit.checks.rules.good_template import (
    Template,
    allow,
    fixes,
    machines,
    properties,
    reported,
    with_operator,
)

SHARED = {"Fn::GetAtt": ["Cluster", "ClusterSecurityGroupId"]}
CUT_OFF = (
    "CEC009",
    "Nodes",
    "its launch template names security groups without the group of Cluster: pods have their node's groups, "
    "and need all traffic among nodes, pods and control plane",
)


@pytest.mark.parametrize(
    "data",
    [
        {"SecurityGroupIds": ["sg-1"]},
        {"SecurityGroupIds": [{"Fn::GetAtt": ["Other", "ClusterSecurityGroupId"]}]},
        {"NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"]}]},
    ],
)
def test_cec009_nodes_with_groups_of_their_own_alone(data: dict[str, Any], template: Template) -> None:
    machines(template, **data)

    assert reported(template) == [CUT_OFF]


@pytest.mark.parametrize(
    "data",
    [
        {"SecurityGroupIds": ["sg-1", SHARED]},
        {"SecurityGroupIds": [{"Fn::GetAtt": "Cluster.ClusterSecurityGroupId"}]},
        {"NetworkInterfaces": [{"Groups": [SHARED]}]},
        {"NetworkInterfaces": [{"DeviceIndex": 0}]},
    ],
)
def test_cec009_is_kept_by_the_clusters_group_or_without_a_group(
    data: dict[str, Any], template: Template
) -> None:
    machines(template, **data)

    assert reported(template) == []


def test_cec009_cannot_judge_a_cluster_or_a_launch_template_of_elsewhere(template: Template) -> None:
    machines(template, SecurityGroupIds=["sg-1"])
    template["Resources"]["Nodes"]["Properties"]["ClusterName"] = "another"
    assert reported(template) == []

    template["Resources"]["Nodes"]["Properties"] |= {
        "ClusterName": {"Ref": "Cluster"},
        "LaunchTemplate": {"Id": "lt-1"},
    }
    assert reported(template) == []


@pytest.mark.parametrize("tokens", ["optional", None])
def test_cec013_nodes_that_answer_without_a_token(tokens: str | None, template: Template) -> None:
    machines(template, MetadataOptions={"HttpTokens": tokens, "HttpPutResponseHopLimit": 1})

    ((rule, finding),) = findings(template)
    assert (rule.id, finding.resource) == ("CEC013", "Nodes")
    assert finding.text.startswith("its launch template does not require IMDSv2")
    assert finding.fix == "set HttpTokens to 'required'"


@pytest.mark.parametrize("limit", [2, "2", None])
def test_cec013_answers_that_reach_pods(limit: Any, template: Template) -> None:
    machines(template, MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": limit})

    assert reported(template) == [
        (
            "CEC013",
            "Nodes",
            "its launch template does not keep answers of the metadata service to one hop: "
            "they reach pods that are not on the host network",
        )
    ]


def test_cec013_finds_both_where_nothing_is_set(template: Template) -> None:
    del template["Resources"]["Machines"]["Properties"]["LaunchTemplateData"]["MetadataOptions"]

    assert [rule for rule, _, _ in reported(template)] == ["CEC013", "CEC013"]


def test_cec020_ssh_for_the_whole_internet(template: Template) -> None:
    properties(template, "Nodes")["RemoteAccess"] = {"Ec2SshKey": "laptop"}

    assert reported(template) == [
        (
            "CEC020",
            "Nodes",
            "port 22 of its nodes is open to the whole internet: RemoteAccess names a key without groups",
        )
    ]
    assert fixes(template) == ["name SourceSecurityGroups, or leave RemoteAccess out and use Session Manager"]


@pytest.mark.parametrize(
    "access", [{}, {"Ec2SshKey": "laptop", "SourceSecurityGroups": ["sg-1"]}, {"SourceSecurityGroups": []}]
)
def test_cec020_ssh_from_some_groups_or_not_at_all_is_fine(
    access: dict[str, Any], template: Template
) -> None:
    properties(template, "Nodes")["RemoteAccess"] = access

    assert reported(template) == []


TAGGED = {"StringEquals": {"aws:ResourceTag/io.cilium/cluster-name": "shop"}}


def own_nodes(template: Template, *tags: tuple[str, str], named: str | None = "shop") -> None:
    """Nodes in an Auto Scaling group, and an operator whose rights end at the tag."""
    with_operator(template, allow("ec2:AttachNetworkInterface", "*", Condition=TAGGED))
    role = {"Fn::GetAtt": ["Operator", "Arn"]}
    head = "not JSON " if named is None else f'{{"cluster":{{"name":"{named}"}},"role":"'
    properties(template, "Release")["Values"] = {"Fn::Join": ["", [head, role, '"}']]}
    owner = {"Fn::Join": ["", ["kubernetes.io/cluster/", {"Ref": "Cluster"}]]}
    template["Resources"]["Own"] = {
        "Type": "AWS::AutoScaling::AutoScalingGroup",
        "Properties": {
            "Tags": [
                {"Key": key, "Value": value, "PropagateAtLaunch": True}
                for key, value in ((owner, "owned"), *tags)
            ]
        },
        "DependsOn": "Release",
    }


def test_cec022_an_auto_scaling_group_without_the_tag(template: Template) -> None:
    own_nodes(template)

    assert reported(template) == [
        (
            "CEC022",
            "Own",
            "the operator may not attach interfaces to its instances: they need the tag "
            "io.cilium/cluster-name=shop or eks:cluster-name=shop when they start, and get neither",
        )
    ]
    assert fixes(template) == [
        "Tags.of(group).add('io.cilium/cluster-name', 'shop', apply_to_launched_instances=True)"
    ]


@pytest.mark.parametrize("key", ["io.cilium/cluster-name", "eks:cluster-name"])
def test_cec022_takes_either_tag(key: str, template: Template) -> None:
    own_nodes(template, (key, "shop"))
    assert reported(template) == []

    own_nodes(template, (key, "other"))
    assert [rule for rule, _, _ in reported(template)] == ["CEC022"]


def test_cec022_takes_any_name_where_a_release_does_not_tell_ciliums(template: Template) -> None:
    own_nodes(template, ("io.cilium/cluster-name", "other"), named=None)

    assert reported(template) == []


def test_cec022_leaves_an_operator_without_the_limit_alone(template: Template) -> None:
    own_nodes(template)
    template["Resources"]["Policy"]["Properties"]["PolicyDocument"]["Statement"] = []

    assert reported(template) == []
