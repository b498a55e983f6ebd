"""Our own checks: each environment passes, and what is acknowledged has a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from app import build, context
from cdk_eks_cilium.checks.rules import findings
from cdk_eks_cilium.settings import load
from tests.small_apps import TEMPLATES_ONLY, Synthesized
from tests.stacks.conftest import SETTINGS

MEANT = {"article": ["CEC010"]}


@pytest.mark.parametrize("name", SETTINGS)
def test_nothing_is_found_but_what_the_article_means(name: str, synthesize: Callable[[str], Any]) -> None:
    # Synthesizing runs the plugin too, so what is left here is acknowledged.
    templates = synthesize(name)

    found = [rule.id for stack in ("network", "cluster") for rule, _ in findings(getattr(templates, stack))]
    assert found == MEANT.get(name, [])


def test_an_api_that_is_open_for_a_reason_synthesizes_without_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("endpoint_access: {public_cidrs: [0.0.0.0/0], open_because: runners without addresses}\n")
    app = cdk.App(context={**context(), **TEMPLATES_ONLY}, builtin_cloud_formation_validation=False)
    _, cluster, _ = build(app, load(file))

    made = Synthesized(cluster)
    assert made.messages == []
    assert capfd.readouterr().err == ""
    assert [rule.id for rule, _ in findings(made.template)] == ["CEC014"]
