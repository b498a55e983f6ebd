from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.scheduling import obstacle

LABELS = {"zone": "a", "cores": "8"}
TAINT = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


def node(*taints: dict[str, str]) -> dict[str, Any]:
    return {"metadata": {"name": "n1", "labels": LABELS}, "spec": {"taints": list(taints)}}


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "gpu", "operator": "Exists"}, True),
        ({"key": "gpu", "value": "yes"}, True),
        ({"key": "gpu", "value": "no"}, False),
        ({"key": "gpu", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_a_taint_keeps_pods_without_a_toleration_away(toleration: dict[str, str], tolerated: bool) -> None:
    found = obstacle({"tolerations": [toleration]}, node(TAINT))
    assert found == (None if tolerated else "it does not tolerate the taint gpu=yes:NoSchedule")


def test_a_preference_may_be_unmet_and_daemons_run_on_nodes_that_are_not_ready() -> None:
    assert obstacle({}, node(TAINT | {"effect": "PreferNoSchedule"})) is None
    not_ready = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}
    assert obstacle({}, node(not_ready)) is not None
    assert obstacle({}, node(not_ready), daemon=True) is None


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ({"key": "zone", "operator": "In", "values": ["a", "b"]}, True),
        ({"key": "zone", "operator": "NotIn", "values": ["a"]}, False),
        ({"key": "zone", "operator": "Exists"}, True),
        ({"key": "disk", "operator": "DoesNotExist"}, True),
        ({"key": "cores", "operator": "Gt", "values": ["4"]}, True),
        ({"key": "cores", "operator": "Lt", "values": ["4"]}, False),
        ({"key": "zone", "operator": "Gt", "values": ["4"]}, False),
    ],
)
def test_node_affinity_compares_labels(expression: dict[str, Any], fits: bool) -> None:
    required = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    found = obstacle({"affinity": affinity}, node())
    assert found == (None if fits else "its node affinity excludes the node")
