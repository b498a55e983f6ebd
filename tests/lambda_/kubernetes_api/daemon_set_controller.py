"""The controller of DaemonSets, played by the test: an API server alone lacks it, and makes no pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.lambda_.kubernetes_api.client import Client
from tests.lambda_.kubernetes_api.objects import daemon_set_path

Status = dict[str, Any]


def next_status(daemon_set: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> Status:
    """The status one step on: pods come at once, and leave one step after they must."""
    selector = daemon_set["spec"]["template"]["spec"].get("nodeSelector") or {}
    labels = [node["metadata"].get("labels") or {} for node in nodes]
    wanted = sum(1 for each in labels if selector.items() <= each.items())
    before = daemon_set.get("status") or {}
    leaving = max(0, before.get("currentNumberScheduled", 0) - wanted)
    return {
        "observedGeneration": daemon_set["metadata"]["generation"],
        "desiredNumberScheduled": wanted,
        "currentNumberScheduled": wanted,
        "numberMisscheduled": leaving,
        "numberReady": wanted,
    }


class DaemonSetController:
    """Brings the status of one DaemonSet of kube-system on by a step whenever it is told to."""

    def __init__(self, administrator: Client, name: str = "aws-node") -> None:
        self._administrator, self._path = administrator, daemon_set_path(name)

    def step(self) -> None:
        """Look at nodes and DaemonSet, and write what follows."""
        daemon_set = self._administrator.get(self._path)
        nodes = self._administrator.get("/api/v1/nodes")
        if daemon_set is not None and nodes is not None:
            status = next_status(daemon_set, nodes["items"])
            self._administrator.merge(f"{self._path}/status", {"status": status})
