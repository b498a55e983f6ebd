"""The tests' controller of DaemonSets: how it reacts to nodes and selectors."""

from __future__ import annotations

from typing import Any

from tests.lambda_.kubernetes_api.daemon_set_controller import next_status
from tests.lambda_.kubernetes_api.objects import daemon_set, node

NODES = [node("one"), node("two", {"pool": "blue"})]


def seen(status: dict[str, Any] | None = None, selector: dict[str, str] | None = None) -> dict[str, int]:
    made = daemon_set()
    made["metadata"]["generation"] = 3
    made["spec"]["template"]["spec"]["nodeSelector"] = selector
    made["status"] = status
    return next_status(made, NODES)


def test_the_daemon_set_runs_on_every_node_at_once() -> None:
    status = seen()
    assert (status["desiredNumberScheduled"], status["numberMisscheduled"]) == (2, 0)


def test_the_controller_observes_the_generation_that_it_read() -> None:
    assert seen()["observedGeneration"] == 3


def test_a_selector_keeps_it_off_nodes_without_the_label() -> None:
    assert seen(selector={"pool": "blue"})["desiredNumberScheduled"] == 1


def test_pods_leave_one_step_after_they_must() -> None:
    leaving = seen(status=seen(), selector={"pool": "red"})
    assert (leaving["desiredNumberScheduled"], leaving["numberMisscheduled"]) == (0, 2)
    assert seen(status=leaving, selector={"pool": "red"})["numberMisscheduled"] == 0
