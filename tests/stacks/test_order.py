"""The order of the design, forced by the template itself, in both directions (a destroy is the reverse)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for

HELM = "Custom::AWSCDK-EKS-HelmChart"
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
API_READY = "Custom::AWSCDK-EKS-KubernetesObjectValue"


@pytest.fixture(params=["default", "article", "existing-vpc", "patch"])
def removing(request: pytest.FixtureRequest, synthesize: Callable[[str], Any]) -> Any:
    return synthesize(request.param)


def only(templates: Any, kind: str, contains: str = "") -> str:
    name: str = templates.only(kind, contains=contains)[0]
    return name


def test_every_step_waits_for_the_one_before(removing: Any) -> None:
    graph = dependency_graph(removing.cluster)
    logs = only(removing, "AWS::Logs::LogGroup", "ControlPlaneLogs")
    cluster = only(removing, "AWS::EKS::Cluster")
    ready = only(removing, API_READY)
    rbac = only(removing, MANIFEST, "AwsNodeRemoval")
    entry = only(removing, "AWS::EKS::AccessEntry", "AwsNodeRemoval")
    removal = only(removing, "Custom::AwsNodeRemoval")
    takeover = only(removing, "Custom::CiliumReleaseTakeover")
    release = only(removing, HELM)

    for later, earlier in [
        (cluster, logs),
        (ready, cluster),
        (rbac, ready),
        (removal, rbac),
        (removal, entry),
        (release, removal),
        (takeover, only(removing, MANIFEST, "ReleaseTakeover")),
        (takeover, only(removing, "AWS::EKS::AccessEntry", "ReleaseTakeover")),
        (release, takeover),
        (release, ready),
    ]:
        assert waits_for(graph, later, earlier), f"{later} does not wait for {earlier}"
    for group in removing.of_type("AWS::EKS::Nodegroup"):
        assert waits_for(graph, group, release)


def test_the_first_kubernetes_call_waits_for_every_access_entry_of_people(removing: Any) -> None:
    graph = dependency_graph(removing.cluster)
    ready = only(removing, API_READY)
    ours = ("AwsNodeRemoval", "ReleaseTakeover")
    entries = [
        name
        for name in removing.of_type("AWS::EKS::AccessEntry")
        if not any(function in name for function in ours)
    ]

    assert len(entries) >= 2  # the kubectl handler's and at least one person's
    assert all(waits_for(graph, ready, entry) for entry in entries)


def test_every_manifest_waits_until_the_handler_is_authorized(removing: Any) -> None:
    graph = dependency_graph(removing.cluster)
    ready = only(removing, API_READY)

    manifests = removing.of_type(MANIFEST)

    assert manifests
    assert all(waits_for(graph, manifest, ready) for manifest in manifests)


@pytest.mark.parametrize("name", ["default", "existing-vpc", "never-install", "pod-egress"])
def test_the_sweep_goes_after_release_and_nodes_and_before_the_cluster(
    name: str, synthesize: Callable[[str], Any]
) -> None:
    templates = synthesize(name)
    graph = dependency_graph(templates.cluster)
    sweep = only(templates, "Custom::EniSweep")

    assert waits_for(graph, only(templates, HELM), sweep)
    assert all(waits_for(graph, group, sweep) for group in templates.of_type("AWS::EKS::Nodegroup"))
    assert waits_for(graph, sweep, only(templates, "AWS::EKS::Cluster"))


def test_the_article_has_no_sweep(article: Any) -> None:
    assert not article.of_type("Custom::EniSweep")


def test_the_release_waits_for_the_operators_role_and_its_policy(removing: Any) -> None:
    graph = dependency_graph(removing.cluster)
    release = only(removing, HELM)

    assert waits_for(graph, release, only(removing, "AWS::IAM::Role", "OperatorRole"))
    assert waits_for(graph, release, only(removing, "AWS::IAM::Policy", "OperatorRole"))


@pytest.mark.parametrize("name", ["article", "existing-vpc"])
def test_the_release_waits_for_the_cni_config_map_of_charts_below_1_19(
    name: str, synthesize: Callable[[str], Any]
) -> None:
    templates = synthesize(name)

    config_map = only(templates, MANIFEST, "CniConfiguration")

    assert waits_for(dependency_graph(templates.cluster), only(templates, HELM), config_map)


def test_the_handlers_function_is_made_while_the_api_is_still_waited_for(default: Any) -> None:
    graph = dependency_graph(default.cluster)

    handler = only(default, "AWS::Lambda::Function", "AwsNodeRemovalHandler")

    assert not waits_for(graph, handler, only(default, API_READY))


@pytest.mark.parametrize("name", ["default", "existing-vpc", "pod-egress"])
def test_a_pod_subnet_waits_for_its_block(name: str, synthesize: Callable[[str], Any]) -> None:
    templates = synthesize(name)
    graph = dependency_graph(templates.network)
    block, _ = templates.only("AWS::EC2::VPCCidrBlock", "network")
    subnets = [name for name in templates.of_type("AWS::EC2::Subnet", "network") if "PodSubnets" in name]

    assert len(subnets) >= 2
    assert all(waits_for(graph, subnet, block) for subnet in subnets)


def test_without_self_managed_addons_kube_proxy_is_before_the_nodes_and_core_dns_after(
    synthesize: Callable[[str], Any],
) -> None:
    bare = synthesize("never-install")
    graph = dependency_graph(bare.cluster)
    group = only(bare, "AWS::EKS::Nodegroup")

    assert waits_for(graph, group, only(bare, "AWS::EKS::Addon", "KubeProxy"))
    assert waits_for(graph, only(bare, "AWS::EKS::Addon", "CoreDns"), group)
    assert not bare.of_type("Custom::AwsNodeRemoval")
    assert bare.only("AWS::EKS::Cluster")[1]["BootstrapSelfManagedAddons"] is False


@pytest.mark.parametrize(
    "name", ["default", "article", "existing-vpc", "never-install", "patch", "pod-egress"]
)
def test_nothing_waits_for_itself(name: str, synthesize: Callable[[str], Any]) -> None:
    templates = synthesize(name)

    assert cycles(dependency_graph(templates.network)) == []
    assert cycles(dependency_graph(templates.cluster)) == []
