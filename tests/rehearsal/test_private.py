"""The isolated environment, from the first subnet to an account as it was before."""

from __future__ import annotations

import pytest

from rehearsal.rehearse import Report, rehearse
from tests.rehearsal.assemblies import ROOT, synthesize
from tests.settings_files import with_chart

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("isolated")
    settings = with_chart(ROOT / "tests/stacks/settings/isolated.yaml", folder)
    return rehearse(synthesize(settings, folder / "out"))


def test_it_comes_up_and_leaves_nothing(report: Report) -> None:
    assert report.problems == []
    assert report.succeeded
    (left,) = [finding for finding in report.findings if finding.check == "nothing is left"]
    assert left.good, left.detail


def test_the_chart_came_from_the_assets(report: Report) -> None:
    (note,) = [note for note in report.notes if note.startswith("chart of ")]
    assert note.endswith(": among the assembly's assets")


def test_every_endpoint_is_there_before_the_cluster_and_goes_after_it(report: Report) -> None:
    names = {event.logical_id for event in report.events if event.type == "AWS::EC2::VPCEndpoint"}
    assert len(names) == 9
    for name in names:
        assert report.position(name, "CREATE_COMPLETE") < report.position(
            "PlatformControlPlane", "CREATE_IN_PROGRESS"
        )
        assert report.position(name, "DELETE_IN_PROGRESS") > report.position(
            "PlatformControlPlane", "DELETE_COMPLETE"
        )


def test_pods_live_in_pod_subnets(report: Report) -> None:
    pods = [finding for finding in report.findings if "live in a pod subnet" in finding.check]
    assert len(pods) == 2
    assert all("index 1" in finding.detail for finding in pods)
