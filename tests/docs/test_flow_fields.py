"""The fields of recorded flows that have no part in answers, in the guide."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis.flows.fields import DESCRIPTIVE, JUDGED, NOT_JUDGED
from tests.docs.blocks import ROOT

GUIDES = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "docs").glob("polic*.md"))]


@pytest.mark.parametrize("name", NOT_JUDGED)
def test_a_field_that_is_not_judged_is_in_the_guide(name: str) -> None:
    (guide,) = (text for text in GUIDES if "### What a record means" in text)
    assert f"`{name}`" in guide


def test_a_field_is_of_one_kind() -> None:
    assert not JUDGED & DESCRIPTIVE
    assert not NOT_JUDGED.keys() & (JUDGED | DESCRIPTIVE)
