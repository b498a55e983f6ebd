"""Node groups: refusals, pods per node, images and volumes."""

from __future__ import annotations

from typing import Any, cast

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match

from cdk_eks_cilium import InputError, NodeGroup
from cdk_eks_cilium.addressing import NodeAddressing
from cdk_eks_cilium.cluster.node_role import NodeRole
from cdk_eks_cilium.nodes import Proxy, Taint
from tests.small_apps import Synthesized, imported_cluster, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat


def group(
    cluster: dict[str, Any] | None = None, flags: dict[str, Any] | None = None, **kwargs: Any
) -> NodeGroup:
    stack = new_stack(context=flags)
    vpc = known_vpc(stack)
    given = {"kubernetes_version": "1.35", "service_cidr": "172.20.0.0/16", **kwargs}
    return NodeGroup(
        stack,
        "Nodes",
        cluster=imported_cluster(stack, vpc, **(cluster or {})),
        node_role=cast(iam.IRole, NodeRole(stack, "NodeRole").role),
        subnets=vpc.private_subnets,
        **given,
    )


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
    ("image", "type_", "parameter"),
    [
        ("bottlerocket", "m6i.large", "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id"),
        ("bottlerocket", "m6g.large", "/aws/service/bottlerocket/aws-k8s-1.35/arm64/latest/image_id"),
        (
            "al2023",
            "m6g.large",
            "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/arm64/standard/recommended/image_id",
        ),
        ("al2", "m6i.large", "/aws/service/eks/optimized-ami/1.35/amazon-linux-2/recommended/image_id"),
    ],
)
def test_the_image_is_named_by_its_id_so_that_eks_adds_nothing(
    image: str, type_: str, parameter: str
) -> None:
    app = made(image=image, instance_types=[type_])
    _, data = app.only("AWS::EC2::LaunchTemplate")
    name = data["LaunchTemplateData"]["ImageId"]["Ref"]
    _, nodes = app.only("AWS::EKS::Nodegroup")

    assert app.template["Parameters"][name] == {
        "Type": "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
        "Default": parameter,
    }
    assert not nodes.keys() & {"AmiType", "ReleaseVersion", "Version"}


def test_another_minor_has_another_parameter() -> None:
    def parameter(version: str) -> str:
        _, data = made(kubernetes_version=version).only("AWS::EC2::LaunchTemplate")
        return str(data["LaunchTemplateData"]["ImageId"]["Ref"])

    # The CDK CLI keeps the earlier value of a parameter whose id stays.
    assert parameter("1.34") != parameter("1.35")


def test_an_image_of_ones_own_needs_no_version_of_kubernetes() -> None:
    app = made(ami_id="ami-0123456789abcdef0", kubernetes_version=None)
    _, data = app.only("AWS::EC2::LaunchTemplate")

    assert data["LaunchTemplateData"]["ImageId"] == "ami-0123456789abcdef0"


def test_a_cluster_that_cannot_be_joined_is_refused_with_all_that_is_missing() -> None:
    unknown = {"cluster_endpoint": None, "cluster_certificate_authority_data": None}
    assert refusal(cluster=unknown, kubernetes_version=None, service_cidr=None, image="al2023") == [
        "Stack/Nodes: cluster: an imported cluster must know its cluster_endpoint: nodes join with it; pass "
        "cluster_endpoint to eks.Cluster.from_cluster_attributes()",
        "Stack/Nodes: cluster: an imported cluster must know its cluster_certificate_authority_data: nodes "
        "join with it; pass cluster_certificate_authority_data to eks.Cluster.from_cluster_attributes()",
        "Stack/Nodes: kubernetes_version: must be given for an imported cluster: it chooses the image of the "
        "nodes; pass the cluster's minor version, or an ami_id",
        "Stack/Nodes: service_cidr: must be given with image 'al2023', whose nodes do not ask EKS for it; "
        "pass the range of the cluster's Services (aws eks describe-cluster "
        "--query cluster.kubernetesNetworkConfig.serviceIpv4Cidr)",
    ]


def test_bottlerocket_asks_eks_for_a_range_that_nobody_named() -> None:
    assert group(service_cidr=None).bootstrap.cluster_dns is None
    assert group().bootstrap.cluster_dns == "172.20.0.10"


def test_nodes_register_with_cilium_s_taint_and_the_api_knows_only_the_others() -> None:
    nodes_of = group(taints=[Taint("dedicated", "gpu")])

    assert [str(taint) for taint in nodes_of.bootstrap.taints] == [
        "node.cilium.io/agent-not-ready=true:NoExecute",
        "dedicated=gpu:NoSchedule",
    ]
    assert nodes(taints=[Taint("dedicated", "gpu")])["Taints"] == [
        {"Key": "dedicated", "Value": "gpu", "Effect": "NO_SCHEDULE"}
    ]
    assert "Taints" not in nodes()


def test_spot_updates_and_repair_reach_the_group() -> None:
    found = nodes(capacity="spot", max_unavailable_percentage=33, node_repair=True)

    assert found["CapacityType"] == "SPOT"
    assert found["UpdateConfig"] == {"MaxUnavailablePercentage": 33}
    assert found["NodeRepairConfig"] == {"Enabled": True}
    assert not nodes().keys() & {"CapacityType", "UpdateConfig", "NodeRepairConfig"}


def test_certificates_that_do_not_fit_are_refused() -> None:
    pem = f"-----BEGIN CERTIFICATE-----\n{'Zm9v' * 4000}\n-----END CERTIFICATE-----\n"
    (found,) = refusal(certificates={"corporate": pem})

    assert found.startswith("Stack/Nodes: certificates: must leave the user data within 16384 bytes, got ")


def test_a_proxy_reaches_the_boot_data() -> None:
    _, data = made(proxy=Proxy(url="http://proxy:3128")).only("AWS::EC2::LaunchTemplate")

    assert 'https-proxy = "http://proxy:3128"' in flat(data["LaunchTemplateData"]["UserData"])


def test_the_owner_of_an_imported_key_is_told_what_its_policy_must_say() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    arn = "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"
    made_group = NodeGroup(
        stack,
        "Nodes",
        cluster=plain_cluster(stack, vpc),
        node_role=cast(iam.IRole, NodeRole(stack, "NodeRole").role),
        subnets=vpc.private_subnets,
        volume_key=kms.Key.from_key_arn(stack, "Volumes", arn),
    )

    told = [str(each.data) for each in made_group.node.metadata if each.type == "aws:cdk:info"]
    assert [text.partition(" [ack")[0] for text in told] == [
        "the policy of the imported volume_key must let AWSServiceRoleForAutoScaling use it, or no node "
        "starts"
    ]


def test_auto_scaling_may_use_a_key_of_this_app() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    key = kms.Key(stack, "Volumes")
    NodeGroup(
        stack,
        "Nodes",
        cluster=plain_cluster(stack, vpc),
        node_role=cast(iam.IRole, NodeRole(stack, "NodeRole").role),
        subnets=vpc.private_subnets,
        volume_key=key,
    )
    app = Synthesized(stack)
    _, policy = app.only("AWS::KMS::Key", "Volumes")
    statements = {each.get("Sid"): each for each in policy["KeyPolicy"]["Statement"]}
    _, data = app.only("AWS::EC2::LaunchTemplate")

    assert statements["AutoScalingAttachesVolumes"]["Condition"] == {
        "Bool": {"kms:GrantIsForAWSResource": "true"}
    }
    assert "AWSServiceRoleForAutoScaling" in flat(statements["AutoScalingUsesVolumes"]["Principal"]["AWS"])
    assert all("KmsKeyId" in each["Ebs"] for each in data["LaunchTemplateData"]["BlockDeviceMappings"])


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


def first_size(**kwargs: Any) -> dict[str, Any]:
    """The numbers of a new group, as the function is told them."""
    found: dict[str, Any] = made(**kwargs).only("Custom::NodeCount")[1]["Group"]["ScalingConfig"]
    return found


def test_a_group_starts_with_its_least_nodes_unless_told() -> None:
    assert first_size(min_size=3) == {"MinSize": 3, "DesiredSize": 3, "MaxSize": 6}
    assert first_size(desired_size=4) == {"MinSize": 2, "DesiredSize": 4, "MaxSize": 6}


def test_a_group_can_start_empty() -> None:
    assert first_size(min_size=0) == {"MinSize": 0, "DesiredSize": 0, "MaxSize": 6}


def test_labels_reach_the_nodes() -> None:
    assert nodes(labels={"team": "shop"})["Labels"] == {"team": "shop"}
    assert "Labels" not in nodes()


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


@pytest.mark.parametrize(
    ("type_", "accelerator"), [("g5g.xlarge", "nvidia"), ("g6.xlarge", "nvidia"), ("inf2.xlarge", "neuron")]
)
def test_cdk_does_not_warn_of_images_that_a_launch_template_replaces(type_: str, accelerator: str) -> None:
    flags = {"@aws-cdk/aws-eks:defaultToAL2023": True}
    stack = group(flags=flags, instance_types=[type_], accelerator=accelerator).resource.stack
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())

    assert [each.entry.data for each in found if "GPU" in str(each.entry.data)] == []
