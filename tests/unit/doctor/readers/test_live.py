"""Readings from a live cluster: lists page by page, single objects, logs and metrics."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cdk_eks_cilium.doctor.engine import aws_kinds
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Logs, Metrics, Objects
from cdk_eks_cilium.doctor.readers.live import LiveReader
from tests.unit.doctor.readers.api_servers import QUICK, fails, hangs_up, listed, says, serving

PODS = Objects("Pod", "pods")
AGENTS = Logs("kube-system", "k8s-app=cilium", "cilium-agent", lines=5, pods=2)
NUMBERS = Metrics("kube-system", "k8s-app=cilium", 9962, pods=2)


def pod(name: str, restarts: int = 0) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"containerStatuses": [{"restartCount": restarts}]}}


def test_a_list_is_read_page_by_page() -> None:
    with serving(listed("a", "b", token="2"), listed("c", token="3"), listed("d")) as served:
        found = LiveReader(served.access, QUICK).read(PODS)
    assert found is not None
    assert [each["metadata"]["name"] for each in found.objects] == ["a", "b", "c", "d"]
    queries = [parse_qs(urlsplit(each).query) for each in served.asked]
    assert queries == [
        {"limit": ["500"]},
        {"limit": ["500"], "continue": ["2"]},
        {"limit": ["500"], "continue": ["3"]},
    ]


def test_objects_keep_only_what_somebody_looks_at() -> None:
    item = {
        "metadata": {"name": "a", "managedFields": [1]},
        "status": {"phase": "Running", "hostIP": "10.0.0.1"},
    }
    wanted = Objects("Pod", "pods", keep=("metadata.name", "status.phase"))
    with serving(says({"items": [item]})) as served:
        found = LiveReader(served.access, QUICK).read(wanted)
    assert found is not None
    assert list(found.objects) == [{"metadata": {"name": "a"}, "status": {"phase": "Running"}}]


def test_a_list_that_expires_begins_anew() -> None:
    with serving(listed("a", token="2"), fails(410), listed("b", token="2"), listed("c")) as served:
        found = LiveReader(served.access, QUICK).read(PODS)
    assert found is not None
    assert [each["metadata"]["name"] for each in found.objects] == ["b", "c"]


def test_a_list_that_expires_again_and_again_is_unread() -> None:
    with serving(*[listed("a", token="2"), fails(410)] * 3) as served:
        with pytest.raises(
            UnreadError, match=r"^the list of pods took longer than the API keeps it, 3 times$"
        ):
            LiveReader(served.access, QUICK).read(PODS)
    assert len(served.asked) == 6


def test_a_kind_that_the_api_does_not_know_is_not_served() -> None:
    with serving(lambda handler: handler.reply(404, b"404 page not found\n", "text/plain")) as served:
        found = LiveReader(served.access, QUICK).read(Objects("CiliumNode", "ciliumnodes", "cilium.io", "v2"))
    assert found is not None
    assert (found.served, list(found.objects)) == (False, [])
    assert served.asked == ["/apis/cilium.io/v2/ciliumnodes?limit=500"]


def test_an_object_that_is_missing_is_of_a_kind_that_is_served() -> None:
    wanted = Objects("ConfigMap", "configmaps", namespace="kube-system", name="cilium-config")
    body = {"kind": "Status", "code": 404, "details": {"name": "cilium-config", "kind": "configmaps"}}
    with serving(says(body, 404)) as served:
        found = LiveReader(served.access, QUICK).read(wanted)
    assert found is not None
    assert (found.served, list(found.objects)) == (True, [])
    assert served.asked == ["/api/v1/namespaces/kube-system/configmaps/cilium-config"]


def test_one_object_is_read_by_its_name() -> None:
    wanted = Objects("ConfigMap", "configmaps", namespace="kube-system", name="cilium-config", keep=("data",))
    with serving(says({"metadata": {"name": "cilium-config"}, "data": {"ipam": "eni"}})) as served:
        found = LiveReader(served.access, QUICK).read(wanted)
    assert found is not None
    assert list(found.objects) == [{"data": {"ipam": "eni"}}]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (PODS, "not allowed to list pods (403)"),
        (
            Objects("Lease", "leases", "coordination.k8s.io", namespace="x"),
            "list leases.coordination.k8s.io in x",
        ),
        (
            Objects("ConfigMap", "configmaps", namespace="x", name="y"),
            "not allowed to get configmaps y in x (403)",
        ),
        (ApiVersion(), "not allowed to get /version (403)"),
        (AGENTS, "not allowed to list pods in kube-system (403)"),
    ],
)
def test_a_right_that_is_missing_is_named_with_the_way_to_it(wanted: Any, words: str) -> None:
    with serving(fails(403)) as served:
        with pytest.raises(UnreadError) as found:
            LiveReader(served.access, QUICK).read(wanted)
    assert words in str(found.value)
    assert str(found.value).endswith("'cdk-eks-cilium doctor role' prints the role that may")


def test_a_list_without_items_is_an_error_in_words() -> None:
    with serving(says({"kind": "Sandwich"})) as served:
        with pytest.raises(UnreadError, match=r"^the API's list of pods has no items$"):
            LiveReader(served.access, QUICK).read(PODS)


def test_the_version_of_the_api_is_one_object() -> None:
    with serving(says({"major": "1", "minor": "35"})) as served:
        found = LiveReader(served.access, QUICK).read(ApiVersion())
    assert found is not None
    assert list(found.objects) == [{"major": "1", "minor": "35"}]


def test_readings_of_aws_belong_to_another_reader() -> None:
    with serving(says({})) as served:
        assert LiveReader(served.access, QUICK).read(aws_kinds.CLUSTER) is None
    assert served.asked == []


def test_logs_are_those_of_the_pods_with_most_restarts() -> None:
    pods = says({"items": [pod("calm"), pod("broken", 7), pod("shaky", 2)]})
    text = lambda handler: handler.reply(200, b"one\ntwo\xff\n", "text/plain")  # noqa: E731
    with serving(pods, text) as served:
        found = LiveReader(served.access, QUICK).read(AGENTS)
    assert found is not None
    assert list(found.objects) == [
        {"pod": each, "lines": ["one", "two\ufffd"]} for each in ("broken", "shaky")
    ]
    assert served.asked[0].startswith("/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dcilium")
    assert served.asked[1].endswith("/pods/broken/log?container=cilium-agent&tailLines=5")


def test_a_pod_without_logs_hides_not_those_of_the_others() -> None:
    waiting = fails(400, 'container "cilium-agent" in pod "b" is waiting to start')
    with serving(says({"items": [pod("b", 1), pod("a")]}), waiting, says("fine")) as served:
        found = LiveReader(served.access, QUICK).read(AGENTS)
    assert found is not None
    assert [each["pod"] for each in found.objects] == ["a"]
    assert found.partly == (
        'b: the API answered with 400: container "cilium-agent" in pod "b" is waiting to start'
    )


def test_logs_of_which_none_can_be_read_are_unread() -> None:
    with serving(says({"items": [pod("a")]}), hangs_up) as served:
        with pytest.raises(
            UnreadError, match=r"^logs of k8s-app=cilium in kube-system: a: the connection broke"
        ):
            LiveReader(served.access, QUICK).read(AGENTS)


def test_metrics_come_through_the_proxy_of_the_api() -> None:
    with serving(says({"items": [pod("a")]}), lambda handler: handler.reply(200, b"up 1\n")) as served:
        found = LiveReader(served.access, QUICK).read(NUMBERS)
    assert found is not None
    assert list(found.objects) == [{"pod": "a", "text": "up 1\n"}]
    assert served.asked[1] == "/api/v1/namespaces/kube-system/pods/a:9962/proxy/metrics"


def test_metrics_say_which_role_may_read_them() -> None:
    with serving(says({"items": [pod("a"), pod("b")]}), fails(403)) as served:
        with pytest.raises(UnreadError) as found:
            LiveReader(served.access, QUICK).read(NUMBERS)
    assert str(found.value) == (
        "not allowed to get pods/proxy in kube-system (403): 'cdk-eks-cilium doctor role --metrics' prints "
        "the role that may"
    )
    assert len(served.asked) == 2


def test_a_port_that_is_closed_is_tried_twice() -> None:
    with serving(says({"items": [pod("a")]}), fails(503)) as served:
        with pytest.raises(
            UnreadError, match=r"^metrics of k8s-app=cilium in kube-system: a: the API failed"
        ):
            LiveReader(served.access, QUICK).read(NUMBERS)
    assert len(served.asked) == 3
