"""The default environment, with one failure or one refusal each; `bench.failures` lets every type fail."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bench.failures import changed, fail
from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, synthesize

pytestmark = pytest.mark.slow

SETTINGS = yaml.safe_load((ROOT / "settings.yaml").read_text())


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("before"))


def after(settings: object, folder: Path) -> Path:
    path = folder / "settings.yaml"
    path.write_text(yaml.safe_dump(settings))
    return synthesize(path, folder / "after")


def test_a_change_of_much_that_fails_at_the_nodes_goes_back_and_succeeds_the_second_time(
    before: Path, tmp_path: Path
) -> None:
    end = fail(before, after(changed(SETTINGS), tmp_path), "AWS::EKS::Nodegroup", "update")

    assert end.faults == ()
    assert end.states[0] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_destroy_that_fails_at_the_release_succeeds_the_second_time(before: Path) -> None:
    end = fail(before, before, "Custom::AWSCDK-EKS-HelmChart", "delete")

    assert end.faults == ()
    assert end.states == ("DELETE_FAILED", "DELETE_COMPLETE")


def test_another_pod_range_is_refused_while_the_cluster_uses_the_subnets(
    before: Path, tmp_path: Path
) -> None:
    settings = {**SETTINGS, "network": {**SETTINGS["network"], "pod_cidr": "100.80.0.0/16"}}

    report = rehearse(before, update=after(settings, tmp_path), destroy=False)

    reasons = list(report.failures.values())
    assert len(reasons) == 3
    assert all("Cannot update export platform-network:ExportsOutputRefPodSubnets" in each for each in reasons)
    assert all(each.endswith("as it is in use by platform-cluster.") for each in reasons)
    assert [finding for finding in report.findings if not finding.good] == []
