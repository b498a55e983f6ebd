"""Mistakes of a network that deploy without an error: the verdict finds each, and names resource and rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, Template, find, synthesize, with_mistake
from tests.settings_files import with_chart

pytestmark = pytest.mark.slow

SETTINGS = ROOT / "tests/stacks/settings"
NODES = "AWS::EC2::LaunchTemplate"

Assembly = Callable[[str], Path]


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The assembly of a settings file, by its name."""
    made: dict[str, Path] = {}

    def synthesized(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            path = ROOT / "settings.yaml" if name == "default" else SETTINGS / f"{name}.yaml"
            made[name] = synthesize(with_chart(path, folder), folder / "out")
        return made[name]

    return synthesized


def found(
    assembly: Path, out: Path, break_it: Callable[[Template], None], stack: str = "network"
) -> dict[str, str]:
    """What is wrong, by the question that it answers; the deployment itself succeeds."""
    report = rehearse(with_mistake(assembly, out / "broken", stack, break_it), destroy=False)
    assert report.failures == {}
    assert not report.succeeded
    return {f.check.partition(": ")[2]: f.detail for f in report.findings if not f.good}


def acl(template: Template, subnet: str, *rules: dict[str, Any]) -> None:
    """Gives a subnet an ACL of its own."""
    resources = template["Resources"]
    vpc = {"Ref": find(template, "AWS::EC2::VPC")}
    resources["Acl"] = {"Type": "AWS::EC2::NetworkAcl", "Properties": {"VpcId": vpc}}
    uses = {"SubnetId": {"Ref": find(template, "AWS::EC2::Subnet", subnet)}, "NetworkAclId": {"Ref": "Acl"}}
    resources["AclUses"] = {"Type": "AWS::EC2::SubnetNetworkAclAssociation", "Properties": uses}
    for number, rule in enumerate(rules, start=100):
        everyone = {"RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "Protocol": -1}
        properties = {"NetworkAclId": {"Ref": "Acl"}, "RuleNumber": number, **everyone, **rule}
        resources[f"AclRule{number}"] = {"Type": "AWS::EC2::NetworkAclEntry", "Properties": properties}


def test_a_missing_nat_route_cuts_the_pods_of_one_zone_from_the_internet(
    assembly: Assembly, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        del template["Resources"][find(template, "AWS::EC2::Route", "PodSubnetsSubnet2DefaultRoute")]

    wrong = found(assembly("pod-egress"), tmp_path, break_it)

    assert wrong["pods to the internet, TCP 443"] == (
        "pods in us-east-1b: pods-out-network/PodSubnets/Subnet2/RouteTable: no route to the internet "
        "(198.51.100.1/32)"
    )
    assert set(wrong) == {
        "pods to the internet, TCP 443",
        "pods to AWS: sts, TCP 443",
        "pod subnets have a way out where pods are not masqueraded",
    }


def test_an_endpoints_group_that_admits_the_range_of_nodes_alone_cuts_pods_off(
    assembly: Assembly, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        group = template["Resources"][find(template, "AWS::EC2::SecurityGroup", "EndpointsClients")][
            "Properties"
        ]
        group["SecurityGroupIngress"] = [
            rule for rule in group["SecurityGroupIngress"] if rule["CidrIp"] == "10.0.0.0/16"
        ]

    wrong = found(assembly("isolated"), tmp_path, break_it)

    ((question, detail),) = wrong.items()
    assert question.startswith("pods to AWS: sts, ")
    assert detail.startswith(
        "pods in eu-west-1a to the endpoint of sts in eu-west-1a: sealed-network/Endpoints/Clients: "
    )
    assert "no rule admits TCP 443 from pods in eu-west-1a (100.64.0.0/17)" in detail


def test_an_acl_that_stops_answers_from_the_internet_cuts_its_nodes_off(
    assembly: Assembly, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        acl(
            template,
            "NodeSubnet1",
            {"Egress": True},
            {"CidrBlock": "10.0.0.0/8"},
            {"CidrBlock": "100.64.0.0/10"},
        )

    wrong = found(assembly("default"), tmp_path, break_it)

    assert wrong["nodes to the internet, TCP 443"] == (
        "nodes in eu-west-1a: platform-network/Acl: TCP 32768-60999 in from the internet (198.51.100.1/32): "
        "no rule allows TCP 32768-60999, so rule * denies it"
    )
    # Pods leave by their nodes, and masquerading takes lower ports, too.
    assert "TCP 1024-65535 in from the internet" in wrong["pods to the internet, TCP 443"]
    assert "nodes to the Kubernetes API, TCP 443" not in wrong


def test_nodes_in_a_group_of_their_own_lose_the_control_plane(assembly: Assembly, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        resources = template["Resources"]
        vpc = resources[find(template, "AWS::EC2::SecurityGroup", "ControlPlane")]["Properties"]["VpcId"]
        properties = {"GroupDescription": "nodes, without a rule for themselves", "VpcId": vpc}
        resources["OwnGroup"] = {"Type": "AWS::EC2::SecurityGroup", "Properties": properties}
        data = resources[find(template, NODES)]["Properties"]["LaunchTemplateData"]
        data["SecurityGroupIds"] = [{"Fn::GetAtt": ["OwnGroup", "GroupId"]}]

    wrong = found(assembly("default"), tmp_path, break_it, stack="cluster")

    admits = "no rule admits"
    plane = wrong["nodes to the Kubernetes API, TCP 443"]
    assert "EKS's security group of cluster platform and platform-cluster/Platform/ControlPlane" in plane
    assert f"{admits} TCP 443 from nodes in eu-west-1a (10.0.96.0/19)" in plane
    kubelet = wrong["the control plane to nodes, TCP 10250"]
    assert f"platform-cluster/OwnGroup: {admits} TCP 10250 from the control plane in eu-west-1a" in kubelet
    # Pods have the groups of their node, and that group lacks a rule for itself.
    assert (
        f"platform-cluster/OwnGroup: {admits} any TCP port from pods" in wrong["pods to pods, any TCP port"]
    )
    assert "pods to CoreDNS, UDP 53" in wrong


def test_endpoints_in_a_vpc_without_dns_host_names_answer_nobody(assembly: Assembly, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        vpc = template["Resources"][find(template, "AWS::EC2::VPC")]["Properties"]
        assert vpc["EnableDnsHostnames"] is True
        vpc["EnableDnsHostnames"] = False

    wrong = found(assembly("isolated"), tmp_path, break_it)

    assert "does not resolve to its private addresses" in wrong["nodes to the Kubernetes API, TCP 443"]
    assert "the DNS support or the DNS host names of sealed-network/Vpc are off" in str(wrong)


def test_an_attachment_without_a_zone_cuts_that_zone_from_the_premises(
    assembly: Assembly, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        kind = "AWS::EC2::TransitGatewayVpcAttachment"
        properties = template["Resources"][find(template, kind)]["Properties"]
        properties["SubnetIds"] = properties["SubnetIds"][:1]

    wrong = found(assembly("on-premises"), tmp_path, break_it)

    there = "10.128.0.0/9 behind a transit gateway, TCP 443"
    reason = "tgw-0123456789abcdef0: its attachment does not have a subnet in us-east-1b"
    assert wrong[f"nodes to {there}"] == f"nodes in us-east-1b: {reason}"
    assert reason in wrong[f"pods to {there}"]


def test_an_api_that_is_public_alone_does_not_admit_its_own_nodes(assembly: Assembly, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        cluster = template["Resources"][find(template, "AWS::EKS::Cluster")]["Properties"]
        cluster["ResourcesVpcConfig"]["EndpointPrivateAccess"] = False

    wrong = found(assembly("default"), tmp_path, break_it, stack="cluster")

    assert (
        "it admits 203.0.113.0/24, and not public addresses of NAT gateways"
        in (wrong["nodes to the Kubernetes API, TCP 443"])
    )
    assert "functions to the Kubernetes API, TCP 443" in wrong
    assert "pods to the Kubernetes API, TCP 443" not in wrong


def test_what_an_update_cuts_is_told_with_the_change_that_cut_it(assembly: Assembly, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        del template["Resources"][find(template, "AWS::EC2::Route", "PodSubnetsSubnet2DefaultRoute")]

    before = assembly("pod-egress")
    after = with_mistake(before, tmp_path / "broken", "network", break_it)

    report = rehearse(before, update=after, destroy=False)

    (internet,) = [each for each in report.interruptions if "internet" in each.way]
    assert internet.way == "pods in us-east-1b to the internet, TCP 443"
    assert internet.needed
    assert internet.after.startswith("pods-out-network/PodSubnetsSubnet2DefaultRoute")
    assert internet.until == ""
    assert f"while the update ran, {internet}" in report.notes
    assert not report.succeeded
