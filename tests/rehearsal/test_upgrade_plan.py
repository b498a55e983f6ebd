"""The plan from Cilium 1.18 to 1.20 and Kubernetes 1.33 to 1.35: each step rehearsed with the real charts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.environment import Settings, read
from bench.updates import Change, play
from cdk_eks_cilium.settings import cilium_values, load, references
from cdk_eks_cilium.upgrade_plan import Deployed, PlannedStep, Stop, upgrade_plan
from cdk_eks_cilium.versions import CiliumVersion
from tests.rehearsal.assemblies import ROOT

pytestmark = pytest.mark.slow

if not os.environ.get("CILIUM_CHARTS"):
    pytest.skip("CILIUM_CHARTS names no folder with Cilium's charts", allow_module_level=True)

CHARTS = Path(os.environ["CILIUM_CHARTS"])
SETTINGS = load(ROOT / "settings.yaml")
PLAN = upgrade_plan(
    Deployed(CiliumVersion.V1_18, "1.33"),
    Stop(CiliumVersion.V1_20, "1.35"),
    cilium_values(SETTINGS),
    references(SETTINGS),
)


def at(stop: Stop, settings: Settings) -> None:
    settings["cilium"]["version"] = str(stop.cilium)
    settings["kubernetes_version"] = stop.kubernetes


@pytest.mark.parametrize("step", PLAN.steps, ids=lambda step: str(step.title))
def test_a_step_of_the_plan_ends_well(step: PlannedStep) -> None:
    rolls = step.subject == "kubernetes"
    change = Change(
        step.title,
        lambda settings: at(step.after, settings),
        before=lambda settings: at(step.before, settings),
        nodes=rolls,
    )
    outcome = play(change, read(ROOT / "settings.yaml"), CHARTS)
    before, new, _ = outcome.nodes
    assert outcome.faults == ()
    assert new == (before if rolls else 0)
