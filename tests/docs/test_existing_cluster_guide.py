"""The recipe for clusters that exist, run as it is in the guide."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.checks.app_templates import read_app
from cdk_eks_cilium.checks.rules import app_findings
from cdk_eks_cilium.checks.template_graph import cycles, dependency_graph, waits_for
from tests.docs.blocks import ROOT, blocks_of
from tests.docs.test_examples import run_app

Template = dict[str, Any]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (block,) = (each for each in blocks_of(ROOT / "docs/aws-node.md") if each.info == "python")
    folder = tmp_path_factory.mktemp("guide")
    (folder / "block.py").write_text(block.text, encoding="utf-8")
    run_app(folder / "block.py", folder / "out")
    return folder / "out/shop.template.json"


@pytest.fixture(scope="module")
def template(path: Path) -> Template:
    found: Template = json.loads(path.read_text(encoding="utf-8"))
    return found


def only(template: Template, kind: str, contains: str = "") -> str:
    names = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind and contains in name
    ]
    assert len(names) == 1, names
    return str(names[0])


def test_the_recipe_makes_every_step_in_order(template: Template) -> None:
    graph = dependency_graph(template)
    steps = [
        only(template, "AWS::EKS::AccessEntry", "ShopAccessEntry"),
        only(template, "Custom::AWSCDK-EKS-KubernetesObjectValue"),
        only(template, "Custom::AwsNodeRemoval"),
        only(template, "Custom::AWSCDK-EKS-HelmChart"),
        only(template, "AWS::EKS::Nodegroup"),
    ]

    for earlier, later in pairwise(steps):
        assert waits_for(graph, later, earlier), f"{later} does not wait for {earlier}"
    assert cycles(graph) == []


def test_each_function_that_calls_the_api_is_in_the_clusters_subnets_and_group(template: Template) -> None:
    for part in ("ShopKubectlProviderHandler", "CiliumAwsNodeRemovalHandler"):
        function = template["Resources"][only(template, "AWS::Lambda::Function", part)]["Properties"]
        assert function["VpcConfig"] == {
            "SubnetIds": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
            "SecurityGroupIds": ["sg-0123456789abcdef0"],
        }


def test_each_role_that_calls_the_api_has_an_entry(template: Template) -> None:
    entries = {
        resource["Properties"]["PrincipalArn"]["Fn::GetAtt"][0]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::EKS::AccessEntry"
    }
    for part in ("ShopKubectlProviderHandler", "CiliumAwsNodeRemovalHandler"):
        function = template["Resources"][only(template, "AWS::Lambda::Function", part)]["Properties"]
        assert function["Role"]["Fn::GetAtt"][0] in entries


def test_the_checks_find_nothing(path: Path) -> None:
    assert [rule.id for rule, _, _ in app_findings(read_app([str(path)]))] == []
