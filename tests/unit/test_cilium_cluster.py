"""`CiliumCluster` in other people's apps: partitions, regions, flags, two at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import CiliumCluster, CiliumValues, Egress, Hubble, InputError, PodSubnets
from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph
from cdk_eks_cilium.cilium_cluster import nat_gateways_by_zone
from tests.small_apps import Synthesized, known_vpc, new_stack
from tests.stacks.conftest import flat

HELM = "Custom::AWSCDK-EKS-HelmChart"
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
REMOVAL = "Custom::AwsNodeRemoval"


@pytest.fixture(scope="session")
def flags(root: Path) -> dict[str, Any]:
    """All recommended feature flags."""
    context: dict[str, Any] = json.loads((root / "cdk.json").read_text())["context"]
    return context


def made(context: dict[str, Any] | None = None, **env: str) -> Synthesized:
    stack = new_stack(context=context, env=cdk.Environment(**env) if env else None)
    CiliumCluster(stack, "Platform")
    return Synthesized(stack)


@pytest.fixture(scope="module")
def agnostic() -> Synthesized:
    """The hello-world, in a stack without account and region, with no feature flag."""
    return made()


def test_a_stack_for_any_account_and_region_synthesizes_without_a_warning(agnostic: Synthesized) -> None:
    assert agnostic.messages == []
    assert cycles(dependency_graph(agnostic.template)) == []


def test_the_end_of_node_egress_is_told_once_and_not_as_a_warning(agnostic: Synthesized) -> None:
    (remark,) = [each for each in agnostic.remarks if " ends with " in each]
    assert remark.startswith("egress: 'node' ends with Cilium 1.21")


def test_all_recommended_flags_give_no_warning_either(flags: dict[str, Any]) -> None:
    template = made(flags)

    assert template.messages == []
    assert cycles(dependency_graph(template.template)) == []


def test_flags_change_no_step_of_the_deployment(agnostic: Synthesized, flags: dict[str, Any]) -> None:
    with_flags = made(flags)

    for kind in (
        HELM,
        REMOVAL,
        MANIFEST,
        "AWS::EKS::Cluster",
        "AWS::EKS::Nodegroup",
        "AWS::IAM::OIDCProvider",
    ):
        assert len(agnostic.of_type(kind)) == len(with_flags.of_type(kind)) >= 1, kind


@pytest.mark.parametrize("zones", [2, 3])
def test_the_pods_get_a_subnet_in_each_zone_of_a_new_vpc(zones: int) -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=zones)
    CiliumCluster(stack, "Platform", vpc=vpc)
    subnets = Synthesized(stack).of_type("AWS::EC2::Subnet", "PodSubnets")

    # Without a region CloudFormation can promise two zones only.
    assert len(subnets) == len(vpc.availability_zones) == 2


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_names_of_other_partitions_are_right_with_and_without_flags(
    region: str, partition: str, flags: dict[str, Any]
) -> None:
    def text(context: dict[str, Any] | None) -> str:
        stack = new_stack(context=context, env=cdk.Environment(account="123456789012", region=region))
        CiliumCluster(
            stack, "Platform", vpc=known_vpc(stack, availability_zones=[f"{region}a", f"{region}b"])
        )
        return json.dumps(Synthesized(stack).template)

    literal, tokens = text(flags), text(None)

    assert f"arn:{partition}:ec2:{region}:123456789012:network-interface/*" in literal
    assert "arn:aws:" not in literal
    assert "arn:aws:" not in tokens
    assert "AWS::Partition" in tokens


def test_two_clusters_of_one_stack_share_nothing_that_has_one_name() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    pods = PodSubnets(stack, "Pods", vpc=vpc)
    for name in ("Blue", "Green"):
        CiliumCluster(stack, name, vpc=vpc, pod_subnets=pods)
    template = Synthesized(stack)
    manifests = template.of_type(MANIFEST).values()
    roles = [json.loads(flat(m["Manifest"]))[0]["metadata"]["name"] for m in manifests]
    groups = [
        group
        for entry in template.of_type("AWS::EKS::AccessEntry").values()
        for group in entry.get("KubernetesGroups", [])
    ]
    names = [
        json.loads(flat(release["Values"]))["cluster"]["name"] for release in template.of_type(HELM).values()
    ]
    logs = [g["LogGroupName"] for g in template.of_type("AWS::Logs::LogGroup", "PlaneLogs").values()]
    clusters = [cluster["Name"] for cluster in template.of_type("AWS::EKS::Cluster").values()]

    for values in (roles, groups):  # of two functions in each cluster
        assert len(values) == len(set(values)) == 4, values
    for values in (names, logs, clusters):
        assert len(values) == len(set(values)) == 2, values
    assert cycles(dependency_graph(template.template)) == []


def test_two_stacks_of_one_app_have_clusters_of_their_own() -> None:
    first = new_stack("First")
    second = cdk.Stack(cast(cdk.App, first.node.root), "Second")
    clusters = [
        CiliumCluster(stack, "Platform", vpc=known_vpc(stack, vpc_id=f"vpc-{stack.stack_name}"))
        for stack in (first, second)
    ]

    assert len({cluster.control_plane.name for cluster in clusters}) == 2
    assert len({cluster.cilium.cluster_name for cluster in clusters}) == 2


def test_the_pod_range_can_be_chosen_and_is_judged() -> None:
    stack = new_stack()
    with pytest.raises(InputError) as refused:
        CiliumCluster(stack, "Platform", pod_cidr="192.168.0.0/16")

    (problem,) = refused.value.problems
    assert problem.where == "Stack/Platform/PodSubnets: cidr"


@pytest.mark.parametrize("given", [True, False], ids=["given", "made"])
def test_the_range_of_services_may_not_overlap_the_pods(given: bool) -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    pods: dict[str, Any] = {"pod_cidr": "10.100.0.0/16"}
    if given:
        pods = {"pod_subnets": PodSubnets(stack, "Pods", vpc=vpc, cidr="10.100.0.0/16")}

    with pytest.raises(
        InputError, match=r"service_cidr: must not overlap 10\.100\.0\.0/16, a range of the pods"
    ):
        CiliumCluster(stack, "Platform", vpc=vpc, service_cidr="10.100.0.0/20", **pods)


def test_pods_of_a_new_vpc_leave_through_its_gateways_when_asked() -> None:
    stack = new_stack()
    CiliumCluster(stack, "Platform", values=CiliumValues(egress=Egress.pod()))
    template = Synthesized(stack)
    routes = template.of_type("AWS::EC2::Route", "PodSubnets")

    assert len(routes) == len(template.of_type("AWS::EC2::Subnet", "PodSubnets"))
    assert {route["DestinationCidrBlock"] for route in routes.values()} == {"0.0.0.0/0"}


def test_pods_of_a_given_vpc_are_routed_by_whoever_made_it() -> None:
    stack = new_stack()
    CiliumCluster(stack, "Platform", vpc=known_vpc(stack), values=CiliumValues(egress=Egress.pod()))

    with pytest.raises(RuntimeError, match=r"call route_through_nat\(\) on the pod subnets"):
        Synthesized(stack)


def test_each_zone_shares_a_gateway_where_there_are_fewer() -> None:
    stack = new_stack()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
    gateways = nat_gateways_by_zone(vpc)

    assert list(gateways) == vpc.availability_zones
    assert len(set(gateways.values())) == 1
    assert nat_gateways_by_zone(known_vpc(stack, "Known")) == {}


def test_nodes_can_be_left_out() -> None:
    stack = new_stack()
    CiliumCluster(stack, "Platform", vpc=known_vpc(stack), default_nodes=False)
    template = Synthesized(stack)

    assert not template.of_type("AWS::EKS::Nodegroup")
    assert not template.of_type("AWS::IAM::Role", "NodeRole")


def test_without_a_public_range_the_api_is_private(agnostic: Synthesized) -> None:
    network = agnostic.only("AWS::EKS::Cluster")[1]["ResourcesVpcConfig"]

    assert (network["EndpointPrivateAccess"], network["EndpointPublicAccess"]) == (True, False)


def test_the_commands_are_for_what_is_installed() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    values = CiliumValues(egress=Egress.node(), hubble=Hubble(ui=False))

    assert list(CiliumCluster(stack, "Default", vpc=vpc).commands) == [
        "Kubeconfig",
        "CiliumStatus",
        "ConnectivityTest",
        "HubbleUi",
    ]
    assert (
        "HubbleUi"
        not in CiliumCluster(stack, "Bare", vpc=vpc, pod_cidr="100.65.0.0/16", values=values).commands
    )


def test_private_ranges_reach_the_api_over_the_vpc() -> None:
    stack = new_stack()
    CiliumCluster(stack, "Platform", vpc=known_vpc(stack), private_access_cidrs=["10.8.0.0/16"])
    _, group = Synthesized(stack).only("AWS::EC2::SecurityGroup", "ControlPlaneSecurityGroup")

    assert [(rule["CidrIp"], rule["ToPort"]) for rule in group["SecurityGroupIngress"]] == [
        ("10.8.0.0/16", 443)
    ]
