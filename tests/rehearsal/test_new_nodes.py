"""What replaces the nodes: a new minor of Kubernetes, after the control plane, and a new image of AWS."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, synthesize

pytestmark = pytest.mark.slow

CHARTS = Path(os.environ["CILIUM_CHARTS"]) if os.environ.get("CILIUM_CHARTS") else None
NEWER = "kubernetes_version: '1.35'"
OLDER = "kubernetes_version: '1.34'"


@dataclass
class Deployed:
    """A rehearsal with an update, and the nodes before and after it."""

    before: set[str] = field(default_factory=set)
    after: set[str] = field(default_factory=set)
    report: RehearsalReport | None = None

    def positions(self, kind: str, status: str) -> list[int]:
        assert self.report is not None
        return [
            number
            for number, event in enumerate(self.report.events)
            if (event.type, event.status) == (kind, status)
        ]


def deployed(before: Path, after: Path, *, destroy: bool = True, new_images: bool = False) -> Deployed:
    found = Deployed()

    def nodes(into: set[str]) -> Callable[[Account], None]:
        return lambda account: into.update(*(cluster.nodes for cluster in account.clusters.values()))

    found.report = rehearse(
        before,
        update=after,
        destroy=destroy,
        between=nodes(found.before),
        inspect=nodes(found.after),
        options=Options(charts=CHARTS, new_images=new_images),
    )
    return found


def assembly(out: Path, name: str, *changes: tuple[str, str]) -> Path:
    """The default environment with some texts of its settings changed."""
    text = (ROOT / "settings.yaml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    settings = out / f"{name}.yaml"
    settings.write_text(text)
    return synthesize(settings, out / name)


@pytest.fixture(scope="module")
def upgrade(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """The upgrade of Kubernetes by one minor."""
    out = tmp_path_factory.mktemp("upgrade")
    return deployed(assembly(out, "older", (NEWER, OLDER)), assembly(out, "newer"))


def test_an_upgrade_of_kubernetes_leaves_the_cluster_as_it_should_be(upgrade: Deployed) -> None:
    assert upgrade.report is not None
    assert upgrade.report.problems == []
    assert upgrade.report.succeeded


def test_an_upgrade_moves_the_control_plane_then_asserts_the_removal_then_replaces_the_nodes(
    upgrade: Deployed,
) -> None:
    (plane,) = upgrade.positions("AWS::EKS::Cluster", "UPDATE_COMPLETE")
    (removal,) = upgrade.positions("Custom::AwsNodeRemoval", "UPDATE_COMPLETE")
    (nodes,) = upgrade.positions("AWS::EKS::Nodegroup", "UPDATE_IN_PROGRESS")

    assert plane < removal < nodes
    assert upgrade.after
    assert not upgrade.before & upgrade.after


@pytest.mark.parametrize(
    ("image_version", "replaced"), [("latest", True), ("1.62.0", False)], ids=["latest", "pinned"]
)
def test_the_same_settings_replace_the_nodes_when_they_follow_the_newest_image(
    image_version: str, replaced: bool, tmp_path: Path
) -> None:
    pinned = ("- name: workers\n", f"- name: workers\n    image_version: {image_version}\n")
    same = assembly(tmp_path, image_version, pinned)

    found = deployed(same, same, destroy=False, new_images=True)

    assert found.report is not None
    assert found.report.problems == []
    assert bool(found.before - found.after) == replaced
    assert found.positions("Custom::AWSCDK-EKS-HelmChart", "UPDATE_COMPLETE") == []
