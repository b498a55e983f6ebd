"""Refuse to remove aws-node while nodes depend on its network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, Final
from urllib.parse import quote

from attempts import Call
from beside import NEW_NODES
from errors import PermanentError
from targets import Target

#: How many nodes a refusal names.
NAMED: Final = 5

_NODES: Final = "/api/v1/nodes"
_PAGE: Final = 500
_GRANT: Final = "bind that group to a ClusterRole with the verb list on nodes"


def refuse_running_nodes(call: Call, target: Target) -> None:
    """Return if no node depends on a DaemonSet's network.

    Raises:
        PermanentError: If it runs on nodes and at least one node is Ready; the error names some of them.
        DeadlineError: If the API server does not answer in time.
    """
    where = target.of(call.cluster_name)
    found = call.get(target.path, where, target.grant("get and delete"))
    scheduled = found.get("status", "currentNumberScheduled")
    if found.status == HTTPStatus.NOT_FOUND or not isinstance(scheduled, int) or scheduled < 1:
        return
    names = list(islice(_ready_nodes(call), NAMED))
    if not names:
        return
    more = f" and up to {scheduled - len(names)} more" if scheduled > len(names) else ""
    raise PermanentError(
        f"{where}: must run on no node when it is removed, got {scheduled} that would lose their network "
        f"({', '.join(names)}{more}); use the strategy 'patch', which can be undone, and then replace those "
        "nodes, or allow it (allow_nodes) and replace them at once"
    )


def _ready_nodes(call: Call) -> Iterator[str]:
    """The names of Ready nodes that a DaemonSet can run on, page by page."""
    onwards = ""
    while True:
        path = f"{_NODES}?limit={_PAGE}" + (f"&continue={quote(onwards, safe='')}" if onwards else "")
        page = call.get(path, f"Nodes of cluster {call.cluster_name}", _GRANT)
        items = page.get("items")
        for node in items if isinstance(items, list) else []:
            name = _name_if_ready(node)
            if name:
                yield name
        onwards = page.get("metadata", "continue")
        if not isinstance(onwards, str) or not onwards:
            return


def _name_if_ready(node: Any) -> str:
    if not isinstance(node, Mapping):
        return ""
    metadata, status = node.get("metadata") or {}, node.get("status") or {}
    labels = metadata.get("labels") or {}
    # aws-node never runs on Fargate's nodes, nor on Cilium's during a migration: its affinity excludes them.
    if labels.get("eks.amazonaws.com/compute-type") == "fargate" or NEW_NODES in labels:
        return ""
    conditions = status.get("conditions") or ()
    ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
    return str(metadata.get("name") or "") if ready else ""
