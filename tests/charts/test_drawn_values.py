"""Drawn values: what our rules accept, Helm renders; and where Helm refuses, our rules have refused before.

``DRAWN_VALUES`` is how many values are drawn for each chart; `make drawn` draws thousands. ``DRAWN_SEED``
draws others.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk_eks_cilium.values.rendering.chart import chart_values
from cdk_eks_cilium.values.rendering.effective import PLACEHOLDERS
from cdk_eks_cilium.values.rendering.merge import merged
from cdk_eks_cilium.values.rules.problems import problems
from cdk_eks_cilium.versions import CiliumVersion
from rehearsal.charts.template import ChartError
from tests.charts.drawing import Drawing, Drawn, nested
from tests.charts.versions import Render, charts_or_skip
from tests.releases import NEWEST

charts_or_skip()

COUNT = int(os.environ.get("DRAWN_VALUES", "40"))
SEED = int(os.environ.get("DRAWN_SEED", "1"))
APIS = ("monitoring.coreos.com/v1", "gateway.networking.k8s.io/v1/GatewayClass")
#: Without certificates a chart renders three times as fast. Draws about certificates keep them.
FAST = {"hubble": {"tls": {"enabled": False}}}
#: What is refused though some charts do not look at it, because the feature is off or the section is gone.
WIDER = ("hostServices", "useDigest")
#: So many accepted draws are rendered in one go.
TOGETHER = 12
FIXED = yaml.safe_load((Path(__file__).parent / "fixed.yaml").read_text(encoding="utf-8"))


def refusal(number: str, drawn: Drawn, render: Render) -> str | None:
    """Why Helm does not render a draw, None if it does."""
    version = CiliumVersion.of(number)
    try:
        render(number, chart_values(drawn.values, version, PLACEHOLDERS), 4, APIS)
    except ChartError as error:
        return str(error)
    return None


def accepted(number: str, drawn: Drawn) -> bool:
    return not problems(drawn.values, CiliumVersion.of(number))


def batches(number: str, draws: list[Drawn]) -> Iterator[Drawn]:
    """The draws, several as one where our rules accept them together."""
    waiting: dict[str, Drawn] = {}
    sizes: Counter[str] = Counter()
    for drawn in draws:
        kind = str(drawn.typed)
        joint = (
            Drawn(merged(waiting[kind].overrides, drawn.overrides), drawn.typed) if kind in waiting else drawn
        )
        if not accepted(number, joint):
            yield waiting[kind]
            joint, sizes[kind] = drawn, 0
        waiting[kind] = joint
        sizes[kind] += 1
        if sizes[kind] == TOGETHER:
            yield waiting.pop(kind)
            sizes[kind] = 0
    yield from waiting.values()


def reduced(number: str, drawn: Drawn, render: Render) -> Drawn:
    """The draw without every part that is not to blame, for a person to read."""
    parts = list(leaves_of(drawn.overrides))
    for part in list(parts):
        fewer = [each for each in parts if each is not part]
        smaller = Drawn(joined(fewer), drawn.typed)
        if accepted(number, smaller) and refusal(number, smaller, render) is not None:
            parts = fewer
    return Drawn(joined(parts), drawn.typed)


def leaves_of(overrides: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in overrides.items():
        if isinstance(value, dict) and value:
            yield from leaves_of(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def joined(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for path, value in parts:
        result = merged(result, nested(path, value))
    return result


@pytest.mark.parametrize("number", NEWEST)
def test_helm_renders_what_our_rules_accept(number: str, render: Render) -> None:
    fast = [
        Drawn(merged(FAST, each.overrides), each.typed)
        for each in Drawing(CiliumVersion.of(number), SEED).draws(COUNT)
    ]
    fine = [each for each in fast if accepted(number, each)]
    wrong = []
    for each in batches(number, fine):
        if refusal(number, each, render) is not None:
            small = reduced(number, each, render)
            wrong.append((small.typed, small.overrides, refusal(number, small, render)))
    print(f"{number}: {COUNT} drawn, {len(fine)} accepted, {len(wrong)} that Helm refuses")
    assert wrong == []


@pytest.mark.parametrize("number", NEWEST)
def test_helm_refuses_what_our_rules_of_charts_refuse(number: str, render: Render) -> None:
    """Rules of other files may be stricter than the chart; rules about the chart may not."""
    version = CiliumVersion.of(number)
    agreed: Counter[str] = Counter()
    wider: list[tuple[list[str], dict[str, Any], dict[str, Any]]] = []
    for each in Drawing(version, SEED).draws(max(COUNT // 2, 1)):
        found = problems(each.values, version)
        of_charts = [problem.id for problem in found if "CEK2200" <= problem.id <= "CEK2242"]
        if not found or len(of_charts) != len(found):
            continue
        if refusal(number, each, render) is None and not any(
            name in problem.where for problem in found for name in WIDER
        ):
            wider.append((of_charts, each.typed, each.overrides))
        agreed.update(of_charts)
    print(f"{number}: {sum(agreed.values())} refusals agreed: {dict(agreed)}")
    assert wider == []


@pytest.mark.parametrize("case", FIXED, ids=[f"{each['chart']}-{each['name']}" for each in FIXED])
def test_what_was_fixed_stays_fixed(case: dict[str, Any], render: Render) -> None:
    drawn = Drawn(case["overrides"], case.get("typed", {}))
    assert refusal(case["chart"], drawn, render) is not None
    found = problems(drawn.values, CiliumVersion.of(case["chart"]))
    assert [problem.id for problem in found] == case["problems"]
