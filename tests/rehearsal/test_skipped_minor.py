"""An update that skips a minor of Cilium: the stack refuses it, changes nothing, and goes back."""

from __future__ import annotations

import pytest

from bench.environment import read
from bench.updates import Outcome, cilium_step, play
from cdk_eks_cilium.versions import CiliumVersion
from tests.rehearsal.assemblies import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return play(cilium_step(CiliumVersion.V1_18, CiliumVersion.V1_20), read(ROOT / "settings.yaml"))


def test_the_stack_refuses_it_and_ends_as_before(outcome: Outcome) -> None:
    refusal, found = outcome.faults
    assert refusal.startswith(
        "cilium.version: must not skip a minor, 1.18.12 runs, got 1.20.0; deploy the newest 1.19 first"
    )
    assert found == (
        "Cilium goes one minor at a time: 1.18.12 -> 1.20.0 skips a minor: go 1.18.12 -> 1.19.6 -> 1.20.0, "
        "one deploy each"
    )


def test_no_node_is_replaced_or_lost(outcome: Outcome) -> None:
    before, new, fewest = outcome.nodes
    assert (new, fewest) == (0, before)
