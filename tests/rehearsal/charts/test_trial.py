"""The values of a release by the chart at hand, before a rehearsal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rehearsal.charts.trial import refused_releases
from tests.unit.helm.chart import packaged


def release(values: Any, number: str = "1.19.6") -> tuple[str, dict[str, Any]]:
    properties = {"Chart": "cilium", "Version": number, "Values": values}
    return "Cilium", {"Type": "Custom::AWSCDK-EKS-HelmChart", "Properties": properties}


def refused(charts: Path, *resources: tuple[str, dict[str, Any]], groups: tuple[str, ...] = ()) -> list[str]:
    """What the charts refuse of resources."""
    return list(refused_releases([(*each, groups) for each in resources], charts))


def test_what_the_chart_renders_is_silent(tmp_path: Path) -> None:
    packaged(tmp_path)
    assert refused(tmp_path, release(json.dumps({"debug": {"enabled": True}}))) == []


def test_the_chart_s_own_words_come_with_the_values_to_blame(tmp_path: Path) -> None:
    packaged(tmp_path)
    values = {"debug": {"enabled": True}, "envoy": {"log": {"path": "/x"}}, "cluster": {"name": "a"}}
    assert refused(tmp_path, release(json.dumps(values))) == [
        "Cilium: Cilium's chart 1.19.6 refuses the values: execution error at "
        "(cilium/templates/config.yaml:2:4): debug goes with no log of Envoy (debug.enabled, envoy.log.path)"
    ]


def test_a_word_stands_for_what_only_the_deployment_knows(tmp_path: Path) -> None:
    packaged(tmp_path)
    joined = {"Fn::Join": ["", ['{"cluster": {"name": "', {"Ref": "Cluster"}, '"}}']]}
    assert refused(tmp_path, release(joined)) == []


def test_the_crds_that_are_said_to_be_there_are_there_for_the_chart(tmp_path: Path) -> None:
    serves = '.Capabilities.APIVersions.Has "monitoring.coreos.com/v1"'
    asks = f'{{{{- if not ({serves}) }}}}{{{{ fail "no CRDs" }}}}{{{{ end }}}}'
    packaged(tmp_path, template=asks)
    (without,) = refused(tmp_path, release("{}"))
    assert "no CRDs" in without
    assert refused(tmp_path, release("{}"), groups=("monitoring.coreos.com",)) == []


def test_a_chart_that_is_not_at_hand_is_passed_over(tmp_path: Path) -> None:
    assert refused(tmp_path, release("{}"), ("Topic", {"Type": "AWS::SNS::Topic"})) == []
