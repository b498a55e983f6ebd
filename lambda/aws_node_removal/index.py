"""Takes aws-node off an EKS cluster before any node can run it, and kube-proxy where Cilium replaces it.

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

from attempts import Call
from bringing_back import bring_back
from deadline import Clock, Deadline
from errors import DeadlineError, FunctionError, PermanentError
from managed_addon import ADDON, delete_addon
from patching import by_hand, keep_off, restore
from properties import PATCH, REMOVE, Properties, kept_off_of
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
        event: RequestType, ResourceProperties and, but for Create, PhysicalResourceId; for Update also
            OldResourceProperties, whose DaemonSets that were kept off and are needed again come back first.
        context: Lambda's context; its remaining time less `RESERVE` is the deadline.
        clock: Time and chance.

    Returns:
        PhysicalResourceId and, but for Delete, Data: the names under Removed were deleted here, those under
        Patched run on no node, those under AlreadyGone were not there (each a comma-separated list). Note
        has what is not as one may expect.

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
    call = Call(properties.cluster.server(), properties.cluster.name, deadline)
    if request_type == "Create":
        data = _on_create(properties, call, clock)
    else:
        former = kept_off_of(event.get("OldResourceProperties"))
        data = _on_update(properties, former, call, str(event.get("StackId")))
    return {"PhysicalResourceId": _physical_id(event), "Data": data}


def _on_create(properties: Properties, call: Call, clock: Clock) -> dict[str, str]:
    _refuse_running_nodes(properties, call)
    begun: list[Target] = []
    try:
        return _take_off(properties, call, begun)
    except FunctionError as error:
        # After a failed Create the provider framework swallows the Delete, so this is the only chance.
        notes = [_take_back(call, target, clock) for target in begun]
        raise type(error)(f"{error}{''.join(notes)}") from None


def _on_update(properties: Properties, former: tuple[str, ...], call: Call, stack_id: str) -> dict[str, str]:
    """Bring back what runs again, before anything else; after a failure the former properties come next.

    Cilium goes on replacing kube-proxy until this has returned, so Services keep a proxy all the time.
    """
    _refuse_running_nodes(properties, call)
    needed = [name for name in former if name not in (*properties.daemon_sets, *properties.kept_off)]
    notes = [bring_back(call, daemon_set(name), stack_id, properties.cluster.region) for name in needed]
    data = _take_off(properties, call, [])
    if told := [note for note in (*notes, data.get("Note")) if note]:
        data["Note"] = "; ".join(told)
        log.warning(json.dumps({"note": data["Note"]}))
    return data


def _refuse_running_nodes(properties: Properties, call: Call) -> None:
    for name in properties.daemon_sets if properties.refuse_nodes else ():
        refuse_running_nodes(call, daemon_set(name))


def _take_off(properties: Properties, call: Call, begun: list[Target]) -> dict[str, str]:
    """Remove what shall go, patch what shall stay aside, and say what became of each.

    Patches that were begun are added to *begun*, whatever becomes of them.
    """
    gone: dict[str, bool] = {}
    if properties.managed_addon:
        gone[f"addon/{ADDON}"] = delete_addon(
            properties.cluster.name, properties.cluster.region, call.deadline
        )
    for name in properties.daemon_sets if properties.strategy == REMOVE else ():
        gone[name] = remove(call, daemon_set(name))
    if properties.remove_extras:
        gone |= {f"{extra.kind}/{extra.name}": remove(call, extra) for extra in EXTRAS}
    off: dict[str, bool] = {}
    for target in map(daemon_set, properties.patched):
        begun.append(target)
        off[target.name] = keep_off(call, target)
    data = {"AlreadyGone": _names(gone | off, False)}
    if gone:
        data["Removed"] = _names(gone, True)
    if off:
        data["Patched"] = _names(off, True)
    if absent := _names(off, False):
        data["Note"] = f"nothing to patch: {absent} is not there; an EKS add-on brings it back"
    return data


def _names(outcomes: Mapping[str, bool], outcome: bool) -> str:
    return ",".join(name for name, each in outcomes.items() if each is outcome)


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
    """Take patches back. Whatever is in the way is logged: a stack that is to go must be able to."""
    # Other properties are not even read then: a resource whose properties were wrong must be deletable.
    if not isinstance(raw, Mapping) or not (raw.get("Strategy") == PATCH or kept_off_of(raw)):
        return
    deadline = Deadline(min(RESTORE, available), clock)
    try:
        properties = Properties.of(raw)
        call = Call(properties.cluster.server(), properties.cluster.name, deadline)
        for name in properties.patched:
            found = restore(call, daemon_set(name))
            log.info(json.dumps({"restored" if found else "nothing to restore": name}))
    except FunctionError as error:
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
