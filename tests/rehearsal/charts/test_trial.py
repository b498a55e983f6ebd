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


def test_what_the_chart_renders_is_silent(tmp_path: Path) -> None:
    packaged(tmp_path)
    assert list(refused_releases([release(json.dumps({"debug": {"enabled": True}}))], tmp_path)) == []


def test_the_chart_s_own_words_come_with_the_values_to_blame(tmp_path: Path) -> None:
    packaged(tmp_path)
    values = {"debug": {"enabled": True}, "envoy": {"log": {"path": "/x"}}, "cluster": {"name": "a"}}
    assert list(refused_releases([release(json.dumps(values))], tmp_path)) == [
        "Cilium: Cilium's chart 1.19.6 refuses the values: execution error at "
        "(cilium/templates/config.yaml:2:4): debug goes with no log of Envoy (debug.enabled, envoy.log.path)"
    ]


def test_a_word_stands_for_what_only_the_deployment_knows(tmp_path: Path) -> None:
    packaged(tmp_path)
    joined = {"Fn::Join": ["", ['{"cluster": {"name": "', {"Ref": "Cluster"}, '"}}']]}
    assert list(refused_releases([release(joined)], tmp_path)) == []


def test_a_chart_that_is_not_at_hand_is_passed_over(tmp_path: Path) -> None:
    assert list(refused_releases([release("{}"), ("Topic", {"Type": "AWS::SNS::Topic"})], tmp_path)) == []
