"""Make the policies of an owner exactly the wanted policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from comparing import RULES, contradiction, differs, rules_differ
from errors import FunctionError, PermanentError
from logs import Log
from policy_api import Shelf
from properties import OWNER, Properties

log = Log("policy_set")


@dataclass
class Outcome:
    """The outcome of a request.

    Attributes:
        applied: Names of policies that were made or changed.
        made: The names in `applied` that did not exist before.
        unchanged: Names of policies that were right already, and got no request.
        removed: Names of policies that were deleted.
    """

    applied: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def reconcile(shelf: Shelf, wanted: Properties, outcome: Outcome) -> None:
    """Apply policies that are new or different, then delete policies that are no longer wanted.

    The order keeps every pod under the policies that it had and will have. When the API server refuses a
    policy, nothing is deleted.

    Args:
        outcome: Filled step by step, so that a failure can be undone.

    Raises:
        PermanentError: If a name belongs to somebody else, before anything is changed; or with every policy
            that the API server refuses.
        DeadlineError: If time ran out.
    """
    there = shelf.all(wait=True) or {}
    strangers = list(_strangers(there, wanted, shelf))
    if strangers:
        raise PermanentError("\n".join(strangers))
    refusals = []
    for name, manifest in wanted.policies.items():
        live = there.get(name)
        if live is not None and not differs(live, manifest):
            outcome.unchanged.append(name)
            continue
        refusal = _put_right(shelf, name, manifest)
        if refusal:
            refusals.append(refusal)
            continue
        outcome.applied.append(name)
        if live is None:
            outcome.made.append(name)
    if refusals:
        raise PermanentError("\n".join(refusals))
    remove(
        shelf,
        {name: live for name, live in there.items() if name not in wanted.policies},
        wanted.owner,
        outcome,
    )


def remove(shelf: Shelf, there: Mapping[str, Any], owner: str, outcome: Outcome) -> None:
    """Delete the policies that belong to an owner.

    Raises:
        PermanentError: If the API server refuses for a permanent reason.
        DeadlineError: If time ran out.
    """
    for name, live in there.items():
        if _owner(live) == owner and shelf.delete(name, str(live["metadata"].get("uid"))):
            outcome.removed.append(name)


def take_back(shelf: Shelf, owner: str, made: list[str]) -> str:
    """Delete what a failed Create has made; return what could not be deleted, in words."""
    left = list(made)
    try:
        there = shelf.all(wait=False) or {}
        for name in made:
            live = there.get(name)
            if live is not None and _owner(live) == owner:
                shelf.delete(name, str(live["metadata"].get("uid")))
            left.remove(name)
    except FunctionError as error:
        log.error({"not taken back": left, "because": str(error)})
        return f"; these are left: {', '.join(left[:10])}{', ...' if len(left) > 10 else ''}"
    return ""


def _put_right(shelf: Shelf, name: str, manifest: Mapping[str, Any]) -> str:
    """Make a policy what its manifest says; return why it cannot be, in words, or an empty text.

    An apply leaves fields alone that others added, such as a whole direction of rules. So what is stored
    afterwards counts, and where it still differs, the rules are replaced.
    """
    refusal, stored = shelf.apply(name, manifest)
    if refusal or not rules_differ(stored, manifest):
        return refusal
    log.warning({"others added rules, which are replaced": name})
    refusal, stored = shelf.replace(name, {field: manifest.get(field) for field in RULES})
    if refusal or not rules_differ(stored, manifest):
        return refusal
    there, wanted = ({field: each.get(field) for field in RULES} for each in (stored, manifest))
    changed = contradiction(there, wanted)
    if not changed:
        # Fields that nobody asked for, and that come back at once, are the API server's own defaults.
        log.info({"the API server adds fields": name})
        return ""
    return (
        f"{shelf.where(name)}: must be stored as it is declared, and {changed} is stored otherwise; see "
        "which webhook changes it (kubectl get mutatingwebhookconfigurations), and exempt policies of label "
        f"{OWNER}, then deploy again"
    )


def _strangers(there: Mapping[str, Any], wanted: Properties, shelf: Shelf) -> Iterator[str]:
    for name in wanted.policies:
        live = there.get(name)
        if live is None or _owner(live) == wanted.owner:
            continue
        whose = f"belongs to the set {_owner(live)}" if _owner(live) else "was made by somebody else"
        label = f"kubectl label {shelf.plural} {name} {OWNER}={wanted.owner} --overwrite"
        yield (
            f"{shelf.where(name)}: must not exist yet, and {whose}; rename one of the two, or hand it "
            f"over ({label}), then deploy again"
        )


def _owner(live: Mapping[str, Any]) -> str:
    labels = live.get("metadata", {}).get("labels")
    return str(labels.get(OWNER) or "") if isinstance(labels, Mapping) else ""
