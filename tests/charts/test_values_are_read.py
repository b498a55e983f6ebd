"""Each chart reads every value that we write: another value there renders something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cdk_eks_cilium.values.rendering.merge import leaves, merged
from cdk_eks_cilium.versions import CiliumVersion
from rehearsal.charts.template import ChartError
from tests.charts.matrix import CASES
from tests.charts.matrix.case import Case
from tests.charts.versions import Render, charts_or_skip, values_for
from tests.releases import NEWEST

charts_or_skip()

Path = tuple[str, ...]

CERTIFICATES = ("hubble", "tls", "auto")
#: Certificates that Helm makes are new in every render; how long they last is tested by itself.
NEW_EACH_TIME = {("hubble", "tls", "auto", "certValidityDuration")}
#: Without certificates a chart renders three times as fast, and the same each time.
NO_CERTIFICATES = {"hubble": {"tls": {"enabled": False}}}


def of_raw_values(number: str) -> set[Path]:
    """Switches that have an effect with raw values only: they restart pods that typed values do not start."""
    paths: set[Path] = {("standaloneDnsProxy", "rollOutPods")}
    return paths if CiliumVersion.of(number).at_least("1.16") else {*paths, ("envoy", "rollOutPods")}


def written(number: str) -> dict[Path, list[Case | None]]:
    """Every value's path, and the cases whose values have it; None is the case without any feature."""
    found: dict[Path, list[Case | None]] = {path: [None] for path, _ in leaves(values_for(number))}
    for case in CASES:
        if number in case.numbers:
            for path, _ in leaves(case.with_feature(number)):
                found.setdefault(path, []).append(case)
    return found


def each_path() -> list[Any]:
    return [
        pytest.param(number, path, cases, id=f"{number}-{'.'.join(path)}")
        for number in NEWEST
        for path, cases in written(number).items()
        if path not in of_raw_values(number) | NEW_EACH_TIME
    ]


def another(value: Any) -> Any:
    """A value of the same type, since from 1.16 on charts check the types of what no template reads."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2
    if value in ("helm", "cronJob"):
        return "cronJob" if value == "helm" else "helm"
    if isinstance(value, str):
        return f"{value}x"
    if isinstance(value, list):
        return value[:-1]
    assert value == {}, value
    return {"another": "x"}


def changed(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    key, *below = path
    value = changed(values[key], tuple(below)) if below else another(values[key])
    return {**values, key: value}


@pytest.mark.parametrize(("number", "path", "cases"), each_path())
def test_the_chart_reads_what_we_write(
    number: str, path: Path, cases: list[Case | None], render: Render
) -> None:
    assert any(is_read(number, path, case, render) for case in cases)


def is_read(number: str, path: Path, case: Case | None, render: Render) -> bool:
    values = case.with_feature(number) if case else values_for(number)
    apis = case.apis if case else ()
    if path[:3] != CERTIFICATES:
        values = merged(values, NO_CERTIFICATES)
    try:
        after = render(number, changed(values, path), 4, apis)
    except ChartError:
        return True
    return render(number, values, 4, apis).comparable != after.comparable


def test_a_value_that_no_template_reads_would_be_found(render: Render) -> None:
    number = CiliumVersion.DEFAULT.number
    texts = {render(number, merged(values_for(number), {"eni": {"noSuchKey": i}})).text for i in range(2)}
    assert len(texts) == 1
