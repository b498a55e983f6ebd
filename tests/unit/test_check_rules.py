"""Each rule about a finished template: one that breaks it, and one that keeps it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from cdk_eks_cilium.check_rules import RULES, findings

Template = dict[str, Any]

GOOD: Template = {
    "Resources": {
        "Cluster": {"Type": "AWS::EKS::Cluster"},
        "Block": {"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"CidrBlock": "100.64.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"CidrBlock": "100.64.0.0/18"},
            "DependsOn": ["Block"],
        },
        "Removal": {"Type": "Custom::AwsNodeRemoval"},
        "Sweep": {"Type": "Custom::EniSweep", "Properties": {"ClusterName": {"Ref": "Cluster"}}},
        "Release": {
            "Type": "Custom::AWSCDK-EKS-HelmChart",
            "Properties": {"Chart": "cilium", "ClusterName": {"Ref": "Cluster"}, "Values": {"Ref": "Subnet"}},
            "DependsOn": ["Removal", "Sweep"],
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "ManagedPolicyArns": [
                    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/", name]]}
                    for name in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
                ]
            },
        },
        "Nodes": {
            "Type": "AWS::EKS::Nodegroup",
            "Properties": {
                "ClusterName": {"Ref": "Cluster"},
                "NodeRole": {"Fn::GetAtt": ["Role", "Arn"]},
                "LaunchTemplate": {
                    "Id": {"Ref": "Machines"},
                    "Version": {"Fn::GetAtt": ["Machines", "LatestVersionNumber"]},
                },
            },
            "DependsOn": ["Release"],
        },
        "Machines": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": {
                    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
                }
            },
        },
        "CoreDns": {
            "Type": "AWS::EKS::Addon",
            "Properties": {"AddonName": "coredns"},
            "DependsOn": ["Nodes"],
        },
    }
}


@pytest.fixture
def template() -> Template:
    return deepcopy(GOOD)


def said(template: Template) -> list[tuple[str, str, str]]:
    return [(rule.id, finding.resource, finding.text) for rule, finding in findings(template)]


def policies(template: Template, *names: str) -> None:
    arns = [f"arn:aws:iam::aws:policy/{name}" for name in names]
    template["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = arns


def test_a_template_that_keeps_every_rule_has_no_finding(template: Template) -> None:
    assert said(template) == []


def test_a_template_without_resources_has_no_finding() -> None:
    assert said({}) == []


def test_every_rule_has_an_id_of_its_own() -> None:
    assert [rule.id for rule in RULES] == [f"CEC{number:03}" for number in range(1, 14)]


def test_cec001_nodes_that_can_start_before_the_release(template: Template) -> None:
    del template["Resources"]["Nodes"]["DependsOn"]

    assert said(template) == [
        (
            "CEC001",
            "Nodes",
            "the node group can start before the release Release, and would never become ready",
        )
    ]


def test_cec001_is_kept_by_a_dependency_through_others(template: Template) -> None:
    template["Resources"]["Between"] = {"Type": "AWS::SSM::Parameter", "DependsOn": "Release"}
    template["Resources"]["Nodes"]["DependsOn"] = "Between"

    assert said(template) == []


def test_cec001_leaves_the_nodes_of_another_cluster_alone(template: Template) -> None:
    del template["Resources"]["Nodes"]["DependsOn"]
    template["Resources"]["Nodes"]["Properties"]["ClusterName"] = "another"

    assert said(template) == []


def test_cec001_leaves_other_charts_alone(template: Template) -> None:
    del template["Resources"]["Nodes"]["DependsOn"]
    template["Resources"]["Release"]["Properties"]["Chart"] = "metrics-server"
    del template["Resources"]["Sweep"]

    assert said(template) == []


def test_cec002_a_release_that_can_start_before_the_removal(template: Template) -> None:
    template["Resources"]["Release"]["DependsOn"].remove("Removal")

    assert said(template) == [
        ("CEC002", "Release", "the release can start before Removal has taken aws-node away")
    ]


def test_cec003_a_subnet_that_can_be_asked_for_before_its_range(template: Template) -> None:
    del template["Resources"]["Subnet"]["DependsOn"]

    assert said(template) == [
        (
            "CEC003",
            "Subnet",
            "the subnet 100.64.0.0/18 can be asked for before its range 100.64.0.0/16 exists (Block)",
        )
    ]


@pytest.mark.parametrize("cidr", ["10.0.0.0/24", {"Ref": "Parameter"}, None])
def test_cec003_leaves_subnets_of_other_or_unknown_ranges_alone(cidr: Any, template: Template) -> None:
    del template["Resources"]["Subnet"]["DependsOn"]
    template["Resources"]["Subnet"]["Properties"]["CidrBlock"] = cidr

    assert said(template) == []


@pytest.mark.parametrize("option", ["Wait", "Atomic"])
@pytest.mark.parametrize("value", [True, "true"])
def test_cec004_a_release_that_waits_for_pods(option: str, value: Any, template: Template) -> None:
    template["Resources"]["Release"]["Properties"][option] = value

    (only,) = findings(template)
    assert (only[0].id, only[1].resource) == ("CEC004", "Release")
    assert only[1].text == (
        f"the release waits for pods ({option}), which need the nodes that wait for the release"
    )
    assert only[1].fix == f"leave {option.lower()} out"


@pytest.mark.parametrize("value", [False, "false"])
def test_cec004_is_kept_by_waiting_that_is_written_off(value: Any, template: Template) -> None:
    template["Resources"]["Release"]["Properties"]["Wait"] = value

    assert said(template) == []


def test_cec005_a_node_role_that_cannot_join(template: Template) -> None:
    policies(template, "AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly")

    assert said(template) == [
        (
            "CEC005",
            "Nodes",
            "node role Role lacks AmazonEKSWorkerNodePolicy: "
            "its nodes cannot describe instances and never join",
        )
    ]


def test_cec005_a_node_role_that_cannot_pull(template: Template) -> None:
    policies(template, "AmazonEKSWorkerNodePolicy")

    assert said(template) == [
        ("CEC005", "Nodes", "node role Role cannot pull images from ECR, where EKS keeps its own")
    ]


def test_cec005_a_node_role_with_the_rights_of_a_cni(template: Template) -> None:
    policies(
        template, "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy"
    )

    assert said(template) == [
        (
            "CEC005",
            "Nodes",
            "node role Role holds AmazonEKS_CNI_Policy, "
            "which lets every pod on the host network rewire the VPC",
        )
    ]


def test_cec005_cannot_judge_a_role_of_elsewhere(template: Template) -> None:
    template["Resources"]["Nodes"]["Properties"]["NodeRole"] = "arn:aws:iam::123456789012:role/nodes"

    assert said(template) == []


def test_cec006_core_dns_before_there_is_a_node(template: Template) -> None:
    del template["Resources"]["CoreDns"]["DependsOn"]

    assert said(template) == [
        (
            "CEC006",
            "CoreDns",
            "CoreDNS is added before there is a node to run it, and its add-on waits until it runs",
        )
    ]


def test_cec006_leaves_other_addons_and_other_stacks_nodes_alone(template: Template) -> None:
    template["Resources"]["CoreDns"]["Properties"]["AddonName"] = "kube-proxy"
    del template["Resources"]["CoreDns"]["DependsOn"]
    assert said(template) == []

    template["Resources"]["CoreDns"]["Properties"]["AddonName"] = "coredns"
    del template["Resources"]["Nodes"]
    assert said(template) == []


def test_cec007_resources_that_wait_for_each_other(template: Template) -> None:
    template["Resources"]["Removal"]["DependsOn"] = "Nodes"

    assert said(template) == [
        (
            "CEC007",
            "Nodes",
            "these wait for each other, which CloudFormation refuses: Nodes, Release, Removal",
        )
    ]


def test_cec008_a_release_that_the_sweep_does_not_outlast(template: Template) -> None:
    template["Resources"]["Release"]["DependsOn"].remove("Sweep")

    assert said(template) == [
        (
            "CEC008",
            "Release",
            "Sweep can be deleted first, and then misses interfaces that are still made or held",
        )
    ]


def test_cec008_nodes_whose_release_is_elsewhere_must_wait_themselves(template: Template) -> None:
    del template["Resources"]["Release"]
    template["Resources"]["Nodes"]["DependsOn"] = []
    assert [(rule, resource) for rule, resource, _ in said(template)] == [("CEC008", "Nodes")]

    template["Resources"]["Nodes"]["DependsOn"] = ["Sweep"]
    assert said(template) == []


def test_cec008_leaves_another_clusters_release_and_nodes_alone(template: Template) -> None:
    template["Resources"]["Release"]["DependsOn"].remove("Sweep")
    template["Resources"]["Sweep"]["Properties"]["ClusterName"] = "another"

    assert said(template) == []


OWN = {"StringEquals": {"aws:ResourceTag/io.cilium/cluster-name": "demo"}}


def with_operator(template: Template, *statements: dict[str, Any]) -> None:
    """A role that the release's values name, with a policy."""
    template["Resources"] |= {
        "Operator": {"Type": "AWS::IAM::Role"},
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "Roles": [{"Ref": "Operator"}],
                "PolicyDocument": {"Statement": list(statements)},
            },
        },
    }
    arn = {"Fn::GetAtt": ["Operator", "Arn"]}
    template["Resources"]["Release"]["Properties"]["Values"] = {"Fn::Join": ["", [{"Ref": "Subnet"}, arn]]}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("action", "named"),
    [
        ("ec2:*", "ec2:*"),
        ("*", "*"),
        (["ec2:DescribeVpcs", "ec2:DeleteNetworkInterface"], "ec2:DeleteNetworkInterface"),
    ],
)
def test_cec010_an_operator_that_may_change_what_is_not_its_own(
    template: Template, action: Any, named: str
) -> None:
    with_operator(template, allow(action))

    assert said(template) == [
        ("CEC010", "Policy", f"cilium-operator may do {named} to everything in the account")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        allow(["ec2:DescribeVpcs", "ec2:GetSecurityGroupsForVpc"]),
        allow("ec2:DeleteNetworkInterface", Condition=OWN),
        allow("ec2:CreateNetworkInterface", "arn:aws:ec2:r:1:subnet/subnet-1"),
        {**allow("ec2:*"), "Effect": "Deny"},
    ],
)
def test_cec010_looking_a_condition_and_a_resource_are_fine(
    template: Template, statement: dict[str, Any]
) -> None:
    with_operator(template, statement)

    assert said(template) == []


def test_cec010_leaves_the_roles_of_others_alone(template: Template) -> None:
    with_operator(template, allow("ec2:*"))
    template["Resources"]["Release"]["Properties"]["Values"] = "{}"

    assert said(template) == []


def with_association(template: Template) -> None:
    template["Resources"]["Binding"] = {
        "Type": "AWS::EKS::PodIdentityAssociation",
        "Properties": {
            "ClusterName": {"Ref": "Cluster"},
            "ServiceAccount": "cilium-operator",
            "RoleArn": {"Fn::GetAtt": ["Operator", "Arn"]},
        },
    }
    template["Resources"]["Release"]["DependsOn"] = ["Removal", "Sweep", "Binding"]


def test_cec010_finds_a_role_by_its_pod_identity(template: Template) -> None:
    with_operator(template, allow("ec2:*"))
    template["Resources"]["Release"]["Properties"]["Values"] = "{}"
    with_association(template)

    assert [rule for rule, *_ in said(template)] == ["CEC010"]


def with_removal(template: Template, *statements: dict[str, Any], managed: str = "") -> None:
    """The removal's function behind the framework that calls it, and its role."""
    role: dict[str, Any] = {"Policies": [{"PolicyDocument": {"Statement": list(statements)}}]}
    names = ["service-role/AWSLambdaVPCAccessExecutionRole", *filter(None, [managed])]
    role["ManagedPolicyArns"] = [f"arn:aws:iam::aws:policy/{name}" for name in names]
    handler = {"Fn::GetAtt": ["Handler", "Arn"]}
    template["Resources"] |= {
        "Framework": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"USER_ON_EVENT_FUNCTION_ARN": handler}}},
        },
        "Handler": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Role": {"Fn::GetAtt": ["HandlerRole", "Arn"]}},
        },
        "HandlerRole": {"Type": "AWS::IAM::Role", "Properties": role},
    }
    token = {"ServiceToken": {"Fn::GetAtt": ["Framework", "Arn"]}}
    template["Resources"]["Removal"]["Properties"] = token


def test_cec011_a_removal_with_rights_in_aws(template: Template) -> None:
    with_removal(template, allow(["eks:DeleteAddon", "eks:DescribeAddon"]))

    assert said(template) == [
        (
            "CEC011",
            "HandlerRole",
            "the removal of aws-node may do eks:DeleteAddon to everything in the account",
        )
    ]


def test_cec011_a_removal_with_another_managed_policy(template: Template) -> None:
    with_removal(template, managed="AmazonEC2FullAccess")

    assert said(template) == [
        (
            "CEC011",
            "HandlerRole",
            "the removal of aws-node holds a managed policy beside those that any function needs",
        )
    ]


def test_cec011_one_named_resource_is_fine(template: Template) -> None:
    with_removal(template, allow("eks:DeleteAddon", "arn:aws:eks:r:1:addon/demo/vpc-cni/*"))

    assert said(template) == []


def test_cec012_an_operator_that_can_be_made_before_its_role_is_bound(template: Template) -> None:
    with_operator(template, allow("ec2:DescribeVpcs"))
    with_association(template)
    assert said(template) == []

    template["Resources"]["Release"]["DependsOn"] = ["Removal", "Sweep"]
    assert said(template) == [
        (
            "CEC012",
            "Release",
            "the operator can be made before Binding, and then keeps the role of its node",
        )
    ]


def test_cec012_leaves_other_accounts_and_clusters_alone(template: Template) -> None:
    with_operator(template, allow("ec2:DescribeVpcs"))
    with_association(template)
    template["Resources"]["Release"]["DependsOn"] = ["Removal", "Sweep"]
    template["Resources"]["Binding"]["Properties"]["ClusterName"] = "another"
    assert said(template) == []

    template["Resources"]["Binding"]["Properties"] |= {
        "ClusterName": {"Ref": "Cluster"},
        "ServiceAccount": "other",
    }
    assert said(template) == []


def test_every_breach_is_found_at_once(template: Template) -> None:
    for resource in template["Resources"].values():
        resource.pop("DependsOn", None)
    template["Resources"]["Release"]["Properties"]["Wait"] = True
    policies(template)

    assert [(rule, resource) for rule, resource, _ in said(template)] == [
        ("CEC001", "Nodes"),
        ("CEC002", "Release"),
        ("CEC003", "Subnet"),
        ("CEC004", "Release"),
        ("CEC005", "Nodes"),
        ("CEC005", "Nodes"),
        ("CEC006", "CoreDns"),
        ("CEC008", "Release"),
    ]


def machines(template: Template, **data: Any) -> None:
    template["Resources"]["Machines"]["Properties"]["LaunchTemplateData"].update(data)


SHARED = {"Fn::GetAtt": ["Cluster", "ClusterSecurityGroupId"]}
CUT_OFF = (
    "CEC009",
    "Nodes",
    "its launch template names security groups without that of Cluster: pods have their node's groups, "
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

    assert said(template) == [CUT_OFF]


@pytest.mark.parametrize(
    "data",
    [
        {"SecurityGroupIds": ["sg-1", SHARED]},
        {"SecurityGroupIds": [{"Fn::GetAtt": "Cluster.ClusterSecurityGroupId"}]},
        {"NetworkInterfaces": [{"Groups": [SHARED]}]},
        {"NetworkInterfaces": [{"DeviceIndex": 0}]},
    ],
)
def test_cec009_is_kept_by_the_clusters_group_or_none(data: dict[str, Any], template: Template) -> None:
    machines(template, **data)

    assert said(template) == []


def test_cec009_cannot_judge_a_cluster_or_a_launch_template_of_elsewhere(template: Template) -> None:
    machines(template, SecurityGroupIds=["sg-1"])
    template["Resources"]["Nodes"]["Properties"]["ClusterName"] = "another"
    assert said(template) == []

    template["Resources"]["Nodes"]["Properties"] |= {
        "ClusterName": {"Ref": "Cluster"},
        "LaunchTemplate": {"Id": "lt-1"},
    }
    assert said(template) == []


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

    assert said(template) == [
        (
            "CEC013",
            "Nodes",
            "its launch template does not keep answers of the metadata service to one hop: "
            "they reach pods that are not on the host network",
        )
    ]


def test_cec013_finds_both_where_nothing_is_said(template: Template) -> None:
    del template["Resources"]["Machines"]["Properties"]["LaunchTemplateData"]["MetadataOptions"]

    assert [rule for rule, _, _ in said(template)] == ["CEC013", "CEC013"]


def test_a_release_of_a_chart_among_the_assets_is_known_by_its_own_name(template: Template) -> None:
    properties = template["Resources"]["Release"]["Properties"]
    del properties["Chart"], template["Resources"]["Nodes"]["DependsOn"]
    del template["Resources"]["Sweep"]
    properties |= {"ChartAssetURL": "s3://assets/cilium.zip", "Release": "cilium"}
    assert [rule for rule, _, _ in said(template)] == ["CEC001"]

    properties["Release"] = "metrics-server"
    assert said(template) == []
