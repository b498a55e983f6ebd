"""Deletes the network interfaces that Cilium left behind, when its cluster is destroyed.

A custom resource behind CDK's provider framework: it returns a result or raises, and the framework
answers CloudFormation. Create and Update change nothing; Delete sweeps, and can be repeated.

The event holds CloudFormation's presigned answer URL, so it is never logged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from clock import Clock, Deadline
from errors import PermanentError
from properties import Properties

#: Seconds of the function's time that stay unused, so that a failure is told rather than cut off.
RESERVE: Final = 15.0

log = logging.getLogger("eni_sweep")
log.setLevel(logging.INFO)


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
        PhysicalResourceId and, for Delete, Data: how many interfaces were Deleted and how many had
        Vanished, and the first of those LeftAlone, with the reason.

    Raises:
        PermanentError: If the request cannot succeed as it is.
        DeadlineError: If interfaces are still there when time is up; it names them.
    """
    request_type = event.get("RequestType")
    if request_type == "Delete":
        return _delete(event, context, clock)
    if request_type not in ("Create", "Update"):
        raise PermanentError(f"RequestType: must be Create, Update or Delete, got {request_type!r}")
    # A Delete with wrong properties sweeps nothing, so they are refused while there is nothing to sweep.
    Properties.of(event.get("ResourceProperties"))
    return {"PhysicalResourceId": _physical_id(event)}


def _delete(event: Mapping[str, Any], context: Context, clock: Clock) -> dict[str, Any]:
    try:
        properties = Properties.of(event.get("ResourceProperties"))
    except PermanentError as error:
        # Left over from a Create that failed: with nothing to go by nothing is swept, and nothing is stuck.
        log.info("nothing is swept: %s", error)
        return {"PhysicalResourceId": _physical_id(event)}
    available = context.get_remaining_time_in_millis() / 1000
    if available <= RESERVE:
        raise PermanentError(
            f"function timeout: must be over {RESERVE:.0f} s, got {available:.1f} s; give it some minutes"
        )
    # EC2's client takes its time to load, and the other requests need none.
    from ec2 import Ec2, make_client
    from sweep import Sweep, listed

    deadline = Deadline(available - RESERVE, clock)
    outcome = Sweep(Ec2(make_client(), deadline), properties, deadline).run()
    return {
        "PhysicalResourceId": _physical_id(event),
        "Data": {
            "Deleted": str(len(outcome.deleted)),
            "Vanished": str(len(outcome.vanished)),
            "LeftAlone": listed(f"{name}: {why}" for name, why in outcome.left.items()),
        },
    }


def _physical_id(event: Mapping[str, Any]) -> str:
    """The id CloudFormation knows already, else one made of the properties.

    A changed id would make CloudFormation delete the old resource, and so sweep a cluster that is in use.
    """
    known = event.get("PhysicalResourceId")
    if known:
        return str(known)
    given = event.get("ResourceProperties")
    names: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    return f"eni-sweep/{names.get('VpcId', 'unknown')}/{names.get('CiliumClusterName', 'unknown')}"
