"""A cluster that exists, with what it lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from cdk_nag import AwsSolutionsChecks

from cdk_eks_cilium import AwsNodeRemoval, ExistingCluster, InputError
from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for
from tests.refusals import worded
from tests.small_apps import TEMPLATES_ONLY, Synthesized, known_vpc, kubectl_layer, new_stack

ENTRY = "AWS::EKS::AccessEntry"
FUNCTION = "AWS::Lambda::Function"


def existing(stack: cdk.Stack, vpc: ec2.IVpc | None = None, **kwargs: Any) -> ExistingCluster:
    return ExistingCluster(
        stack,
        "Shop",
        cluster_name="shop",
        vpc=vpc or known_vpc(stack),
        cluster_endpoint="https://ABC.gr7.eu-west-1.eks.amazonaws.com",
        cluster_certificate_authority_data="Zm9vYmFy",
        cluster_security_group_id="sg-1",
        kubectl_layer=kubectl_layer(stack),
        **kwargs,
    )


@pytest.fixture(scope="module")
def made() -> Synthesized:
    stack = new_stack()
    AwsNodeRemoval(stack, "Removal", cluster=existing(stack).cluster)
    return Synthesized(stack)


def test_the_handler_is_an_administrator_of_the_cluster(made: Synthesized) -> None:
    _, entry = made.only(ENTRY, "Shop")
    role, _ = made.only("AWS::IAM::Role", "ShopKubectlProviderHandlerServiceRole")

    assert entry["ClusterName"] == "shop"
    assert entry["PrincipalArn"] == {"Fn::GetAtt": [role, "Arn"]}
    (policy,) = entry["AccessPolicies"]
    assert policy["AccessScope"] == {"Type": "cluster"}
    assert "AmazonEKSClusterAdminPolicy" in str(policy["PolicyArn"])


def test_whatever_uses_kubectl_waits_for_the_entry(made: Synthesized) -> None:
    graph = dependency_graph(made.template)
    entry, _ = made.only(ENTRY, "Shop")
    manifest, _ = made.only("Custom::AWSCDK-EKS-KubernetesResource")

    assert waits_for(graph, manifest, entry)
    assert cycles(graph) == []


def test_the_handler_is_in_the_private_subnets_and_in_the_clusters_group(made: Synthesized) -> None:
    _, handler = made.only(FUNCTION, "ShopKubectlProviderHandler")

    assert handler["VpcConfig"] == {"SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": ["sg-1"]}


def test_the_handlers_subnets_can_be_chosen() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    existing(stack, vpc, handler_subnets=vpc.private_subnets[1:])

    _, handler = Synthesized(stack).only(FUNCTION, "ShopKubectlProviderHandler")
    assert handler["VpcConfig"]["SubnetIds"] == ["subnet-b"]


def test_a_handler_outside_the_vpc_has_no_subnets() -> None:
    stack = new_stack()
    existing(stack, handler_subnets=())

    _, handler = Synthesized(stack).only(FUNCTION, "ShopKubectlProviderHandler")
    assert "VpcConfig" not in handler


def test_a_vpc_without_private_subnets_needs_others() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Public", vpc_id="vpc-1", availability_zones=["a"], public_subnet_ids=["subnet-c"]
    )
    with pytest.raises(InputError) as refused:
        existing(stack, vpc)

    assert [problem.id for problem in refused.value.problems] == ["CEK6046"]
    assert worded(refused.value.problems[0]) == (
        "Stack/Shop: handler_subnets: must be given for a VPC without private subnets: the handler must "
        "reach the private endpoint; name subnets, or () for a cluster with a public endpoint only"
    )


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(tmp_path: Path) -> None:
    app = cdk.App(context=TEMPLATES_ONLY, outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    existing(cdk.Stack(app, "Stack"))
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    app.synth()

    report = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))
    (nag,) = (plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "AwsSolutions")
    assert nag["conclusion"] == "success"
