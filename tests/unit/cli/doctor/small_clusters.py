"""Clusters for the command that have a node, and aws-node or not."""

from __future__ import annotations

from typing import Any

from tests.unit.cli.doctor.clusters import Cluster

AWS_NODE = {
    "metadata": {"name": "aws-node", "namespace": "kube-system"},
    "spec": {"template": {"spec": {}}},
    "status": {"numberReady": 1},
}
NODE = {"metadata": {"name": "ip-10-0-0-1", "labels": {}}, "spec": {"providerID": "aws:///eu-west-1a/i-0"}}


class SmallCluster(Cluster):
    """A cluster of one node.

    Attributes:
        lists: The objects of each list by its path.
    """

    def __init__(self) -> None:
        super().__init__(self._listed)
        self.lists: dict[str, list[Any]] = {"/api/v1/nodes": [NODE], "/apis/apps/v1/daemonsets": []}

    def break_it(self) -> None:
        """Let aws-node run."""
        self.lists["/apis/apps/v1/daemonsets"] = [AWS_NODE]

    def mend_it(self) -> None:
        """Remove aws-node."""
        self.lists["/apis/apps/v1/daemonsets"] = []

    def _listed(self, path: str) -> Any:
        if path == "/version":
            return {"major": "1", "minor": "35"}
        return {"kind": "List", "items": self.lists.get(path, [])}
