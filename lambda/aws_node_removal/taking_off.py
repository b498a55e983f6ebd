"""What becomes of the DaemonSets and of what goes with them, for each type of request.

Doing it again is harmless. Delete undoes a patch, and nothing else: a removal is not undone, for the cluster
would have two CNIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attempts import Call
from bringing_back import bring_back
from errors import DeadlineError, FunctionError, PermanentError
from logs import Log
from managed_addon import ADDON, delete_addon
from patching import by_hand, keep_off, restore
from properties import REMOVE, Properties, kept_off_of
from removal import remove
from request import Request
from running_nodes import refuse_running_nodes
from targets import EXTRAS, Target, daemon_set

#: Seconds of the reserve for taking back the patch of a Create that failed.
TAKE_BACK: Final = 8.0
#: Seconds that a Delete spends on taking a patch back; longer it holds up no stack.
RESTORE: Final = 60.0

log = Log("aws_node_removal")


def create(request: Request, properties: Properties) -> dict[str, str]:
    """Take off what is there.

    Returns:
        The names under Removed were deleted here, those under Patched run on no node, those under AlreadyGone
        were not there (each a comma-separated list). Note has what is not as one may expect.

    Raises:
        PermanentError: If the request cannot succeed as it is.
        DeadlineError: If time ran out.
    """
    call = properties.cluster.call(request.deadline())
    _refuse_running_nodes(properties, call)
    begun: list[Target] = []
    try:
        return _take_off(properties, call, begun)
    except FunctionError as error:
        # After a failed Create the provider framework swallows the Delete, so this is the only chance.
        notes = [_take_back(call, target) for target in begun]
        raise type(error)(f"{error}{''.join(notes)}") from None


def update(request: Request, properties: Properties) -> dict[str, str]:
    """Bring back what runs again, before anything else; then as `create`.

    Cilium goes on replacing kube-proxy until this has returned, so Services keep a proxy all the time.
    """
    call = properties.cluster.call(request.deadline())
    _refuse_running_nodes(properties, call)
    former = kept_off_of(request.old_properties)
    needed = [name for name in former if name not in (*properties.daemon_sets, *properties.kept_off)]
    region = properties.cluster.region
    notes = [bring_back(call, daemon_set(name), request.stack_id, region) for name in needed]
    data = _take_off(properties, call, [])
    if told := [note for note in (*notes, data.get("Note")) if note]:
        data["Note"] = "; ".join(told)
        log.warning({"note": data["Note"]})
    return data


def delete(request: Request, properties: Properties) -> None:
    """Take patches back. Whatever is in the way is logged: a stack that is to go must be able to."""
    if not properties.patched:
        return
    try:
        call = properties.cluster.call(request.deadline(RESTORE))
        for name in properties.patched:
            found = restore(call, daemon_set(name))
            log.info({"restored" if found else "nothing to restore": name})
    except FunctionError as error:
        log.error({"not restored": str(error)})


def _refuse_running_nodes(properties: Properties, call: Call) -> None:
    for name in properties.daemon_sets if properties.refuse_nodes else ():
        refuse_running_nodes(call, daemon_set(name))


def _take_off(properties: Properties, call: Call, begun: list[Target]) -> dict[str, str]:
    """Remove what must go, patch what must stay aside, and say what became of each.

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


def _take_back(call: Call, target: Target) -> str:
    """Undo what a failed Create may have done; what came of it, in words, if that is of interest."""
    try:
        restore(call.within(TAKE_BACK / 2), target)
    except DeadlineError:
        return f"; the selector may still be on {target.name}: {by_hand(target)}"
    except PermanentError:
        return ""  # the same refusal as before: nothing was patched
    return ""
