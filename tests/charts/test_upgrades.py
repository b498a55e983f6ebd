"""Upgrades with Cilium's own charts: each step renders, and what the notes tell of charts is so."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.helm import ChartError
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.values.upgrade import upgrade
from cdk_eks_cilium.versions import CiliumVersion, minors
from cdk_eks_cilium.versions.upgrade_notes import DEFINITIONS, KEPT_DEFAULTS
from tests.charts.versions import REFS, Render, charts_or_skip, values_for
from tests.releases import NEWEST, since

charts_or_skip()

SINCE_1_16 = since("1.16")
STEPS = list(pairwise(SINCE_1_16))


def by_helm(render: Render, **further: Any) -> Callable[[CiliumVersion], list[Problem]]:
    """Renders the defaults with further values by Helm itself, and returns its refusal."""

    def refusal(version: CiliumVersion) -> list[Problem]:
        try:
            render(version.number, {**values_for(version.number), **further})
        except ChartError as error:
            return [Problem("cilium", error.words)]
        return []

    return refusal


@pytest.mark.parametrize(("old", "new"), STEPS, ids=lambda number: str(number))
def test_each_step_from_1_16_to_1_20_renders_the_defaults(old: str, new: str, render: Render) -> None:
    found = upgrade(
        CiliumValues(), REFS, CiliumVersion.of(old), CiliumVersion.of(new), render=by_helm(render)
    )
    assert [str(each.new) for each in found.steps] == [new]
    assert found.problems == ()


def test_what_helm_refuses_fails_the_step(render: Render) -> None:
    # As a chart with a condition that no rule knows would.
    refusing = by_helm(render, tunnel="vxlan")
    found = upgrade(CiliumValues(), REFS, CiliumVersion.V1_18, CiliumVersion.V1_19, render=refusing)
    (problem,) = found.problems
    assert "tunnel was deprecated in v1.14 and has been removed in v1.15" in problem.rule


def defined(number: str) -> set[str]:
    """The CRDs that the operator of a chart registers, by the rights that it has."""
    with tarfile.open(Path(os.environ["CILIUM_CHARTS"], f"cilium-{number}.tgz")) as chart:
        content = chart.extractfile("cilium/templates/cilium-operator/clusterrole.yaml")
        assert content is not None
        return set(re.findall(r"(cilium[a-z0-9]+)\.cilium\.io", content.read().decode()))


def came_and_went() -> Iterator[tuple[str, set[str], set[str]]]:
    for old, new in pairwise(NEWEST):
        before, after = defined(old), defined(new)
        yield CiliumVersion.of(new).minor, after - before, before - after


def test_the_crds_that_come_and_go_are_those_of_the_operator_s_rights() -> None:
    table = {minor: (set(each.new), set(each.gone)) for minor, each in DEFINITIONS.items()}
    assert {minor: (new, gone) for minor, new, gone in came_and_went() if new or gone} == table


@pytest.mark.parametrize("number", SINCE_1_16)
def test_upgrade_compatibility_changes_something_just_where_a_minor_changed_a_default(
    number: str, render: Render
) -> None:
    version = CiliumVersion.of(number)
    before = minors()[minors().index(version.minor) - 1]
    values = values_for(number)
    kept = render(number, {**values, "upgradeCompatibility": before})
    default = render(number, values)
    changed = KEPT_DEFAULTS.get(version.minor)
    # What the deployment writes itself, no default reaches.
    expected = changed is not None and changed != "enableIPv4Masquerade"
    assert (kept.config != default.config) is expected
