"""`Cilium` on clusters that others made: what it refuses, what it orders, what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium import (
    Cilium,
    CiliumValues,
    CiliumVersion,
    Egress,
    InputError,
    PodSubnets,
)
from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for
from rehearsal.charts.repository import stand_in
from tests.small_apps import Synthesized, imported_cluster, known_vpc, new_stack, on_plain_cluster
from tests.stacks.conftest import flat

HELM = "Custom::AWSCDK-EKS-HelmChart"
GROUP = "AWS::EKS::Nodegroup"
REMOVAL = "Custom::AwsNodeRemoval"
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
POD = CiliumValues(egress=Egress.pod())


def made(network: Cilium) -> Synthesized:
    return Synthesized(cdk.Stack.of(network))


def refusal(**kwargs: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        on_plain_cluster(**kwargs)
    return [str(problem) for problem in refused.value.problems]


def image_refusal(image: str, interface: str = "eth0") -> list[str]:
    network = on_plain_cluster(values=CiliumValues(egress=Egress.node(interface)))
    with pytest.raises(InputError) as refused:
        network.add_node_group("workers", image=image)
    return [str(problem) for problem in refused.value.problems]


def test_nodes_without_a_shell_are_refused_where_node_init_runs_a_script() -> None:
    values = CiliumValues(egress=Egress.node(), node_init=True)
    network = on_plain_cluster(values=values, version=CiliumVersion.of("1.13.1"))
    with pytest.raises(
        InputError, match="must have a shell for node_init, whose script Bottlerocket cannot run"
    ):
        network.add_node_group("workers")


def test_the_egress_must_be_chosen() -> None:
    assert refusal(values=CiliumValues()) == [
        "Stack/Cilium: values.egress: must be chosen; "
        "Egress.node() with Bottlerocket nodes, or Egress.pod() with routed pod subnets"
    ]


def test_the_article_has_chosen_its_egress() -> None:
    network = on_plain_cluster(values=CiliumValues(profile="article"), version=CiliumVersion.V1_12)

    assert network.values.egress == Egress.node()


def test_an_auto_mode_cluster_is_refused_in_words() -> None:
    (text,) = refusal(cluster={"default_capacity_type": None, "default_capacity": None})

    assert text.startswith(
        "Stack/Cilium: an Auto Mode cluster has a CNI of its own that Cilium cannot replace;"
    )


def test_values_and_cluster_are_refused_together() -> None:
    texts = refusal(
        values=CiliumValues(overrides={"ipam": {"mode": "kubernetes"}}),
        cluster={"bootstrap_self_managed_addons": False},
    )

    assert [text.split(": ")[1] if ": " in text else text for text in texts] == [
        "must not be set",
        "values.egress",
        "aws_node",
    ]


def test_a_name_that_only_the_deployment_knows_must_be_given_to_cilium() -> None:
    (text,) = refusal(cluster={"cluster_name": None})

    assert text.startswith(
        "Stack/Cilium: cluster_name: cannot be derived from a name that only the deployment knows"
    )
    assert on_plain_cluster(cluster={"cluster_name": None}, cluster_name="shop").cluster_name == "shop"


def test_nodes_in_a_zone_without_a_pod_subnet_are_refused() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    pods = PodSubnets(stack, "Pods", vpc=vpc, availability_zones=["eu-west-1a"])
    with pytest.raises(InputError) as refused:
        Cilium(stack, "Cilium", cluster=imported_cluster(stack, vpc), pod_subnets=pods, values=POD)

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Cilium: node_subnets: must lie in zones with a pod subnet (eu-west-1a), where pods find "
        "addresses, got 'eu-west-1b'; add the zone to the pod subnets, or leave the subnet out"
    ]


def test_pods_with_their_own_address_need_a_route_before_the_app_synthesizes() -> None:
    network = on_plain_cluster(values=POD)

    with pytest.raises(RuntimeError, match="Validation failed with the following errors") as failed:
        made(network)
    assert (
        "[Stack/Cilium] Stack/Pods: Egress.pod() needs a route from the pod subnets out of the VPC, which "
        "is missing; call route_through_nat() on the pod subnets (existing ones: pass has_way_out=True), or "
        "use Egress.node()"
    ) in str(failed.value)


def test_a_route_made_after_cilium_is_a_way_out_too() -> None:
    network = on_plain_cluster(values=POD)
    assert isinstance(network.pod_subnets, PodSubnets)
    network.pod_subnets.route_through_nat({"eu-west-1a": "nat-a", "eu-west-1b": "nat-b"})

    assert made(network).of_type(HELM)


def test_al2023_needs_the_exact_interface() -> None:
    assert image_refusal("al2023") == [
        "Stack/Cilium/NodeGroups/workers: image: the primary interface of al2023 nodes must be given exactly "
        "in Egress.node(interface), got 'eth0'; use image 'bottlerocket' for every group, or Egress.pod()"
    ]


@pytest.mark.parametrize("image", ["bottlerocket", "al2"])
def test_images_with_a_fixed_interface_refuse_another(image: str) -> None:
    assert image_refusal(image, "ens5") == [
        f"Stack/Cilium/NodeGroups/workers: image: the primary interface of {image} nodes must be 'eth0' in "
        "Egress.node(interface), got 'ens5'; use image 'bottlerocket' for every group, or Egress.pod()"
    ]


@pytest.mark.parametrize("interface", ["eth0", "ens5"])
def test_an_unknown_image_is_refused_as_such_whatever_the_interface(interface: str) -> None:
    assert image_refusal("windows", interface) == [
        "Stack/Cilium/NodeGroups/workers: image: must be one of al2, al2023, bottlerocket, got 'windows'; "
        "use 'bottlerocket'"
    ]


@pytest.mark.parametrize(
    ("values", "image"),
    [
        (CiliumValues(egress=Egress.node("ens5")), "al2023"),
        (CiliumValues(egress=Egress.node()), "bottlerocket"),
        (POD, "al2023"),
        (POD, "bottlerocket"),
    ],
)
def test_images_that_fit_the_egress_are_taken(values: CiliumValues, image: str) -> None:
    network = on_plain_cluster(values=values)
    group = network.add_node_group("workers", image=image, service_cidr="172.20.0.0/16")

    assert network.node_groups == [group]


def test_groups_share_one_role_and_each_waits_for_the_release() -> None:
    network = on_plain_cluster()
    network.add_node_group("one")
    network.add_node_group("two", instance_types=["m6g.large"])
    template = made(network)
    graph = dependency_graph(template.template)
    release, _ = template.only(HELM)
    groups = template.of_type(GROUP)

    assert len(groups) == 2
    assert all(waits_for(graph, name, release) for name in groups)
    assert len({json.dumps(group["NodeRole"]) for group in groups.values()}) == 1


def test_nodes_made_elsewhere_can_be_ordered() -> None:
    network = on_plain_cluster()
    assert isinstance(network.cluster, eks.Cluster)
    network.run_on(network.cluster.add_nodegroup_capacity("Elsewhere"))
    template = made(network)

    assert waits_for(dependency_graph(template.template), template.only(GROUP)[0], template.only(HELM)[0])


def test_a_cluster_made_bare_gets_its_addons_around_nodes_made_elsewhere() -> None:
    network = on_plain_cluster(cluster={"bootstrap_self_managed_addons": False}, aws_node="never-install")
    assert isinstance(network.cluster, eks.Cluster)
    network.run_on(network.cluster.add_nodegroup_capacity("Elsewhere"))
    template = made(network)
    graph = dependency_graph(template.template)
    group, _ = template.only(GROUP)
    release, _ = template.only(HELM)

    assert waits_for(graph, release, template.only("AWS::EKS::Addon", "KubeProxy")[0])
    assert waits_for(graph, template.only("AWS::EKS::Addon", "CoreDns")[0], group)
    assert not template.of_type(REMOVAL)
    assert network.aws_node_removal is None
    assert cycles(graph) == []


def test_the_release_waits_for_everything_that_agents_and_operator_need() -> None:
    template = made(on_plain_cluster(version=CiliumVersion.V1_18))
    graph = dependency_graph(template.template)
    release, _ = template.only(HELM)

    for kind, contains in [
        (REMOVAL, ""),
        (MANIFEST, "CniConfiguration"),
        ("AWS::IAM::Policy", "OperatorRole"),
        ("Custom::AWSCDK-EKS-KubernetesObjectValue", "ApiReady"),
    ]:
        assert waits_for(graph, release, template.only(kind, contains)[0]), kind
    assert all(waits_for(graph, release, name) for name in template.of_type("AWS::EC2::Subnet"))


def test_with_pod_identity_the_release_waits_for_agent_and_association_and_names_no_role() -> None:
    network = on_plain_cluster(operator_identity="pod-identity")
    template = made(network)
    graph = dependency_graph(template.template)
    release, properties = template.only(HELM)

    for kind in ("AWS::EKS::PodIdentityAssociation", "AWS::EKS::Addon", "AWS::IAM::Policy"):
        (name,) = template.of_type(kind, "OperatorRole" if "IAM" in kind else "PodIdentity")
        assert waits_for(graph, release, name), kind
    assert "iamRole" not in flat(properties["Values"])
    assert cycles(graph) == []
    assert network.pod_identity is not None


def test_with_irsa_there_is_no_agent() -> None:
    network = on_plain_cluster()

    assert network.pod_identity is None
    assert not made(network).of_type("AWS::EKS::Addon")


def test_an_operator_too_old_for_pod_identity_is_refused() -> None:
    (text,) = refusal(operator_identity="pod-identity", version=CiliumVersion.of("1.15.19"))

    assert text.startswith("Stack/Cilium: operator_identity: 'pod-identity' needs Cilium 1.16")


def test_an_old_cilium_is_warned_of_where_it_is_used() -> None:
    messages = made(on_plain_cluster(version=CiliumVersion.of("1.16.1"))).messages

    assert any(text.startswith("warning: Cilium 1.16.1 has reached its end of life") for text in messages)


def test_nulls_in_overrides_reach_helm() -> None:
    values = CiliumValues(egress=Egress.node(), overrides={"bpf": {"mapDynamicSizeRatio": None}})
    _, release = made(on_plain_cluster(values=values)).only(HELM)

    assert json.loads(flat(release["Values"]))["bpf"] == {"mapDynamicSizeRatio": None}


def test_helm_values_are_the_ones_of_the_release() -> None:
    network = on_plain_cluster()
    stack = cdk.Stack.of(network)
    _, release = made(network).only(HELM)
    values = json.dumps(network.helm_values, sort_keys=True, separators=(",", ":"))

    assert flat(stack.resolve(values)) == flat(release["Values"])


def test_a_chart_of_this_machine_takes_the_place_of_the_repository(tmp_path: Path) -> None:
    path = tmp_path / "cilium.tgz"
    path.write_bytes(stand_in(CiliumVersion.DEFAULT.number))
    template = made(on_plain_cluster(chart_asset=path))
    _, release = template.only(HELM)

    assert flat(release["ChartAssetURL"]).startswith('{"Fn::Sub": "s3://cdk-')
    assert not {"Chart", "Repository", "Version"} & release.keys()
    assert (release["Release"], release["ServiceTimeout"]) == ("cilium", 960)


def test_a_chart_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cilium.tgz"
    path.write_bytes(stand_in("1.18.12"))

    assert refusal(chart_asset=path) == [
        f"Stack/Cilium: chart_asset: must be of version 1.19.6, not 1.18.12, got '{path}'; fetch it with: "
        "helm pull cilium --repo https://helm.cilium.io/ --version 1.19.6"
    ]


def test_the_strategy_can_be_switched_on_an_update() -> None:
    """Nothing changes but the custom resource and what its function may do."""
    before = made(on_plain_cluster()).template["Resources"]
    after = made(on_plain_cluster(aws_node="patch")).template["Resources"]
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))

    assert [after[name]["Type"] for name in changed] == [REMOVAL, MANIFEST]
    assert all(name.startswith("CiliumAwsNodeRemoval") for name in changed)
