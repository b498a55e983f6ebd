"""A cluster to keep, with keys, roles and flow logs of its own: a destroy says what holds it."""

from __future__ import annotations

import pytest

from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, synthesize

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> RehearsalReport:
    settings = ROOT / "tests/stacks/settings/kept.yaml"
    return rehearse(synthesize(settings, tmp_path_factory.mktemp("kept")))


def test_the_destroy_names_each_setting_that_holds_the_cluster(report: RehearsalReport) -> None:
    assert not report.succeeded
    assert report.problems == [
        "kept-cluster/termination_protection: Stack [kept-cluster] cannot be deleted while "
        "TerminationProtection is enabled",
        "kept-cluster/deletion_protection: EKS would not delete cluster kept either",
    ]


def test_the_refused_destroy_deletes_nothing(report: RehearsalReport) -> None:
    assert [event for event in report.events if event.status.startswith("DELETE")] == []


def test_the_flow_logs_wait_for_their_group_and_role(report: RehearsalReport) -> None:
    made = [
        event.type
        for event in report.events
        if event.stack == "kept-network" and event.status == "CREATE_COMPLETE"
    ]

    assert made.index("AWS::Logs::LogGroup") < made.index("AWS::EC2::FlowLog")
    assert made.index("AWS::IAM::Role") < made.index("AWS::EC2::FlowLog")
