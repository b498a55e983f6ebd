"""A deploy leaves the number of nodes as an autoscaler has chosen it, whatever it changes in the group."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, Template, find, synthesize, with_mistake

pytestmark = pytest.mark.slow

CHARTS = Path(os.environ["CILIUM_CHARTS"]) if os.environ.get("CILIUM_CHARTS") else None
COUNT = "Custom::NodeCount"
GROUP = "AWS::EKS::Nodegroup"


@dataclass
class Seen:
    """The numbers of the one group, and of its nodes, after the second deploy."""

    desired: list[int] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def look(self, account: Account) -> None:
        (cluster,) = account.clusters.values()
        eks = account.client("eks")
        self.groups = eks.list_nodegroups(clusterName=cluster.name)["nodegroups"]
        for name in self.groups:
            found = eks.describe_nodegroup(clusterName=cluster.name, nodegroupName=name)["nodegroup"]
            self.desired.append(found["scalingConfig"]["desiredSize"])
            self.nodes.append(sum(node.group == name for node in cluster.nodes.values()))


def autoscale(account: Account) -> None:
    """What an autoscaler does between two deploys: two nodes have become four."""
    (cluster,) = account.clusters.values()
    eks = account.client("eks")
    (name,) = eks.list_nodegroups(clusterName=cluster.name)["nodegroups"]
    eks.update_nodegroup_config(
        clusterName=cluster.name, nodegroupName=name, scalingConfig={"desiredSize": 4}
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("counts") / "first")


def changed(first: Path, out: Path, **properties: Any) -> Path:
    """The assembly with other properties of its group, and of the copy that its number depends on."""

    def change(template: Template) -> None:
        resources = template["Resources"]
        copy = resources[find(template, COUNT)]["Properties"]["Group"]
        for group in (resources[find(template, GROUP)]["Properties"], copy):
            sizes = {name: properties[name] for name in properties.keys() & group["ScalingConfig"].keys()}
            group["ScalingConfig"] |= sizes
            group |= {name: value for name, value in properties.items() if name not in sizes}

    return with_mistake(first, out / "changed", "cluster", change)


def played(first: Path, second: Path, **options: Any) -> tuple[RehearsalReport, Seen]:
    seen = Seen()
    report = rehearse(
        first, update=second, between=autoscale, inspect=seen.look, options=Options(charts=CHARTS, **options)
    )
    return report, seen


@pytest.mark.parametrize(
    "properties",
    [
        {"MaxSize": 9, "Labels": {"team": "shop"}},
        pytest.param({"InstanceTypes": ["m6i.xlarge"]}, id="replaced"),
    ],
)
def test_a_deploy_keeps_the_number_of_nodes(first: Path, properties: Any, tmp_path: Path) -> None:
    report, seen = played(first, changed(first, tmp_path, **properties))

    assert report.problems == []
    assert report.succeeded
    assert (seen.desired, seen.nodes) == ([4], [4])
