"""The change from egress `node` to `pod`, which every cluster makes before Cilium 1.21."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, synthesize

pytestmark = pytest.mark.slow

CHARTS = Path(os.environ["CILIUM_CHARTS"]) if os.environ.get("CILIUM_CHARTS") else None


def assembly(egress: str, out: Path) -> Path:
    """The default environment with an egress."""
    before, found, after = (ROOT / "settings.yaml").read_text().partition("  egress: node\n")
    assert found
    settings = out / f"{egress}.yaml"
    settings.write_text(f"{before}  egress: {egress}\n{after}")
    return synthesize(settings, out / egress)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> RehearsalReport:
    """The rehearsal of the change."""
    out = tmp_path_factory.mktemp("egress")
    return rehearse(
        assembly("node", out),
        update=assembly("pod", out),
        destroy=False,
        options=Options(charts=CHARTS),
    )


def positions(report: RehearsalReport, kind: str, status: str) -> Iterator[int]:
    for position, event in enumerate(report.events):
        if (event.type, event.status) == (kind, status):
            yield position


def test_the_cluster_is_as_it_should_be_after_the_change(report: RehearsalReport) -> None:
    assert report.problems == []
    assert report.succeeded


def test_pods_leave_by_their_nodes_before_the_change_and_by_their_own_subnets_after_it(
    report: RehearsalReport,
) -> None:
    def tables(phase: str) -> list[bool]:
        (answered,) = report.reachability[phase]
        (row,) = [
            each for each in answered.rows if (each.source, each.destination) == ("pods", "the internet")
        ]
        assert row.reached
        return ["/PodSubnets/" in " ".join(way.answer.hops) for way in row.ways]

    assert tables("create") == [False] * 3
    assert tables("update") == [True] * 3


def test_the_routes_of_the_pod_subnets_come_before_the_release_and_the_release_before_the_nodes(
    report: RehearsalReport,
) -> None:
    (released,) = positions(report, "Custom::AWSCDK-EKS-HelmChart", "UPDATE_COMPLETE")
    begun = min(positions(report, "Custom::AWSCDK-EKS-HelmChart", "UPDATE_IN_PROGRESS"))
    created = max(positions(report, "AWS::EKS::Nodegroup", "CREATE_COMPLETE"))
    routes = [each for each in positions(report, "AWS::EC2::Route", "CREATE_COMPLETE") if each > created]
    replaced = list(positions(report, "AWS::EKS::Nodegroup", "UPDATE_IN_PROGRESS"))

    assert len(routes) == 3
    assert max(routes) < begun
    assert replaced
    assert released < min(replaced)
