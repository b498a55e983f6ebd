"""The control plane's refusals, warnings and what it brings by itself."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
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
