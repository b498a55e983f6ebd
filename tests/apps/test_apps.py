"""Apps as people build them around a cluster, from reports on CDK: they synthesize, without circles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for
from rehearsal.cloudformation.assembly import Assembly
from tests.apps import (
    autoscaled_nodes,
    catalogue_product,
    exported_network,
    given_zones,
    groups_across,
    roles_made_elsewhere,
    rules_of_a_company,
    workloads_apart,
)
from tests.small_apps import TEMPLATES_ONLY, Synthesized
from tests.stacks.conftest import flat

HELM = "Custom::AWSCDK-EKS-HelmChart"
GROUP = "AWS::EKS::Nodegroup"


@pytest.fixture
def app() -> cdk.App:
    return cdk.App(context=TEMPLATES_ONLY, builtin_cloud_formation_validation=False)


def of(stack: cdk.Stack) -> Synthesized:
    made = Synthesized(stack)
    assert cycles(dependency_graph(made.template)) == []
    return made


def test_a_network_that_is_exported_is_used_by_its_tokens(app: cdk.App) -> None:
    template = of(exported_network.build(app))
    (release,) = template.of_type(HELM).values()
    subnets = json.loads(flat(release["Values"]))["eni"]["nodeSpec"]["subnetIDs"]

    assert subnets == [f"<{number} of <network-pods> at ,>" for number in range(3)]
    assert len(template.only("AWS::EKS::Cluster")[1]["ResourcesVpcConfig"]["SubnetIds"]) == 3


def test_workloads_in_a_stack_of_their_own_come_after_the_platform(app: cdk.App) -> None:
    first, second = workloads_apart.build(app)
    of(first)
    template = of(second)
    graph = dependency_graph(template.template)
    (chart, _), (account, _) = (
        template.only(kind) for kind in (HELM, "Custom::AWSCDK-EKS-KubernetesResource")
    )

    assert first in second.dependencies
    assert waits_for(graph, chart, account)


def test_a_database_lets_nodes_in_without_a_circle_of_stacks(app: cdk.App) -> None:
    network, cluster = groups_across.build(app)
    of(network)
    _, rule = of(cluster).only("AWS::EC2::SecurityGroupIngress")

    assert network in cluster.dependencies
    assert cluster not in network.dependencies
    assert flat(rule["SourceSecurityGroupId"]).endswith("ClusterSecurityGroupId>")


def test_the_rules_of_a_company_reach_every_role_and_function(app: cdk.App) -> None:
    template = of(rules_of_a_company.build(app))
    roles = template.of_type("AWS::IAM::Role").values()
    names = [role["RoleName"] for role in roles]

    assert len(roles) == len(roles_made_elsewhere.ROLES)
    assert {role["PermissionsBoundary"] for role in roles} == {rules_of_a_company.BOUNDARY}
    assert all(name.startswith("cnc-") for name in names)
    assert len(set(names)) == len(names)
    assert all("TracingConfig" in each for each in template.of_type("AWS::Lambda::Function").values())


def test_nodes_that_karpenter_starts_have_what_cilium_needs(app: cdk.App) -> None:
    template = of(autoscaled_nodes.build(app))
    graph = dependency_graph(template.template)
    karpenter, _ = template.only(HELM, "Karpenter")
    (name, manifest) = template.only("Custom::AWSCDK-EKS-KubernetesResource", "Pool")
    node_class, pool = json.loads(flat(manifest["Manifest"]))

    assert waits_for(graph, karpenter, template.only(GROUP)[0])
    assert waits_for(graph, name, karpenter)
    assert node_class["spec"]["tags"] == {"io.cilium/cluster-name": "shop"}
    assert pool["spec"]["template"]["spec"]["startupTaints"][0]["key"] == "node.cilium.io/agent-not-ready"


def test_a_product_of_a_catalogue_has_its_functions_code_in_its_bucket(tmp_path: Path) -> None:
    app = cdk.App(context=TEMPLATES_ONLY, outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    catalogue_product.build(app)
    app.synth()
    (path,) = tmp_path.glob("*.product.template.json")
    resources: dict[str, Any] = json.loads(path.read_text())["Resources"]
    functions = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::Lambda::Function"]

    assert functions
    assert {function["Code"]["S3Bucket"] for function in functions} == {"assets-of-the-product"}


def test_where_others_make_the_roles_no_role_is_made(app: cdk.App) -> None:
    template = of(roles_made_elsewhere.build(app))
    values = flat(next(iter(template.of_type(HELM).values()))["Values"])
    named = {flat(each["Role"]) for each in template.of_type("AWS::Lambda::Function").values()}

    assert not template.of_type("AWS::IAM::Role")
    assert not template.of_type("AWS::IAM::Policy")
    assert ":role/shop-operator" in values
    assert {name.rpartition("/")[2] for name in named} == {
        "shop-kubectl",
        "shop-removal",
        "shop-sweep",
        "shop-takeover",
        "shop-counts",
        *(f"shop-calls-{number}" for number in (1, 2, 3, 4, 5)),
    }


def test_a_network_in_given_zones_is_rehearsed(tmp_path: Path) -> None:
    app = cdk.App(context=TEMPLATES_ONLY, outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    given_zones.build(app)
    app.synth()

    assert json.loads((tmp_path / "manifest.json").read_text())["missing"]
    assert [stack.name for stack in Assembly.load(tmp_path).stacks] == ["Network"]
