from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.beginnings import begin
from rehearsal.kubernetes.resources import BUILT_IN

POD = next(each for each in BUILT_IN if each.kind == "Pod")
MAP = next(each for each in BUILT_IN if each.kind == "ConfigMap")
BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ([{}], "BestEffort"),
        ([{"limits": {"nvidia.com/gpu": "1"}}], "BestEffort"),
        ([{"requests": {"cpu": "1"}}], "Burstable"),
        ([{"limits": BOTH}], "Guaranteed"),
        ([{"limits": BOTH, "requests": BOTH}], "Guaranteed"),
        ([{"limits": BOTH, "requests": {"cpu": "500m"}}], "Burstable"),
        ([{"limits": BOTH}, {}], "Burstable"),
    ],
)
def test_requests_and_limits_give_the_quality_of_service(
    resources: list[dict[str, Any]], quality: str
) -> None:
    pod: dict[str, Any] = {"spec": {"containers": [{"resources": each} for each in resources]}}
    begin(POD, pod)
    assert pod["status"] == {"phase": "Pending", "qosClass": quality}


@pytest.mark.parametrize("spec", [None, "text", {"containers": ["text"]}])
def test_a_pod_that_cannot_be_read_breaks_nothing(spec: object) -> None:
    pod = {"spec": spec}
    begin(POD, pod)
    assert pod["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


def test_other_objects_have_no_first_status() -> None:
    body: dict[str, Any] = {}
    begin(MAP, body)
    assert body == {}
