"""The guide to migrations: its phases and its label are the construct's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from cdk_eks_cilium.checks.app_templates import read_app
from cdk_eks_cilium.checks.rules import app_findings
from cdk_eks_cilium.migration import NEW_NODES, PHASES, Phase
from tests.docs.blocks import ROOT
from tests.docs.test_examples import run_app, template_types
from tests.rehearsal.migrating import example

GUIDE = (ROOT / "docs/migration.md").read_text(encoding="utf-8")


def test_the_guide_deploys_each_phase_in_its_order() -> None:
    assert tuple(re.findall(r"^npx cdk deploy -c phase=(\w+)$", GUIDE, re.M)) == PHASES


def test_each_phase_has_a_check_and_a_way_back() -> None:
    sections = {part.split("\n", 1)[0]: part for part in GUIDE.split("\n## ")}
    for phase in PHASES:
        assert "heck" in sections[phase], phase
        assert "Way back" in sections[phase], phase


def test_commands_choose_new_nodes_by_their_label() -> None:
    chosen = re.findall(r"--(?:selector|label-columns) '?!?([a-z.]+/[a-z-]+)", GUIDE)
    assert NEW_NODES in chosen
    assert set(chosen) <= {NEW_NODES, "eks.amazonaws.com/nodegroup"}


def test_the_example_synthesizes_by_itself(tmp_path: Path) -> None:
    run_app(ROOT / "examples/03-migration/app.py", tmp_path)
    assert "AWS::EKS::PodIdentityAssociation" in template_types(tmp_path)


@pytest.mark.parametrize("phase", PHASES)
def test_neither_our_checks_nor_cdk_nag_find_anything_in_a_phase(phase: Phase, tmp_path: Path) -> None:
    app = example(phase, tmp_path)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    nag = [plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "AwsSolutions"]
    assert [plugin["conclusion"] for plugin in nag] == ["success"]
    template = tmp_path / "shop.template.json"
    assert [rule.id for rule, _, _ in app_findings(read_app([str(template)]))] == []


def test_the_configuration_of_the_add_on_excludes_new_nodes() -> None:
    given = json.loads((ROOT / "examples/03-migration/vpc-cni.json").read_text())
    required = given["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    for term in required["nodeSelectorTerms"]:
        assert {"key": NEW_NODES, "operator": "DoesNotExist"} in term["matchExpressions"]
