from __future__ import annotations

import dataclasses

import pytest

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.resources import BUILT_IN
from rehearsal.kubernetes.scales import scale_of, scaled, selector_text

DEPLOYMENT = next(each for each in BUILT_IN if each.kind == "Deployment")
CUSTOM = dataclasses.replace(DEPLOYMENT, custom=True, scale=("spec.size", "status.size", "status.labels"))
METADATA = {"name": "web", "namespace": "default", "uid": "1", "labels": {"a": "b"}}


def test_a_scale_has_the_replicas_and_the_selector() -> None:
    found = {
        "metadata": METADATA,
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"replicas": 2},
    }
    scale = scale_of(DEPLOYMENT, found)
    assert scale["apiVersion"] == "autoscaling/v1"
    assert scale["metadata"] == {"name": "web", "namespace": "default", "uid": "1"}
    assert scale["spec"] == {"replicas": 3}
    assert scale["status"] == {"replicas": 2, "selector": "app=web"}


def test_a_custom_type_names_the_paths() -> None:
    found = {"metadata": METADATA, "spec": {"size": 4}, "status": {"size": 1, "labels": "a=b"}}
    scale = scale_of(CUSTOM, found)
    assert (scale["spec"], scale["status"]) == ({"replicas": 4}, {"replicas": 1, "selector": "a=b"})
    assert scaled(CUSTOM, found, {"spec": {"replicas": 7}})["spec"] == {"size": 7}


@pytest.mark.parametrize(
    ("scale", "code"),
    [
        ({"spec": {"replicas": -1}}, 422),
        ({"spec": {"replicas": "two"}}, 400),
        ({"kind": "Pod"}, 400),
        ([], 400),
    ],
)
def test_what_is_not_a_scale_is_refused(scale: object, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        scaled(DEPLOYMENT, {"metadata": METADATA, "spec": {}}, scale)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({"app": "x", "tier": "y"}, "app=x,tier=y"),
        ({"matchLabels": {"b": "1"}, "matchExpressions": [{"key": "a", "operator": "Exists"}]}, "b=1,a"),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, "!a"),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["2", "1"]}]}, "a notin (1,2)"),
        ({}, ""),
    ],
)
def test_a_selector_reads_as_a_query(selector: dict[str, object], text: str) -> None:
    assert selector_text(selector) == text
