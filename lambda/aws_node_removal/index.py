"""Takes aws-node off an EKS cluster, before any node can run it.

A custom resource behind CDK's provider framework: it returns a result or raises, and the framework
answers CloudFormation. Doing it again is harmless. Delete undoes a patch, and nothing else: a removal is
not undone, for the cluster would have two CNIs.

The event holds CloudFormation's presigned answer URL, so it is never logged.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from api_server import ApiServer
from attempts import Call
from deadline import Clock, Deadline
from eks_token import find_credentials, make_token
from errors import DeadlineError, PermanentError, RemovalError
from managed_addon import ADDON, delete_addon
from patching import by_hand, keep_off, restore
from properties import PATCH, Properties
from removal import remove
from running_nodes import refuse_running_nodes
from targets import EXTRAS, Target, daemon_set

#: Seconds of the function's time that stay unused, so that a failure is told rather than cut off.
RESERVE: Final = 15.0
#: Seconds of that reserve for taking back the patch of a Create that failed.
TAKE_BACK: Final = 8.0
#: Seconds that a Delete spends on taking a patch back; longer it holds up no stack.
RESTORE: Final = 60.0

log = logging.getLogger("aws_node_removal")
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
        PhysicalResourceId and, but for Delete, Data: the names under Removed were deleted here, those under
        Patched run on no node, those under AlreadyGone were not there (each a comma-separated list).

    Raises:
        PermanentError: If the request cannot succeed as it is.
        DeadlineError: If time ran out.
    """
    request_type = event.get("RequestType")
    available = context.get_remaining_time_in_millis() / 1000 - RESERVE
    if request_type == "Delete":
        _undo(event.get("ResourceProperties"), available, clock)
        return {"PhysicalResourceId": _physical_id(event)}
    if request_type not in ("Create", "Update"):
        raise PermanentError(f"RequestType: must be Create, Update or Delete, got {request_type!r}")
    if available <= 0:
        raise PermanentError(
            f"function timeout: must be over {RESERVE:.0f} s, got {available + RESERVE:.1f} s; "
            "give it some minutes"
        )
    deadline = Deadline(available, clock)
    properties = Properties.of(event.get("ResourceProperties"))
    call = Call(_server(properties), properties.cluster_name, deadline)
    if properties.strategy == PATCH:
        data = _patch_all(properties, call, clock, create=request_type == "Create")
    else:
        data = _remove_all(properties, call)
    return {"PhysicalResourceId": _physical_id(event), "Data": data}


def _server(properties: Properties) -> ApiServer:
    credentials = find_credentials()
    return ApiServer(
        properties.host,
        properties.port,
        properties.tls,
        lambda: make_token(properties.cluster_name, properties.region, credentials),
    )


def _remove_all(properties: Properties, call: Call) -> dict[str, str]:
    targets = [daemon_set(name) for name in properties.daemon_sets]
    if properties.refuse_nodes:
        for target in targets:
            refuse_running_nodes(call, target)
    gone: dict[str, bool] = {}
    if properties.managed_addon:
        gone[f"addon/{ADDON}"] = delete_addon(properties.cluster_name, properties.region, call.deadline)
    gone |= {target.name: remove(call, target) for target in targets}
    if properties.remove_extras:
        gone |= {f"{extra.kind}/{extra.name}": remove(call, extra) for extra in EXTRAS}
    return {
        "Removed": ",".join(name for name, deleted in gone.items() if deleted),
        "AlreadyGone": ",".join(name for name, deleted in gone.items() if not deleted),
    }


def _patch_all(properties: Properties, call: Call, clock: Clock, *, create: bool) -> dict[str, str]:
    targets = [daemon_set(name) for name in properties.daemon_sets]
    try:
        off = {target.name: keep_off(call, target) for target in targets}
    except RemovalError as error:
        if not create:
            raise  # CloudFormation sends the former properties next
        # After a failed Create the provider framework swallows the Delete, so this is the only chance.
        notes = [_take_back(call, target, clock) for target in targets]
        raise type(error)(f"{error}{''.join(notes)}") from None
    data = {
        "Patched": ",".join(name for name, patched in off.items() if patched),
        "AlreadyGone": ",".join(name for name, patched in off.items() if not patched),
    }
    if data["AlreadyGone"]:
        data["Note"] = f"nothing to patch: {data['AlreadyGone']} is not there; an EKS add-on brings it back"
    return data


def _take_back(call: Call, target: Target, clock: Clock) -> str:
    """Undo what a failed Create may have done; what came of it, in words, if that is of interest."""
    try:
        restore(Call(call.server, call.cluster_name, Deadline(TAKE_BACK / 2, clock)), target)
    except DeadlineError:
        return f"; the selector may still be on {target.name}: {by_hand(target)}"
    except PermanentError:
        return ""  # the same refusal as before: nothing was patched
    return ""


def _undo(raw: object, available: float, clock: Clock) -> None:
    """Take a patch back. Whatever is in the way is logged: a stack that is to go must be able to."""
    # Other properties are not even read then: a resource whose properties were wrong must be deletable.
    if not isinstance(raw, Mapping) or raw.get("Strategy") != PATCH:
        return
    deadline = Deadline(min(RESTORE, available), clock)
    try:
        properties = Properties.of(raw)
        call = Call(_server(properties), properties.cluster_name, deadline)
        for name in properties.daemon_sets:
            found = restore(call, daemon_set(name))
            log.info(json.dumps({"restored" if found else "nothing to restore": name}))
    except RemovalError as error:
        log.error(json.dumps({"not restored": str(error)}))


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
