"""The second pass of apps that look values up, here without the command line: real values are judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ssm as ssm

from cdk_eks_cilium import (
    CiliumCluster,
    CiliumVersion,
    ControlPlane,
    ExistingPodSubnets,
    InputError,
    PodSubnets,
)
from tests.small_apps import TEMPLATES_ONLY

Build = Callable[[cdk.Stack], object]


def passes(build: Build, tmp_path: Path, **answers: Any) -> object:
    """Build a stack without answers, and again with an answer for each look-up, by its provider."""

    def run(context: dict[str, Any]) -> tuple[object, cdk.App]:
        app = cdk.App(
            context={**TEMPLATES_ONLY, **context},
            outdir=str(tmp_path),
            builtin_cloud_formation_validation=False,
        )
        env = cdk.Environment(account="123456789012", region="eu-west-1")
        return build(cdk.Stack(app, "Shop", env=env)), app

    _, first = run({})
    first.synth()
    missing = json.loads((tmp_path / "manifest.json").read_text())["missing"]
    made, _ = run({each["key"]: answers[each["provider"].replace("-", "_")] for each in missing})
    return made


def refused(build: Build, tmp_path: Path, **answers: Any) -> list[str]:
    with pytest.raises(InputError) as error:
        passes(build, tmp_path, **answers)
    return [str(problem) for problem in error.value.problems]


def vpc(primary: str = "10.20.0.0/16", zones: str = "ab", group: str = "Nodes") -> dict[str, Any]:
    """The answer to a look-up of a VPC with private subnets of one group."""
    subnets = [
        {
            "subnetId": f"subnet-{group}{zone}".lower(),
            "availabilityZone": f"eu-west-1{zone}",
            "routeTableId": f"rtb-{zone}",
            "cidr": "10.20.0.0/24",
        }
        for zone in zones
    ]
    return {
        "vpcId": "vpc-0123456789abcdef0",
        "vpcCidrBlock": primary,
        "availabilityZones": [],
        "subnetGroups": [{"name": group, "type": "Private", "subnets": subnets}],
    }


def found(stack: cdk.Stack) -> ec2.IVpc:
    known = stack.node.try_find_child("Vpc")
    return cast(ec2.IVpc, known) if known else ec2.Vpc.from_lookup(stack, "Vpc", vpc_name="shared")


def parameter(stack: cdk.Stack, name: str = "value") -> str:
    return ssm.StringParameter.value_from_lookup(stack, f"/network/{name}")


def test_a_vpc_s_zones_and_range_are_taken(tmp_path: Path) -> None:
    made = passes(lambda stack: PodSubnets(stack, "Pods", vpc=found(stack)), tmp_path, vpc_provider=vpc())

    assert isinstance(made, PodSubnets)
    assert made.availability_zones == ("eu-west-1a", "eu-west-1b")


def test_a_control_plane_in_a_vpc_with_one_zone_is_refused(tmp_path: Path) -> None:
    (text,) = refused(
        lambda stack: ControlPlane(stack, "Plane", vpc=found(stack), subnets=found_nodes(stack)),
        tmp_path,
        vpc_provider=vpc(zones="a"),
    )

    assert text.startswith(
        "Shop/Plane: subnets: must lie in at least two availability zones, got 'eu-west-1a'"
    )


def found_nodes(stack: cdk.Stack) -> list[ec2.ISubnet]:
    nodes: list[ec2.ISubnet] = found(stack).select_subnets(subnet_group_name="Nodes").subnets
    return nodes


def test_subnets_of_a_group_are_empty_at_first_and_then_taken(tmp_path: Path) -> None:
    def build(stack: cdk.Stack) -> ExistingPodSubnets:
        pods = found(stack).select_subnets(subnet_group_name="Pods").subnets
        ids = {pod.availability_zone: pod.subnet_id for pod in pods}
        return ExistingPodSubnets(stack, "Pods", subnet_ids=ids)

    made = passes(build, tmp_path, vpc_provider=vpc(group="Pods"))

    assert isinstance(made, ExistingPodSubnets)
    assert made.subnet_ids == ("subnet-podsa", "subnet-podsb")


def test_routes_wait_for_the_zones_of_the_vpc(tmp_path: Path) -> None:
    def build(stack: cdk.Stack) -> PodSubnets:
        pods = PodSubnets(stack, "Pods", vpc=found(stack))
        pods.route_through_private_nat(
            {"eu-west-1a": "nat-a", "eu-west-1b": "nat-b"}, [parameter(stack, "offices")]
        )
        pods.route_through_nat({"eu-west-1a": "nat-a"})
        return pods

    assert refused(build, tmp_path, vpc_provider=vpc(), ssm="10.8.0.0/13") == [
        "Shop/Pods: every pod subnet must have a NAT gateway, got 'eu-west-1b'; name one for its zone"
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("100.80.0.0/8", "Shop/Pods: cidr: must be written as its first address and its length"),
        ("10.20.0.0/20", "Shop/Pods: cidr: must not overlap 10.20.0.0/16, the primary range of the VPC"),
    ],
)
def test_a_range_in_a_parameter_is_judged(tmp_path: Path, value: str, text: str) -> None:
    texts = refused(
        lambda stack: PodSubnets(stack, "Pods", vpc=found(stack), cidr=parameter(stack)),
        tmp_path,
        vpc_provider=vpc(),
        ssm=value,
    )

    assert any(each.startswith(text) for each in texts)


def test_a_range_beside_a_vpc_to_look_up_is_judged_by_its_form_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Shop/Pods: cidr: must be an IPv4 range from /16 to /28"):
        passes(lambda stack: PodSubnets(stack, "Pods", vpc=found(stack), cidr="pods"), tmp_path)


def test_ids_and_an_owner_in_parameters_are_judged(tmp_path: Path) -> None:
    def build(stack: cdk.Stack) -> ExistingPodSubnets:
        ids = parameter(stack).split(",")
        return ExistingPodSubnets(stack, "Pods", subnet_ids=dict(zip(stack.availability_zones, ids)))  # noqa: B905

    assert refused(build, tmp_path, ssm="subnet-1,none", availability_zones=["a", "b"]) == [
        "Shop/Pods: subnet_ids: must be ids of subnets, got 'none'; for example 'subnet-0123456789abcdef0'"
    ]


def test_a_name_in_a_parameter_is_judged(tmp_path: Path) -> None:
    texts = refused(
        lambda stack: ControlPlane(
            stack, "Plane", vpc=found(stack), subnets=found_nodes(stack), cluster_name=parameter(stack)
        ),
        tmp_path,
        vpc_provider=vpc(),
        ssm="a.b",
    )

    assert [text.partition(", got ")[2] for text in texts] == ["'a.b'; did you mean 'a-b'?"]


def test_a_whole_cluster_of_parameters_passes_and_its_ranges_are_judged_together(tmp_path: Path) -> None:
    def build(stack: cdk.Stack) -> CiliumCluster:
        found_range = parameter(stack)
        return CiliumCluster(
            stack,
            "Platform",
            vpc=ec2.Vpc(stack, "Vpc", max_azs=2),
            cluster_name="shop",
            pod_cidr=f"{found_range}/16",
            service_cidr=f"{found_range}/18",
        )

    texts = refused(build, tmp_path, ssm="10.96.0.0", availability_zones=["eu-west-1a", "eu-west-1b"])

    assert any(
        "must not overlap 10.96.0.0/16, a range of the pods, got '10.96.0.0/18'" in text for text in texts
    )


def nodes(stack: cdk.Stack, **props: Any) -> CiliumCluster:
    """A cluster with one group of nodes."""
    made = CiliumCluster(
        stack, "Platform", vpc=ec2.Vpc(stack, "Vpc", max_azs=2), cluster_name="shop", default_nodes=False
    )
    made.cilium.add_node_group("workers", **props)
    return made


@pytest.mark.parametrize("accelerator", [None, "nvidia", "neuron"])
def test_types_of_nodes_in_a_parameter_are_judged(tmp_path: Path, accelerator: str | None) -> None:
    texts = refused(
        lambda stack: nodes(stack, instance_types=[parameter(stack)], accelerator=accelerator),
        tmp_path,
        ssm="m9z.large",
        availability_zones=["eu-west-1a", "eu-west-1b"],
    )

    assert any("instance_types: " in text and "'m9z.large'" in text for text in texts)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("ami_id", "image-1", "must be the id of an image"),
        ("image_version", "newest", "must be 'latest' or a release of bottlerocket"),
    ],
)
def test_an_image_in_a_parameter_is_judged(tmp_path: Path, name: str, value: str, rule: str) -> None:
    texts = refused(
        lambda stack: nodes(stack, **{name: parameter(stack)}),
        tmp_path,
        ssm=value,
        availability_zones=["eu-west-1a", "eu-west-1b"],
    )

    assert any(f"{name}: {rule}, got '{value}'" in text for text in texts)


def test_a_version_of_cilium_in_a_parameter_is_judged(tmp_path: Path) -> None:
    texts = refused(lambda stack: CiliumVersion.of(parameter(stack)), tmp_path, ssm="1.14.99")

    assert ["cilium.version: " in text and "1.14.99" in text for text in texts] == [True]
