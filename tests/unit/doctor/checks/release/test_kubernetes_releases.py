"""Cilium, Kubernetes and kubelets."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.release.kubelet_skew import kubelet_skew
from cdk_eks_cilium.doctor.checks.release.tested_pair import tested_pair as pair
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import release
from tests.unit.doctor.world import Thing, World, result


def run(world: World, api: str, kubelet: str) -> None:
    world.one(ApiVersion())["gitVersion"] = api
    for node in world.all(kinds.NODES):
        node["status"]["nodeInfo"]["kubeletVersion"] = kubelet


@pytest.mark.parametrize(
    ("api", "kubelet", "verdict"),
    [
        ("v1.35.2", "v1.35.9", Verdict.OK),
        ("v1.35.2", "v1.33.0", Verdict.OK),
        ("v1.35.2", "v1.32.0", Verdict.WARNING),
        ("v1.35.2", "v1.31.0", Verdict.ERROR),
        ("v1.35.2", "v1.36.0", Verdict.ERROR),
        # Kubelets before 1.25 may be two minors older.
        ("v1.26.0", "v1.24.0", Verdict.WARNING),
        ("v1.27.0", "v1.24.0", Verdict.ERROR),
    ],
)
def test_a_kubelet_may_be_three_minors_older(api: str, kubelet: str, verdict: Verdict) -> None:
    world = healthy()
    run(world, api, kubelet)
    assert result(world, kubelet_skew).verdict is verdict


def test_without_the_release_of_the_api_server_nothing_is_known() -> None:
    answers: list[list[Thing]] = [[], [{"gitVersion": "unknown"}], [{}]]
    for told in answers:
        world = healthy()
        world.things[ApiVersion()] = told
        assert result(world, kubelet_skew).verdict is Verdict.UNKNOWN
        assert result(world, pair).verdict is Verdict.UNKNOWN


def test_a_minor_above_the_tested_ones_is_a_note() -> None:
    found = result(healthy(), pair)
    assert found.verdict is Verdict.OK
    assert "is one minor newer" in found.detail


@pytest.mark.parametrize(
    ("number", "findings"), [("1.12.19", 2), ("1.15.19", 2), ("1.18.12", 1), ("1.20.0", 0)]
)
def test_older_releases_are_neither_maintained_nor_tested(number: str, findings: int) -> None:
    world = healthy()
    release(world, number)
    assert len(result(world, pair).findings) == findings
