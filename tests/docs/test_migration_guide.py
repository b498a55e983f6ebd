"""The guide to migrations: its phases and its label are the construct's."""

from __future__ import annotations

import re

from cdk_eks_cilium.migration import NEW_NODES, PHASES
from tests.docs.blocks import ROOT

GUIDE = (ROOT / "docs/migration.md").read_text(encoding="utf-8")


def test_the_guide_deploys_each_phase_in_its_order() -> None:
    assert tuple(re.findall(r"^npx cdk deploy -c phase=(\w+)$", GUIDE, re.M)) == PHASES


def test_each_phase_has_a_check_and_a_way_back() -> None:
    sections = {part.split("\n", 1)[0]: part for part in GUIDE.split("\n## ")}
    for phase in PHASES:
        assert "heck" in sections[phase], phase
        assert "Way back" in sections[phase], phase


def test_commands_choose_new_nodes_by_their_label() -> None:
    chosen = re.findall(r"--(?:selector|label-columns) '?!?([a-z.]+/[a-z-]+)", GUIDE)
    assert NEW_NODES in chosen
    assert set(chosen) <= {NEW_NODES, "eks.amazonaws.com/nodegroup"}
