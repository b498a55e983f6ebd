"""Known faults, by release and configuration."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.release.known_faults import known_faults_met
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from cdk_eks_cilium.doctor.engine.finding import Severity
from cdk_eks_cilium.versions.cilium import known_versions
from cdk_eks_cilium.versions.known_faults import known_faults
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure, release
from tests.unit.doctor.world import result


@pytest.mark.parametrize(
    ("number", "options", "fault"),
    [
        ("1.16.4", {}, "eni-policies-lost"),
        ("1.17.4", {}, "eni-operator-does-not-start"),
        ("1.20.1", {}, "prefixes-released-singly"),
        ("1.20.0", {"ipv4_native_routing_cidr": "10.0.0.0/8"}, "native-cidr-of-pods"),
        ("1.18.8", {"enable_wireguard": "true"}, "GHSA-gj49-89wh-h4gj"),
        ("1.14.7", {"enable_ipsec": "true"}, "GHSA-j89h-qrvr-xc36"),
    ],
)
def test_a_release_meets_its_faults(number: str, options: dict[str, str], fault: str) -> None:
    world = healthy()
    release(world, number)
    configure(world, **options)
    found = {finding.fault: finding for finding in result(world, known_faults_met).findings}
    assert fault in found
    breaks = next(each.breaks for each in known_faults() if each.id == fault)
    assert found[fault].severity is (Severity.ERROR if breaks else Severity.WARNING)
    assert found[fault].evidence[0].seen == f"v{number}"


def test_faults_that_need_an_event_are_told_and_not_found() -> None:
    world = healthy()
    release(world, "1.16.19")
    found = result(world, known_faults_met)
    assert found.verdict is Verdict.OK
    assert "prefixes-fall-back-deadlock" in found.detail
    configure(world, aws_enable_prefix_delegation="false")
    assert "prefixes-fall-back" not in result(world, known_faults_met).detail


def test_a_fault_of_arm64_needs_such_a_node() -> None:
    world = healthy()
    release(world, "1.20.0")
    configure(world, enable_bpf_masquerade="true", aws_enable_prefix_delegation="false")
    assert result(world, known_faults_met).verdict is Verdict.OK
    world.all(kinds.NODES)[2]["metadata"]["labels"]["kubernetes.io/arch"] = "arm64"
    assert [each.fault for each in result(world, known_faults_met).findings] == ["ebpf-masquerade-on-arm64"]


def test_a_release_that_nobody_here_knows_is_not_judged() -> None:
    world = healthy()
    release(world, "1.21.3")
    assert "Cilium 1.21.3 is not among the releases" in result(world, known_faults_met).unknown[0]


def test_every_known_release_can_be_judged() -> None:
    world = healthy()
    for version in known_versions():
        release(world, version.number)
        assert not result(world, known_faults_met).unknown, version
