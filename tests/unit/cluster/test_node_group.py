"""Node groups: refusals, pods per node, images and volumes."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aws_cdk import aws_iam as iam

from cdk_eks_cilium import InputError, NodeGroup
from cdk_eks_cilium.addressing import NodeAddressing
from cdk_eks_cilium.cluster.node_group import NodeRole, stack_kubernetes_version
from tests.small_apps import Synthesized, imported_cluster, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat


def group(**kwargs: Any) -> NodeGroup:
    stack = new_stack()
    vpc = known_vpc(stack)
    role = cast(iam.IRole, NodeRole(stack, "NodeRole").role)
    cluster = imported_cluster(stack, vpc)
    return NodeGroup(stack, "Nodes", cluster=cluster, node_role=role, subnets=vpc.private_subnets, **kwargs)


def made(**kwargs: Any) -> Synthesized:
    return Synthesized(group(**kwargs).resource.stack)


def nodes(**kwargs: Any) -> dict[str, Any]:
    return made(**kwargs).only("AWS::EKS::Nodegroup")[1]


def refusal(**kwargs: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        group(**kwargs)
    return [str(problem) for problem in refused.value.problems]


def test_an_unknown_image_is_refused_with_those_there_are() -> None:
    assert refusal(image="windows") == [
        "Stack/Nodes: image: must be one of al2, al2023, bottlerocket, got 'windows'; use 'bottlerocket'"
    ]


def test_types_of_two_architectures_are_refused() -> None:
    assert refusal(instance_types=["m6g.large", "m6i.large"]) == [
        "Stack/Nodes: instance_types: must all have the same architecture, not arm64 and x86_64, "
        "got ['m6g.large', 'm6i.large']; make a node group for each architecture"
    ]


def test_a_type_that_is_not_nitro_is_refused() -> None:
    assert refusal(instance_types=["m4.large"]) == [
        "Stack/Nodes: instance_types: must run on the Nitro hypervisor, because EC2 does not delegate "
        "prefixes to other types, got 'm4.large'; choose a newer generation, such as 'm6i.large'"
    ]


def test_an_empty_list_of_types_is_refused() -> None:
    assert refusal(instance_types=[]) == [
        "Stack/Nodes: instance_types: must name at least one instance type, got []; "
        "name one, such as 'm6i.large'"
    ]


@pytest.mark.parametrize(("least", "most"), [(5, 2), (-1, 2)])
def test_invalid_ranges_of_sizes_are_refused(least: int, most: int) -> None:
    assert refusal(min_size=least, max_size=most) == [
        f"Stack/Nodes: min_size: must be from 0 to max_size, which is {most}, got {least}; "
        "lower it or raise max_size"
    ]


def test_a_group_that_never_has_a_node_is_refused() -> None:
    assert refusal(min_size=0, max_size=0) == ["Stack/Nodes: max_size: must be 1 or more, got 0"]


def test_a_size_to_start_with_outside_the_range_is_refused() -> None:
    assert refusal(min_size=1, max_size=3, desired_size=4) == [
        "Stack/Nodes: desired_size: must be from min_size to max_size, 1 to 3, got 4; "
        "leave it out to start with min_size"
    ]


@pytest.mark.parametrize("size", [0, 19, 16385])
def test_a_volume_that_no_node_can_use_is_refused(size: int) -> None:
    assert refusal(volume_size_gib=size) == [
        f"Stack/Nodes: volume_size_gib: must be from 20 to 16384, got {size}; 50 holds the usual images"
    ]


def test_everything_wrong_with_a_group_is_reported_at_once() -> None:
    assert len(refusal(image="windows", instance_types=["m4.large"], min_size=3, max_size=1)) == 3


@pytest.mark.parametrize(
    ("types", "pods"),
    [
        (["m6i.large"], 110),
        (["m6i.8xlarge"], 250),
        (["m6i.large", "m6i.8xlarge"], 110),
    ],
)
def test_the_smallest_type_decides_the_pods_of_a_node(types: list[str], pods: int) -> None:
    assert group(instance_types=types).max_pods == pods


def test_single_addresses_and_a_later_first_interface_leave_fewer_pods() -> None:
    prefixes = group(instance_types=["t3.medium"]).max_pods
    addresses = group(
        instance_types=["t3.medium"], addressing=NodeAddressing(prefix_delegation=False)
    ).max_pods
    second = NodeAddressing(prefix_delegation=False, first_interface_index=2)
    later = group(instance_types=["t3.medium"], addressing=second).max_pods

    assert prefixes == 110
    assert later < addresses < prefixes


@pytest.mark.parametrize(
    ("image", "type_", "ami"),
    [
        ("bottlerocket", "m6i.large", "BOTTLEROCKET_x86_64"),
        ("bottlerocket", "m6g.large", "BOTTLEROCKET_ARM_64"),
        ("al2023", "m6i.large", "AL2023_x86_64_STANDARD"),
        ("al2023", "m6g.large", "AL2023_ARM_64_STANDARD"),
        ("al2", "m6i.large", "AL2_x86_64"),
        ("al2", "m6g.large", "AL2_ARM_64"),
    ],
)
def test_the_image_is_the_one_of_the_types_architecture(image: str, type_: str, ami: str) -> None:
    assert nodes(image=image, instance_types=[type_])["AmiType"] == ami


@pytest.mark.parametrize("image", ["al2023", "al2"])
def test_images_with_one_volume_get_it_in_the_size_asked_for(image: str) -> None:
    _, template = made(image=image, volume_size_gib=70).only("AWS::EC2::LaunchTemplate")
    (device,) = template["LaunchTemplateData"]["BlockDeviceMappings"]

    assert device["DeviceName"] == "/dev/xvda"
    assert (device["Ebs"]["VolumeSize"], device["Ebs"]["Encrypted"]) == (70, True)


def test_al2_is_warned_of_and_others_are_not() -> None:
    assert made(image="al2").messages == [
        "warning: image 'al2' reached its end on 2025-11-26 and gets no more fixes [ack: cdk-eks-cilium:al2]"
    ]
    assert made(image="al2023").messages == []


def test_a_group_starts_with_its_least_nodes_unless_told() -> None:
    assert nodes(min_size=3)["ScalingConfig"] == {"MinSize": 3, "DesiredSize": 3, "MaxSize": 6}
    assert nodes(desired_size=4)["ScalingConfig"] == {"MinSize": 2, "DesiredSize": 4, "MaxSize": 6}


def test_a_group_can_start_empty() -> None:
    assert nodes(min_size=0)["ScalingConfig"] == {"MinSize": 0, "DesiredSize": 0, "MaxSize": 6}


def test_labels_reach_the_nodes() -> None:
    assert nodes(labels={"team": "shop"})["Labels"] == {"team": "shop"}
    assert "Labels" not in nodes()


def test_nodes_of_an_unknown_version_follow_nobody() -> None:
    assert "Version" not in nodes()
    assert nodes(kubernetes_version="1.34")["Version"] == "1.34"


def test_a_changed_template_is_a_new_version_that_the_group_takes() -> None:
    template = made()
    name, _ = template.only("AWS::EC2::LaunchTemplate")
    given = template.only("AWS::EKS::Nodegroup")[1]["LaunchTemplate"]

    assert given == {"Id": {"Ref": name}, "Version": {"Fn::GetAtt": [name, "LatestVersionNumber"]}}


def test_the_node_role_has_no_rights_of_a_cni() -> None:
    _, role = made().only("AWS::IAM::Role", "NodeRole")

    assert [flat(arn).split("/")[-1] for arn in role["ManagedPolicyArns"]] == [
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    ]


def test_only_a_cluster_of_this_app_tells_its_version() -> None:
    stack = new_stack()
    assert stack_kubernetes_version(plain_cluster(stack, known_vpc(stack))) == "1.35"

    stack = new_stack()
    assert stack_kubernetes_version(imported_cluster(stack, known_vpc(stack))) is None
