"""How each type of request treats the DaemonSets and the objects that belong to them.

Every request may be repeated. Delete undoes a patch, and nothing else: undoing a removal would give the
cluster two CNIs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import beside
from attempts import Call
from bringing_back import bring_back
from deadline import Deadline
from errors import DeadlineError, FunctionError, PermanentError
from logs import Log
from managed_addon import ADDON, delete_addon
from patching import by_hand, keep_off, restore
from properties import REMOVE, Former, Properties
from removal import remove
from request import Request
from running_nodes import refuse_running_nodes
from targets import EXTRAS, Target, daemon_set

#: Seconds of the reserve for taking back the patch of a Create that failed.
TAKE_BACK: Final = 8.0
# belief: EKS-aws-node-there-when-active
#: Seconds in which DaemonSets that a Create does not find may still appear. As far as anybody saw, they are
#: there when a cluster is active. EKS does not promise it, and a late aws-node would cost the nodes prefixes.
APPEARS: Final = 20.0
#: Seconds that a Delete spends at most on taking a patch back, so that it does not hold up the stack.
RESTORE: Final = 60.0

log = Log("aws_node_removal")


def create(request: Request, properties: Properties) -> dict[str, str]:
    """Remove or patch the DaemonSets that exist.

    Returns:
        Comma-separated names: Removed was deleted here, Patched runs on no node, AlreadyGone was missing.
        Note says what is unexpected.

    Raises:
        PermanentError: If the request cannot succeed as it is.
        DeadlineError: If time ran out.
    """
    call = properties.cluster.call(request.deadline())
    _refuse_running_nodes(properties, call)
    begun: list[Target] = []
    try:
        return _take_off(
            properties, call, begun, call.deadline.part(min(APPEARS, call.deadline.remaining / 2))
        )
    except FunctionError as error:
        # After a failed Create the provider framework drops the Delete, so this is the only chance.
        notes = [_take_back(call, target, properties) for target in begun]
        raise type(error)(f"{error}{''.join(notes)}") from None


def update(request: Request, properties: Properties) -> dict[str, str]:
    """Bring back the DaemonSets that must run again, before anything else; then do as `create`.

    Cilium replaces kube-proxy until this has returned, so Services always have a proxy.
    """
    call = properties.cluster.call(request.deadline())
    _refuse_running_nodes(properties, call)
    former = Former.of(request.old_properties)
    needed = [name for name in former.kept_off if name not in (*properties.daemon_sets, *properties.kept_off)]
    for name in needed if former.beside else ():
        beside.take_new_nodes(call, daemon_set(name))
    region = properties.cluster.region
    notes = [bring_back(call, daemon_set(name), request.stack_id, region) for name in needed]
    data = _take_off(properties, call, [])
    _leave_former(properties, former, call, needed)
    if told := [note for note in (*notes, data.get("Note")) if note]:
        data["Note"] = "; ".join(told)
        log.warning({"note": data["Note"]})
    return data


def delete(request: Request, properties: Properties) -> None:
    """Take patches back. A failure is only logged, because it must not keep the stack from being deleted."""
    if not properties.patched and not properties.beside:
        return
    try:
        call = properties.cluster.call(request.deadline(RESTORE))
        undo = beside.take_new_nodes if properties.beside else restore
        for name in properties.beside or properties.patched:
            found = undo(call, daemon_set(name))
            log.info({"restored" if found else "nothing to restore": name})
    except FunctionError as error:
        log.error({"not restored": str(error)})


def _refuse_running_nodes(properties: Properties, call: Call) -> None:
    for name in properties.daemon_sets if properties.refuse_nodes else ():
        refuse_running_nodes(call, daemon_set(name))


def _take_off(
    properties: Properties, call: Call, begun: list[Target], patience: Deadline | None = None
) -> dict[str, str]:
    """Remove or patch each DaemonSet, and return the outcome of each.

    Args:
        begun: Gets the patches that were begun, failed ones too.
        patience: How long DaemonSets that are missing may still appear.
    """
    gone: dict[str, bool] = {}
    if properties.managed_addon:
        gone[f"addon/{ADDON}"] = delete_addon(
            properties.cluster.name, properties.cluster.region, call.deadline
        )
        if gone[f"addon/{ADDON}"]:
            patience = None  # its DaemonSet went with it
    for name in properties.daemon_sets if properties.strategy == REMOVE else ():
        gone[name] = remove(call, daemon_set(name), patience)
    if properties.remove_extras:
        gone |= {f"{extra.kind}/{extra.name}": remove(call, extra) for extra in EXTRAS}
    off: dict[str, bool] = {}
    for target in map(daemon_set, properties.patched):
        begun.append(target)
        off[target.name] = keep_off(call, target, patience)
    for target in map(daemon_set, properties.beside):
        begun.append(target)
        off[target.name] = beside.leave_old_nodes(call, target)
    data = {"AlreadyGone": _names(gone | off, False)}
    if gone:
        data["Removed"] = _names(gone, True)
    if off:
        data["Patched"] = _names(off, True)
    if absent := _names(off, False):
        data["Note"] = f"nothing to patch: {absent} is not there; an EKS add-on brings it back"
    return data


def _leave_former(properties: Properties, former: Former, call: Call, brought_back: Sequence[str]) -> None:
    """Undo what kept a DaemonSet off nodes before, now that something else does.

    In this order no node of Cilium is open to it in between. What was removed has nothing to undo.
    """
    removed = properties.daemon_sets if properties.strategy == REMOVE else ()
    for name in former.beside:
        if name not in (*properties.beside, *removed, *brought_back):
            beside.take_new_nodes(call, daemon_set(name))
    for name in former.patched if properties.beside else ():
        if name not in brought_back:
            restore(call, daemon_set(name))


def _names(outcomes: Mapping[str, bool], outcome: bool) -> str:
    return ",".join(name for name, each in outcomes.items() if each is outcome)


def _take_back(call: Call, target: Target, properties: Properties) -> str:
    """Undo the patch of a failed Create; a note if that did not succeed."""
    undo = beside.take_new_nodes if properties.beside else restore
    try:
        undo(call.within(TAKE_BACK / 2), target)
    except DeadlineError:
        if properties.beside:
            return f"; the affinity may still be on {target.name}: {beside.by_hand(target)}"
        return f"; the selector may still be on {target.name}: {by_hand(target)}"
    except PermanentError:
        return ""  # the same refusal as before: nothing was patched
    return ""
