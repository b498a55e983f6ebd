"""Groups of many kinds in one cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.stacks.conftest import Templates, flat


@pytest.fixture(scope="module")
def groups(synthesize: Callable[[str], Templates]) -> Templates:
    return synthesize("node-groups")


def group(templates: Templates, name: str) -> dict[str, Any]:
    return templates.only("AWS::EKS::Nodegroup", contains=f"NodeGroups{name}")[1]


def data(templates: Templates, name: str) -> dict[str, Any]:
    _, template = templates.only("AWS::EC2::LaunchTemplate", contains=f"NodeGroups{name}")
    found: dict[str, Any] = template["LaunchTemplateData"]
    return found


def test_a_pinned_image_is_one_parameter(groups: Templates) -> None:
    name = data(groups, "workers")["ImageId"]["Ref"]
    assert groups.cluster["Parameters"][name]["Default"] == (
        "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/1.62.0/image_id"
    )


def test_the_number_of_nodes_is_not_in_the_template(groups: Templates) -> None:
    assert group(groups, "workers")["ScalingConfig"]["DesiredSize"].keys() == {"Fn::GetAtt"}


def test_only_the_group_with_ssm_has_a_role_for_it(groups: Templates) -> None:
    roles = groups.of_type("AWS::IAM::Role")
    own = group(groups, "workers")["NodeRole"]["Fn::GetAtt"][0]
    common = group(groups, "spot")["NodeRole"]["Fn::GetAtt"][0]

    assert "AmazonSSMManagedInstanceCore" in flat(roles[own]["Properties"]["ManagedPolicyArns"])
    assert "AmazonSSMManagedInstanceCore" not in flat(roles[common]["Properties"]["ManagedPolicyArns"])
    assert group(groups, "golden")["NodeRole"] == "arn:aws:iam::111122223333:role/nodes"


def test_a_group_runs_in_its_zones(groups: Templates) -> None:
    assert len(group(groups, "spot")["Subnets"]) == 2
    assert len(group(groups, "gpu")["Subnets"]) == 3


def test_volumes_have_the_key_of_their_group(groups: Templates) -> None:
    keys = {
        name: [each["Ebs"].get("KmsKeyId") for each in data(groups, name)["BlockDeviceMappings"]]
        for name in ("spot", "gpu")
    }
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    assert keys == {"spot": [arn, arn], "gpu": [None]}


def test_gpu_nodes_boot_the_image_with_drivers_and_keep_other_pods_off(groups: Templates) -> None:
    name = data(groups, "gpu")["ImageId"]["Ref"]

    assert groups.cluster["Parameters"][name]["Default"] == (
        "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/nvidia/recommended/image_id"
    )
    assert group(groups, "gpu")["Taints"] == [
        {"Key": "nvidia.com/gpu", "Value": "true", "Effect": "NO_SCHEDULE"}
    ]
    assert "nvidia.com/gpu=true:NoSchedule" in flat(data(groups, "gpu")["UserData"])


def test_an_image_of_ones_own_is_named_as_it_is(groups: Templates) -> None:
    assert data(groups, "golden")["ImageId"] == "ami-0123456789abcdef0"
    assert group(groups, "golden")["UpdateConfig"] == {"MaxUnavailable": 2}
    assert "[settings.pki.corporate]" in flat(data(groups, "golden")["UserData"])
