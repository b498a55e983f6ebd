"""Who renews Hubble's certificates."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.hubble.hubble_certificates import hubble_certificates
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure, release
from tests.unit.doctor.mutations.hubble import certificate, job
from tests.unit.doctor.world import World, result


def by_helm(installed: str, **tls: object) -> World:
    """A cluster whose certificates Helm made, since some day."""
    world = healthy()
    release(world, "1.18.12")
    world.all(kinds.KUBE_SYSTEM_CRON_JOBS).clear()
    world.planned(values={"hubble": {"tls": {"auto": {"method": "helm", **tls}}}})
    world.one(kinds.DAEMON_SETS, "cilium")["metadata"]["creationTimestamp"] = installed
    return world


def test_cert_manager_tells_the_day() -> None:
    world = healthy()
    certificate(world, "2027-03-01T00:00:00Z")
    assert (
        result(world, hubble_certificates).detail
        == "cert-manager renews 1 certificate, the first by 2027-03-01"
    )


def test_a_job_that_ran_is_fine() -> None:
    world = healthy()
    job(world)["status"] = {
        "lastScheduleTime": "2026-09-01T00:00:00Z",
        "lastSuccessfulTime": "2026-09-01T00:00:40Z",
    }
    assert result(world, hubble_certificates).verdict is Verdict.OK


def test_a_job_that_runs_right_now_is_fine() -> None:
    world = healthy()
    job(world)["status"] = {"lastScheduleTime": "2026-11-30T11:59:00Z"}
    assert result(world, hubble_certificates).verdict is Verdict.OK


def test_certificates_of_a_young_release_last() -> None:
    found = result(by_helm("2026-11-01T08:00:00Z"), hubble_certificates)
    assert found.detail == "only a deploy renews them, and they last until 2027-11-01 at least"


@pytest.mark.parametrize(
    ("installed", "days"),
    [("2025-11-01T08:00:00Z", 365), ("2025-12-05T08:00:00Z", 365), ("2026-08-01T08:00:00Z", 90)],
)
def test_certificates_of_an_older_release_are_unknown(installed: str, days: int) -> None:
    found = result(by_helm(installed, certValidityDuration=days), hubble_certificates)
    assert "openssl x509 -noout -enddate" in found.unknown[0]


@pytest.mark.parametrize(("method", "what"), [("cronJob", "the CronJob"), ("certmanager", "Certificates of")])
def test_a_planned_renewal_that_is_missing_is_found(method: str, what: str) -> None:
    world = by_helm("2026-11-01T08:00:00Z", method=method)
    (finding,) = result(world, hubble_certificates).findings
    assert what in finding.summary


@pytest.mark.parametrize("option", [{"enable_hubble": "false"}, {"hubble_disable_tls": "true"}])
def test_without_tls_there_are_no_certificates(option: dict[str, str]) -> None:
    world = healthy()
    configure(world, **option)
    assert result(world, hubble_certificates).verdict is Verdict.SKIPPED


def test_without_a_relay_nobody_needs_them() -> None:
    world = healthy()
    world.remove(kinds.DEPLOYMENTS, "hubble-relay")
    assert result(world, hubble_certificates).verdict is Verdict.SKIPPED
