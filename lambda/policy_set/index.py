"""Keeps a set of Cilium's network policies in a namespace, or clusterwide ones: those that are wanted alone.

A custom resource behind CDK's provider framework: it returns a result or raises, and the framework
answers CloudFormation. Doing it again is harmless. It touches nothing that its label does not mark as its
own, and of that only what changes.

The event holds CloudFormation's presigned answer URL, so it is never logged.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from attempts import Call
from cluster_state import is_gone
from deadline import Clock, Deadline
from errors import DeadlineError, FunctionError, PermanentError
from policy_api import Shelf
from properties import Properties, place_of
from reconciling import Outcome, reconcile, remove, take_back

#: Seconds of the function's time that stay unused, so that a failure is told rather than cut off.
RESERVE: Final = 25.0
#: Seconds of that reserve for taking back what a Create that failed has made, or for asking EKS.
TAKE_BACK: Final = 15.0
#: Seconds that a Delete spends; longer it holds up no stack.
DELETE: Final = 120.0

log = logging.getLogger("policy_set")
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
        PhysicalResourceId and Data: how many policies were Applied, Unchanged and Removed. Another namespace
        or owner makes another id: CloudFormation then deletes the former set, once this one is there.

    Raises:
        PermanentError: If the request cannot succeed as it is.
        DeadlineError: If time ran out.
    """
    request_type = event.get("RequestType")
    if request_type not in ("Create", "Update", "Delete"):
        raise PermanentError(f"RequestType: must be Create, Update or Delete, got {request_type!r}")
    available = context.get_remaining_time_in_millis() / 1000 - RESERVE
    if available <= 0:
        raise PermanentError(
            f"function timeout: must be over {RESERVE:.0f} s, got {available + RESERVE:.1f} s; "
            "give it some minutes"
        )
    if request_type == "Delete":
        return _answer(event, _delete(event, available, clock))
    properties = Properties.of(event.get("ResourceProperties"))
    call = Call(properties.cluster.server(), properties.cluster.name, Deadline(available, clock))
    shelf = Shelf(call, properties.namespace)
    outcome = Outcome()
    try:
        reconcile(shelf, properties, outcome)
    except FunctionError as error:
        if request_type == "Update":
            # CloudFormation comes back with the former properties.
            raise
        # After a failed Create the provider framework swallows the Delete, so this is the only chance.
        later = Shelf(Call(call.server, call.cluster_name, Deadline(TAKE_BACK, clock)), shelf.namespace)
        left = take_back(later, properties.owner, outcome.made) if outcome.made else ""
        raise type(error)(f"{error}{left}") from None
    return _answer(event, outcome)


def _delete(event: Mapping[str, Any], available: float, clock: Clock) -> Outcome:
    """Delete what belongs to the set. With the cluster gone there is nothing left to delete.

    Policies that stay in a cluster that lives on would go on refusing traffic, with nobody left to remove
    them: so a cluster that does not answer is a failure, unless EKS says that it is gone.
    """
    outcome = Outcome()
    try:
        properties = Properties.of(event.get("ResourceProperties"))
    except PermanentError as error:
        # Left over from a Create that failed: with nothing to go by nothing is deleted, and nothing is stuck.
        log.info("nothing is deleted: %s", error)
        return outcome
    cluster = properties.cluster
    call = Call(cluster.server(), cluster.name, Deadline(min(DELETE, available), clock))
    shelf = Shelf(call, properties.namespace)
    try:
        remove(shelf, shelf.all(wait=False) or {}, properties.owner, outcome)
    except DeadlineError:
        if not is_gone(cluster.name, cluster.region):
            raise
        log.info(json.dumps({"nothing to delete": f"cluster {cluster.name} is gone"}))
    return outcome


def _answer(event: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    counts = {
        "Applied": str(len(outcome.applied)),
        "Unchanged": str(len(outcome.unchanged)),
        "Removed": str(len(outcome.removed)),
    }
    log.info(json.dumps({**counts, "applied": outcome.applied[:50], "removed": outcome.removed[:50]}))
    return {"PhysicalResourceId": _physical_id(event), "Data": counts}


def _physical_id(event: Mapping[str, Any]) -> str:
    """The id CloudFormation knows already, unless namespace or owner are others now."""
    given, former = event.get("ResourceProperties"), event.get("OldResourceProperties")
    known = event.get("PhysicalResourceId")
    if known and (former is None or place_of(former) == place_of(given)):
        return str(known)
    cluster = given.get("ClusterName", "unknown") if isinstance(given, Mapping) else "unknown"
    namespace, owner = place_of(given)
    return f"policy-set/{cluster}/{namespace or 'clusterwide'}/{owner or 'unknown'}"
