"""`Cilium` on a cluster that exists, with or without nodes."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium import (
    AwsNodeOptions,
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


def on_imported_cluster(**kwargs: Any) -> Synthesized:
    stack = new_stack()
    vpc = known_vpc(stack)
    Cilium(
        stack,
        "Cilium",
        cluster=imported_cluster(stack, vpc),
        pod_subnets=PodSubnets(stack, "Pods", vpc=vpc),
        values=CiliumValues(egress=Egress.node()),
        **kwargs,
    )
    return Synthesized(stack)


@pytest.fixture(scope="module")
def imported() -> Synthesized:
    """Cilium on a cluster that exists, with one node group."""
    stack = new_stack(env=cdk.Environment(account="123456789012", region="eu-west-1"))
    vpc = known_vpc(stack)
    cluster = imported_cluster(stack, vpc)
    provider = cluster.kubectl_provider
    assert provider is not None
    assert provider.role is not None
    entry = eks.AccessEntry(
        stack,
        "Admin",
        cluster=cluster,
        principal=provider.role.role_arn,
        access_policies=[
            eks.AccessPolicy.from_access_policy_name(
                "AmazonEKSClusterAdminPolicy", access_scope_type=eks.AccessScopeType.CLUSTER
            )
        ],
    )
    network = Cilium(
        stack,
        "Cilium",
        cluster=cluster,
        pod_subnets=PodSubnets(stack, "Pods", vpc=vpc),
        values=CiliumValues(egress=Egress.node()),
    )
    network.api_ready.node.add_dependency(entry)
    network.add_node_group("workers", kubernetes_version="1.35")
    return Synthesized(stack)


def test_an_imported_cluster_gets_the_same_steps(imported: Synthesized) -> None:
    graph = dependency_graph(imported.template)
    steps = [
        imported.only("AWS::EKS::AccessEntry", "Admin")[0],
        imported.only("Custom::AWSCDK-EKS-KubernetesObjectValue")[0],
        imported.only(MANIFEST, "AwsNodeRemoval")[0],
        imported.only(REMOVAL)[0],
        imported.only(HELM)[0],
        imported.only(GROUP)[0],
    ]

    for earlier, later in pairwise(steps):
        assert waits_for(graph, later, earlier), f"{later} does not wait for {earlier}"
    assert cycles(graph) == []
    assert imported.messages == []


def test_an_imported_cluster_has_the_name_and_endpoint_of_its_attributes(imported: Synthesized) -> None:
    _, removal = imported.only(REMOVAL)
    _, release = imported.only(HELM)

    assert removal["Endpoint"] == "https://ABC.gr7.eu-west-1.eks.amazonaws.com"
    assert removal["RepeatOn"] == {"Cilium": "1.19.6", "Kubernetes": "imported"}
    assert json.loads(flat(release["Values"]))["cluster"]["name"] == "old"
    assert imported.only(GROUP)[1]["ClusterName"] == "old"


def test_an_imported_cluster_with_nodes_is_safe_unless_told_otherwise(imported: Synthesized) -> None:
    allowed = on_imported_cluster(aws_node_options=AwsNodeOptions(allow_nodes=True))
    patched = on_imported_cluster(aws_node="patch")

    assert imported.only(REMOVAL)[1]["RefuseNodes"] == "true"
    assert "RefuseNodes" not in allowed.only(REMOVAL)[1]
    assert "RefuseNodes" not in patched.only(REMOVAL)[1]
    assert patched.only(REMOVAL)[1]["Strategy"] == "patch"


def test_options_without_a_removal_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        on_plain_cluster(
            cluster={"bootstrap_self_managed_addons": False},
            aws_node="never-install",
            aws_node_options=AwsNodeOptions(extras=True),
        )

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Cilium: aws_node_options: must be left out with aws_node 'never-install', which removes "
        "nothing; use aws_node 'remove' or 'patch', or leave the options out"
    ]


def test_the_nodes_of_an_imported_cluster_boot_the_image_of_the_version_given(imported: Synthesized) -> None:
    _, data = imported.only("AWS::EC2::LaunchTemplate")
    name = data["LaunchTemplateData"]["ImageId"]["Ref"]

    assert imported.template["Parameters"][name]["Default"].startswith(
        "/aws/service/bottlerocket/aws-k8s-1.35/"
    )


def test_the_handler_of_an_imported_cluster_may_read_the_chart_too(tmp_path: Path) -> None:
    path = tmp_path / "cilium.tgz"
    path.write_bytes(stand_in(CiliumVersion.DEFAULT.number))
    stack = new_stack()
    vpc = known_vpc(stack)
    network = Cilium(
        stack,
        "Cilium",
        cluster=imported_cluster(stack, vpc),
        pod_subnets=PodSubnets(stack, "Pods", vpc=vpc),
        values=CiliumValues(egress=Egress.node()),
        chart_asset=path,
    )

    policies = Synthesized(cdk.Stack.of(network)).of_type("AWS::IAM::Policy")
    assert [name for name, policy in policies.items() if "s3:GetObject*" in json.dumps(policy)]
