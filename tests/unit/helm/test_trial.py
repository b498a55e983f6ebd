"""The very values by real Helm, and the settings behind a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.helm import ChartError, Trial, helm_of_layer, try_chart
from cdk_eks_cilium.helm.trial import Suspect, _Search
from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.values.rendering.effective import PLACEHOLDERS
from cdk_eks_cilium.versions import CiliumVersion
from cdk_eks_cilium.versions.kubectl_layer import layer_for
from tests.unit.helm.chart import packaged

VERSION = CiliumVersion.of("1.19.6")


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    helm = helm_of_layer(layer_for("1.35").module)
    return Trial(helm, packaged(tmp_path), VERSION, PLACEHOLDERS, "1.35")


def found(trial: Trial, **values: Any) -> list[str]:
    return [str(problem) for problem in try_chart(trial, CiliumValues(**values))]


def test_what_helm_renders_is_fine(trial: Trial) -> None:
    assert found(trial, overrides={"debug": {"enabled": True}}) == []


def test_the_chart_s_own_words_come_with_the_two_settings_to_blame(trial: Trial) -> None:
    overrides = {
        "bpf": {"mapDynamicSizeRatio": 0.01, "tproxy": True},
        "debug": {"enabled": True, "verbose": "flow"},
        "envoy": {"log": {"path": "/tmp/envoy.log"}, "baseID": 7},
    }
    assert found(trial, overrides=overrides) == [
        "cilium.overrides.debug.enabled: Cilium's chart 1.19.6 refuses it: execution error at "
        "(cilium/templates/config.yaml:2:4): debug goes with no log of Envoy, got True; change it, or "
        "cilium.overrides.envoy.log.path"
    ]


def test_a_typed_value_may_be_to_blame(trial: Trial) -> None:
    (text,) = found(trial, kube_proxy_replacement=True, overrides={"l2announcements": {"enabled": True}})
    assert text.startswith("cilium.overrides.l2announcements.enabled: Cilium's chart 1.19.6 refuses it")
    assert text.endswith("change it, or cilium.kube_proxy_replacement")


def test_a_chart_that_fails_on_any_values_blames_none(tmp_path: Path, trial: Trial) -> None:
    broken = packaged(tmp_path, template="{{ fail `never` }}")
    (text,) = found(Trial(trial.helm, broken, VERSION, PLACEHOLDERS, "1.35"), overrides={"debug": {}})
    assert text.startswith("cilium: Cilium's chart 1.19.6 refuses it: execution error")


def test_helm_s_advice_about_its_options_is_left_out() -> None:
    error = ChartError(
        "Error: cilium/x.yaml:2:1\n  at <.a>:\n    no such field\n\nUse --debug flag to render"
    )
    assert error.words == "cilium/x.yaml:2:1 at <.a>: no such field"


@given(
    st.integers(1, 60).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n - 1), min_size=1, max_size=3))
    )
)
def test_the_search_finds_exactly_what_is_refused_together(case: tuple[int, set[int]]) -> None:
    count, guilty = case
    parts = [Suspect(str(number), number) for number in range(count)]
    search = _Search(lambda kept: guilty <= {part.value for part in kept})
    assert {part.value for part in search.conflict(parts)} == guilty


def test_the_search_ends_soon_where_nothing_helps() -> None:
    asked = []
    search = _Search(lambda kept: asked.append(kept) or False)  # type: ignore[func-returns-value]
    search.conflict([Suspect(str(number), number) for number in range(500)])
    assert len(asked) <= 40
