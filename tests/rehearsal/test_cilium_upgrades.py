"""The chain of Cilium's upgrades from 1.16 on, one minor at a time, each with the real charts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.environment import read
from bench.updates import CHANGES, Change, play
from tests.rehearsal.assemblies import ROOT

pytestmark = pytest.mark.slow

if not os.environ.get("CILIUM_CHARTS"):
    pytest.skip("CILIUM_CHARTS names no folder with Cilium's charts", allow_module_level=True)

CHARTS = Path(os.environ["CILIUM_CHARTS"])
STEPS = [each for each in CHANGES if each.name.startswith("Cilium ")]


@pytest.mark.parametrize("change", STEPS, ids=lambda change: str(change.name))
def test_a_step_of_the_default_settings_keeps_every_node_and_ends_well(change: Change) -> None:
    outcome = play(change, read(ROOT / "settings.yaml"), CHARTS)
    before, new, fewest = outcome.nodes
    assert outcome.faults == ()
    assert (new, fewest) == (0, before)
