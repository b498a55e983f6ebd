"""Certificates of a mesh."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.hubble.mesh_certificates import mesh_certificates
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.hubble import certificate
from tests.unit.doctor.world import result, thing


def test_a_cluster_alone_needs_none_of_them() -> None:
    assert result(healthy(), mesh_certificates).verdict is Verdict.SKIPPED


def test_certificates_of_hubble_are_others() -> None:
    world = healthy()
    world.add(kinds.DEPLOYMENTS, thing(kinds.DEPLOYMENTS, "clustermesh-apiserver", "kube-system"))
    certificate(world, "2026-12-01T00:00:00Z")
    found = result(world, mesh_certificates)
    assert found.detail == "only a deploy renews them, and they last until 2027-11-01 at least"
