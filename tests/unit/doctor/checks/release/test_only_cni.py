"""Other CNIs."""

from __future__ import annotations

from cdk_eks_cilium.doctor.checks.release.only_cni import only_cni
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure
from tests.unit.doctor.world import result, thing


def test_a_daemon_set_that_runs_nowhere_is_fine() -> None:
    world = healthy()
    world.add(kinds.DAEMON_SETS, thing(kinds.DAEMON_SETS, "weave-net", "kube-system", status={}))
    assert result(world, only_cni).verdict is Verdict.OK


def test_chaining_that_is_off_is_fine() -> None:
    world = healthy()
    configure(world, cni_chaining_mode="none")
    assert result(world, only_cni).verdict is Verdict.OK
