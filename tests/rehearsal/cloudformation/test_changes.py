from __future__ import annotations

import pytest

from rehearsal.cloudformation.changes import custom_name, replaces


@pytest.mark.parametrize(
    ("type_name", "old", "new", "expected"),
    [
        ("AWS::EC2::Subnet", {"CidrBlock": "a"}, {"CidrBlock": "a"}, False),
        ("AWS::EC2::Subnet", {"CidrBlock": "a"}, {"CidrBlock": "b"}, True),
        ("AWS::EC2::Subnet", {"Tags": []}, {"Tags": [1]}, False),
        (
            "AWS::EKS::Nodegroup",
            {"ScalingConfig": {"MinSize": 1}},
            {"ScalingConfig": {"MinSize": 2}},
            False,
        ),
        ("AWS::EKS::Nodegroup", {"AmiType": "A"}, {"AmiType": "B"}, True),
        ("AWS::EKS::Cluster", {"BootstrapSelfManagedAddons": True}, {}, True),
        (
            "AWS::EKS::Cluster",
            {"KubernetesNetworkConfig": {"IpFamily": "ipv4"}},
            {"KubernetesNetworkConfig": {"IpFamily": "ipv6"}},
            True,
        ),
        ("Custom::Thing", {"Any": 1}, {"Any": 2}, False),
    ],
)
def test_the_schema_of_the_type_decides(type_name: str, old: object, new: object, expected: bool) -> None:
    assert replaces(type_name, old, new) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type_name", "old", "new", "expected"),
    [
        ("AWS::EKS::Cluster", {"Name": "a"}, {"Name": "a"}, "a"),
        ("AWS::EKS::Cluster", {"Name": "a"}, {"Name": "b"}, None),
        ("AWS::EKS::Cluster", {}, {}, None),
        ("AWS::Logs::LogGroup", {"LogGroupName": "a"}, {"LogGroupName": "a"}, "a"),
        ("AWS::EC2::Subnet", {"CidrBlock": "a"}, {"CidrBlock": "a"}, None),
        ("AWS::IAM::Role", {"RoleName": "a"}, {"RoleName": "a"}, "a"),
        ("AWS::EC2::SecurityGroup", {"GroupName": "a"}, {"GroupName": "a"}, "a"),
        ("AWS::EC2::SecurityGroup", {"GroupName": "a"}, {"GroupName": "b"}, None),
        ("AWS::EC2::LaunchTemplate", {"LaunchTemplateName": "a"}, {"LaunchTemplateName": "a"}, "a"),
        ("AWS::EKS::Nodegroup", {"NodegroupName": "a"}, {"NodegroupName": "a"}, "a"),
        ("AWS::EKS::Nodegroup", {"ClusterName": "a"}, {"ClusterName": "a"}, None),
        ("AWS::IAM::ManagedPolicy", {"ManagedPolicyName": "a"}, {"ManagedPolicyName": "a"}, "a"),
        # These names belong to something else, or to all versions.
        ("AWS::Lambda::LayerVersion", {"LayerName": "a"}, {"LayerName": "a"}, None),
        ("AWS::EC2::FlowLog", {"LogGroupName": "a"}, {"LogGroupName": "a"}, None),
        ("AWS::EC2::VPCEndpoint", {"ServiceName": "a"}, {"ServiceName": "a"}, None),
        ("Custom::Thing", {"Name": "a"}, {"Name": "a"}, None),
    ],
)
def test_a_name_that_stays_is_the_one_that_the_template_gives(
    type_name: str, old: object, new: object, expected: str | None
) -> None:
    assert custom_name(type_name, old, new) == expected  # type: ignore[arg-type]
