"""Removes aws-node from a new EKS cluster, before any node can run it.

A custom resource behind CDK's provider framework: it returns a result or raises, and the framework
answers CloudFormation. Doing it again is harmless, undoing it is not our business: Delete does nothing.

The event holds CloudFormation's presigned answer URL, so it is never logged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from api_server import ApiServer
from eks_token import find_credentials, make_token
from errors import PermanentError
from properties import Properties
from removal import Clock, Deadline, remove

#: Seconds of the function's time that stay unused, so that a failure is told rather than cut off.
RESERVE: Final = 15.0

logging.getLogger("aws_node_removal").setLevel(logging.INFO)


class Context(Protocol):
    """What is used of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the function."""


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Lambda's entry point; see `handle`."""
    return handle(event, context, Clock())


def handle(event: Mapping[str, Any], context: Context, clock: Clock) -> dict[str, Any]:
    """Serve one request of the provider framework.

    Args:
        event: RequestType, ResourceProperties and, but for Create, PhysicalResourceId.
        context: Lambda's context; its remaining time less `RESERVE` is the deadline.
        clock: Time and chance.

    Returns:
        PhysicalResourceId and, but for Delete, Data: the names under Removed were deleted here, those
        under AlreadyGone were not there (each a comma-separated list).

    Raises:
        PermanentError: If the request cannot succeed as it is.
        DeadlineError: If time ran out.
    """
    request_type = event.get("RequestType")
    if request_type == "Delete":
        # Properties are not even read: a resource whose properties were wrong must be deletable.
        return {"PhysicalResourceId": _physical_id(event)}
    if request_type not in ("Create", "Update"):
        raise PermanentError(f"RequestType: must be Create, Update or Delete, got {request_type!r}")
    available = context.get_remaining_time_in_millis() / 1000
    if available <= RESERVE:
        raise PermanentError(
            f"function timeout: must be over {RESERVE:.0f} s, got {available:.1f} s; give it some minutes"
        )
    deadline = Deadline(available - RESERVE, clock)
    properties = Properties.of(event.get("ResourceProperties"))
    gone = _remove_all(properties, deadline)
    return {
        "PhysicalResourceId": _physical_id(event),
        "Data": {
            "Removed": ",".join(name for name, deleted in gone.items() if deleted),
            "AlreadyGone": ",".join(name for name, deleted in gone.items() if not deleted),
        },
    }


def _remove_all(properties: Properties, deadline: Deadline) -> dict[str, bool]:
    credentials = find_credentials()
    server = ApiServer(
        properties.host,
        properties.port,
        properties.tls,
        lambda: make_token(properties.cluster_name, properties.region, credentials),
    )
    return {name: remove(server, properties.cluster_name, name, deadline) for name in properties.daemon_sets}


def _physical_id(event: Mapping[str, Any]) -> str:
    """The id CloudFormation knows already, else one made of the cluster's name.

    A changed id would make CloudFormation delete the old resource, and here one is as good as the other.
    """
    known = event.get("PhysicalResourceId")
    if known:
        return str(known)
    given = event.get("ResourceProperties")
    cluster = given.get("ClusterName", "unknown") if isinstance(given, Mapping) else "unknown"
    return f"aws-node-removal/{cluster}"
