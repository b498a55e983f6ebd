"""The control plane's refusals, warnings and what it brings by itself."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_eks_cilium import AccessGrant, ControlPlane, InputError
from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from tests.small_apps import Synthesized, known_vpc, new_stack
from tests.stacks.conftest import flat


def made(**kwargs: Any) -> Synthesized:
    stack = new_stack()
    vpc = known_vpc(stack)
    ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets, **kwargs)
    return Synthesized(stack)


@pytest.fixture(scope="module")
def default() -> Synthesized:
    """A control plane with every default."""
    return made()


def test_a_release_that_eks_no_longer_creates_is_refused_with_the_way_out() -> None:
    with pytest.raises(InputError) as refused:
        made(kubernetes_version="1.29")

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Plane: kubernetes_version: must be a release that EKS still creates, and its extended "
        "support ended on 2026-03-23, got '1.29'; choose one of 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, or "
        "import an existing cluster"
    ]


def test_a_release_in_extended_support_is_warned_of() -> None:
    (warning,) = [text for text in made(kubernetes_version="1.33").messages if "tag" not in text]

    assert warning.startswith("warning: Kubernetes 1.33 is in extended support since 2026-07-29")


def test_an_api_open_to_everyone_is_warned_of() -> None:
    messages = made(public_access_cidrs=["198.51.100.0/24", "0.0.0.0/0"]).messages

    assert (
        "warning: 198.51.100.0/24, 0.0.0.0/0 open the Kubernetes API to the whole internet "
        "[ack: cdk-eks-cilium:public]" in messages
    )


def test_the_api_is_private_unless_told(default: Synthesized) -> None:
    network = default.only("AWS::EKS::Cluster")[1]["ResourcesVpcConfig"]

    assert (network["EndpointPrivateAccess"], network["EndpointPublicAccess"]) == (True, False)
    assert network["SubnetIds"] == ["subnet-a", "subnet-b"]


def test_the_range_of_services_is_in_the_template(default: Synthesized) -> None:
    asked = made(service_cidr="192.168.0.0/20").only("AWS::EKS::Cluster")[1]

    assert (
        default.only("AWS::EKS::Cluster")[1]["KubernetesNetworkConfig"]["ServiceIpv4Cidr"] == "172.20.0.0/16"
    )
    assert asked["KubernetesNetworkConfig"]["ServiceIpv4Cidr"] == "192.168.0.0/20"


def test_what_keeps_a_cluster_is_written_even_where_it_is_the_default(default: Synthesized) -> None:
    cluster = default.only("AWS::EKS::Cluster")[1]

    assert cluster["DeletionProtection"] is False
    assert cluster["UpgradePolicy"] == {"SupportType": "EXTENDED"}
    assert "ZonalShiftConfig" not in cluster


def test_zonal_shift_is_written_once_it_is_decided() -> None:
    cluster = made(zonal_shift=False).only("AWS::EKS::Cluster")[1]

    assert cluster["ZonalShiftConfig"] == {"Enabled": False}


def test_an_upgrade_policy_that_does_not_go_with_the_release_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        made(upgrade_policy="standard", kubernetes_version="1.33")
    with pytest.raises(InputError) as unknown:
        made(upgrade_policy="never")

    assert str(refused.value.problems[0]).startswith(
        "Stack/Plane: upgrade_policy: must be 'extended' with Kubernetes 1.33, whose standard support "
    )
    assert [str(problem) for problem in unknown.value.problems] == [
        "Stack/Plane: upgrade_policy: must be one of standard, extended, got 'never'"
    ]


def test_deletion_protection_in_a_stack_that_can_be_destroyed_is_warned_of() -> None:
    (warning,) = [text for text in made(deletion_protection=True).messages if "destroy" in text]

    assert warning == (
        "warning: a destroy of the stack would delete nodes and Cilium before EKS refuses to delete the "
        "cluster; make the stack with termination_protection=True, which refuses it at once [ack: "
        "cdk-eks-cilium:deletion-protection]"
    )


def test_deletion_protection_in_a_protected_stack_is_not_warned_of() -> None:
    stack = new_stack(termination_protection=True)
    vpc = known_vpc(stack)
    ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets, deletion_protection=True)

    assert not [text for text in Synthesized(stack).messages if "destroy" in text]


def test_a_key_and_a_role_of_ones_own_take_the_place_of_the_stacks() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    key = kms.Key(stack, "Own")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("eks.amazonaws.com"))
    plane = ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets, secrets_key=key, role=role)
    template = Synthesized(stack)
    cluster = template.only("AWS::EKS::Cluster")[1]

    assert plane.secrets_key is key
    assert list(template.of_type("AWS::KMS::Key")) == [
        cluster["EncryptionConfig"][0]["Provider"]["KeyArn"]["Fn::GetAtt"][0]
    ]
    assert cluster["RoleArn"]["Fn::GetAtt"][0].startswith("Role")


def test_a_range_of_services_in_the_vpc_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        made(service_cidr="10.0.0.0/16")

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Plane: service_cidr: must not overlap 10.0.0.0/16, the primary range of the VPC, got "
        "'10.0.0.0/16'; take '172.20.0.0/16'"
    ]


def test_the_name_is_derived_from_the_path(default: Synthesized) -> None:
    name = default.only("AWS::EKS::Cluster")[1]["Name"]

    assert name.startswith("Stack-Plane")
    assert default.only("AWS::Logs::LogGroup", "PlaneLogs")[1]["LogGroupName"] == f"/aws/eks/{name}/cluster"


def test_without_feature_flags_the_oidc_provider_is_native_all_the_same() -> None:
    stack = new_stack(context={})
    vpc = known_vpc(stack)
    plane = ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets)
    assert plane.cluster.open_id_connect_provider is not None
    template = Synthesized(stack)

    assert template.of_type("AWS::IAM::OIDCProvider")
    assert not template.of_type("Custom::AWSCDKOpenIdConnectProvider")


@pytest.mark.parametrize(
    ("kubernetes", "runs"), [("1.31", "1.32"), ("1.33", "1.32"), ("1.34", "1.35"), ("1.36", "1.35")]
)
def test_the_kubectl_layer_is_within_one_minor_of_the_cluster(kubernetes: str, runs: str) -> None:
    layers = made(kubernetes_version=kubernetes).of_type("AWS::Lambda::LayerVersion", "KubectlLayer")
    (description,) = [layer["Description"] for layer in layers.values()]

    assert runs in description


def test_grants_replace_the_administrator_role() -> None:
    template = made(access=[AccessGrant(principal_arn="arn:aws:iam::123456789012:role/one")])
    entries = template.of_type("AWS::EKS::AccessEntry", "PlaneAccess").values()

    assert [entry["PrincipalArn"] for entry in entries] == ["arn:aws:iam::123456789012:role/one"]
    assert not template.of_type("AWS::IAM::Role", "Administrators")


def test_a_bare_cluster_is_made_bare() -> None:
    assert made(self_managed_addons=False).only("AWS::EKS::Cluster")[1]["BootstrapSelfManagedAddons"] is False


def test_no_call_of_the_kubectl_handler_is_possible_before_its_log_group(default: Synthesized) -> None:
    graph = dependency_graph(default.template)
    barrier, _ = default.only("AWS::SSM::Parameter")
    groups = [name for name in default.of_type("AWS::Logs::LogGroup") if "Kubectl" in name]

    assert groups
    assert all(waits_for(graph, barrier, group) for group in groups)


def test_the_key_of_the_secrets_rotates_and_says_whose_it_is(default: Synthesized) -> None:
    _, key = default.only("AWS::KMS::Key")

    assert key["EnableKeyRotation"] is True
    assert flat(key["Description"]).startswith("Kubernetes secrets of EKS cluster Stack")


def group_of_the_api(app: Synthesized) -> dict[str, Any]:
    """The security group that only the API's interfaces have: the cluster names it, no node does."""
    name, group = app.only("AWS::EC2::SecurityGroup", "ControlPlaneSecurityGroup")
    network = app.only("AWS::EKS::Cluster")[1]["ResourcesVpcConfig"]
    assert network["SecurityGroupIds"] == [{"Fn::GetAtt": [name, "GroupId"]}]
    return group


def test_nobody_but_nodes_and_pods_reaches_the_private_endpoint_by_default(default: Synthesized) -> None:
    assert "SecurityGroupIngress" not in group_of_the_api(default)
    assert not default.of_type("AWS::EC2::SecurityGroupIngress")


def test_networks_reach_the_private_endpoint_over_https_alone() -> None:
    app = made(private_access_cidrs=["10.8.0.0/16", "192.168.7.0/24"])

    assert group_of_the_api(app)["SecurityGroupIngress"] == [
        {
            "CidrIp": cidr,
            "Description": "The Kubernetes API",
            "FromPort": 443,
            "IpProtocol": "tcp",
            "ToPort": 443,
        }
        for cidr in ("10.8.0.0/16", "192.168.7.0/24")
    ]
    assert not app.of_type("AWS::EC2::SecurityGroupIngress"), "nodes and pods are opened to nobody"


def test_a_private_range_that_only_a_deploy_knows_is_taken() -> None:
    stack = new_stack()
    office = cdk.CfnParameter(stack, "Office").value_as_string
    vpc = known_vpc(stack)
    ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets, private_access_cidrs=[office])

    (rule,) = group_of_the_api(Synthesized(stack))["SecurityGroupIngress"]
    assert rule["CidrIp"] == {"Ref": "Office"}


def test_private_ranges_that_are_too_large_invalid_or_repeated_are_refused_together() -> None:
    with pytest.raises(InputError) as refused:
        made(private_access_cidrs=["0.0.0.0/0", "10.8.0.0/16", "10.8.0.0/16", "127.0.0.1/32"])

    where = "Stack/Plane: private_access_cidrs"
    assert [str(problem) for problem in refused.value.problems] == [
        f"{where}: must be a network of /8 or smaller, got '0.0.0.0/0'; name the networks that have a "
        f"route to the VPC, such as '10.8.0.0/16'",
        f"{where}: must not contain an address of 127.0.0.0/8, which no packet comes from, got "
        f"'127.0.0.1/32'",
        f"{where}: must name each range once, got '10.8.0.0/16'",
    ]


def refusal(zones: list[str] | None = None, **kwargs: Any) -> list[str]:
    stack = new_stack()
    vpc = known_vpc(stack, availability_zones=zones) if zones else known_vpc(stack)
    with pytest.raises(InputError) as refused:
        ControlPlane(stack, "Plane", **{"vpc": vpc, "subnets": vpc.private_subnets, **kwargs})
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("a.b", "; did you mean 'a-b'?"),
        ("-shop", "; did you mean 'shop'?"),
        ("x" * 101, f"; did you mean '{'x' * 100}'?"),
        ("...", ""),
    ],
)
def test_a_name_that_eks_refuses_is_refused(name: str, fix: str) -> None:
    assert refusal(cluster_name=name) == [
        "Stack/Plane: cluster_name: must be 1 to 100 letters, digits, hyphens and underscores, with a letter "
        f"or digit first, got {name!r}{fix}"
    ]


def test_a_name_with_an_underscore_is_taken() -> None:
    assert made(cluster_name="shop_1").only("AWS::EKS::Cluster")[1]["Name"] == "shop_1"


def test_a_control_plane_in_one_zone_is_refused() -> None:
    where = "Stack/Plane: subnets: must lie in at least two availability zones"
    fix = "add a subnet of another zone: EKS spreads a control plane over two zones or more"

    assert refusal(zones=["eu-west-1a", "eu-west-1a"]) == [f"{where}, got 'eu-west-1a'; {fix}"]
    stack = new_stack()
    subnet = ec2.Subnet.from_subnet_id(stack, "Subnet", "subnet-a")
    assert refusal(subnets=[subnet]) == [f"{where}, got 'one subnet'; {fix}"]


def test_a_control_plane_in_a_local_zone_is_refused() -> None:
    assert refusal(zones=["us-west-2a", "us-west-2-lax-1a"]) == [
        "Stack/Plane: subnets: must lie in zones of the region itself, where EKS has the control plane, got "
        "'us-west-2-lax-1a'; leave the subnet out",
        "Stack/Plane: subnets: must lie in at least two availability zones, got 'us-west-2a'; add a subnet "
        "of another zone: EKS spreads a control plane over two zones or more",
    ]


@pytest.mark.parametrize(
    "zones", [["us-gov-west-1a", "us-gov-west-1b"], ["us-isob-east-1a", "us-isob-east-1b"]]
)
def test_zones_of_every_partition_are_taken(zones: list[str]) -> None:
    stack = new_stack()
    vpc = known_vpc(stack, availability_zones=zones)

    assert len(ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets).subnets) == 2


def test_zones_that_only_a_deployment_knows_are_taken_on_trust() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    subnets = [ec2.Subnet.from_subnet_id(stack, name, f"subnet-{name}") for name in ("a", "b")]

    assert len(ControlPlane(stack, "Plane", vpc=vpc, subnets=subnets).subnets) == 2


def test_subnets_in_a_list_parameter_are_taken_whole() -> None:
    stack = new_stack()
    ids = cdk.CfnParameter(stack, "Nodes", type="List<AWS::EC2::Subnet::Id>").value_as_list
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["eu-west-1a"], private_subnet_ids=ids
    )
    ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets)

    network = Synthesized(stack).only("AWS::EKS::Cluster")[1]["ResourcesVpcConfig"]
    assert network["SubnetIds"] == {"Ref": "Nodes"}


def test_without_subnets_the_private_subnets_of_the_vpc_are_taken() -> None:
    stack = new_stack()
    plane = ControlPlane(stack, "Plane", vpc=known_vpc(stack), subnets=[])

    assert [subnet.subnet_id for subnet in plane.subnets] == ["subnet-a", "subnet-b"]


def test_a_public_range_that_is_invalid_is_refused() -> None:
    assert refusal(public_access_cidrs=["198.51.100.7", "198.51.100.0/24"]) == [
        "Stack/Plane: public_access_cidrs: must be an IPv4 range from /0 to /32, got '198.51.100.7'; add its "
        "length: '198.51.100.7/32'"
    ]


def test_a_list_parameter_has_public_ranges_and_cannot_have_private_ones() -> None:
    stack = new_stack()
    offices = cdk.CfnParameter(stack, "Offices", type="CommaDelimitedList").value_as_list
    vpc = known_vpc(stack)
    ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets, public_access_cidrs=offices)
    network = Synthesized(stack).only("AWS::EKS::Cluster")[1]["ResourcesVpcConfig"]

    assert network["PublicAccessCidrs"] == {"Ref": "Offices"}
    assert refusal(private_access_cidrs=offices) == [
        "Stack/Plane: private_access_cidrs: must be a list of known length, since each range gets a rule of "
        "its own in a security group; take each range of a list parameter with cdk.Fn.select()"
    ]


def test_one_range_of_a_list_parameter_is_taken() -> None:
    stack = new_stack()
    offices = cdk.CfnParameter(stack, "Offices", type="CommaDelimitedList").value_as_list
    vpc = known_vpc(stack)
    first = cdk.Fn.select(0, offices)
    ControlPlane(stack, "Plane", vpc=vpc, subnets=vpc.private_subnets, private_access_cidrs=[first])

    (rule,) = group_of_the_api(Synthesized(stack))["SecurityGroupIngress"]
    assert rule["CidrIp"] == {"Fn::Select": [0, {"Ref": "Offices"}]}
