"""Make the policies of an owner those that are wanted, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from errors import FunctionError, PermanentError
from logs import Log
from policy_api import Shelf
from properties import DIGEST, OWNER, Properties

_RULES: Final = ("spec", "specs")

log = Log("policy_set")


@dataclass
class Outcome:
    """What was done.

    Attributes:
        applied: Names of policies that were made or changed.
        made: Those among them that were not there before.
        unchanged: Names that were as they should be, and got no request.
        removed: Names that were deleted.
    """

    applied: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def reconcile(shelf: Shelf, wanted: Properties, outcome: Outcome) -> None:
    """Apply what is new or different, then delete what is no longer wanted.

    In that order, so that no pod is for a moment without the policies it had and will have. When the API
    server does not take one of them, nothing is deleted.

    Args:
        shelf: Where the policies are.
        wanted: What there shall be.
        outcome: Filled as it is done, so that a failure can be taken back.

    Raises:
        PermanentError: If a name belongs to somebody else, before anything is changed; or for everything
            that the API server does not take.
        DeadlineError: If time ran out.
    """
    there = shelf.all(wait=True) or {}
    strangers = list(_strangers(there, wanted, shelf))
    if strangers:
        raise PermanentError("\n".join(strangers))
    refusals = []
    for name, manifest in wanted.policies.items():
        live = there.get(name)
        if live is not None and not _differs(live, manifest):
            outcome.unchanged.append(name)
            continue
        refusal = shelf.apply(name, manifest)
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
    """Delete those policies that belong to an owner.

    Raises:
        PermanentError: If the API server refuses for a reason that does not pass.
        DeadlineError: If time ran out.
    """
    for name, live in there.items():
        if _owner(live) == owner and shelf.delete(name, str(live["metadata"].get("uid"))):
            outcome.removed.append(name)


def take_back(shelf: Shelf, owner: str, made: list[str]) -> str:
    """Delete what a failed Create has made; what could not be, in words."""
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


def _strangers(there: Mapping[str, Any], wanted: Properties, shelf: Shelf) -> Iterator[str]:
    for name in wanted.policies:
        live = there.get(name)
        if live is None or _owner(live) == wanted.owner:
            continue
        whose = f"belongs to the set {_owner(live)}" if _owner(live) else "was made by somebody else"
        label = f"kubectl label {shelf.plural} {name} {OWNER}={wanted.owner} --overwrite"
        yield (
            f"{shelf.where(name)}: must not be there yet, and {whose}; give one of them another name, or "
            f"hand "
            f"it over ({label}), then deploy again"
        )


def _owner(live: Mapping[str, Any]) -> str:
    labels = live.get("metadata", {}).get("labels")
    return str(labels.get(OWNER) or "") if isinstance(labels, Mapping) else ""


def _differs(live: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Whether a policy is not what was applied last, or was changed since."""
    if any(live.get(field) != manifest.get(field) for field in _RULES):
        return True
    metadata, wanted = live.get("metadata", {}), manifest["metadata"]
    if (metadata.get("annotations") or {}).get(DIGEST) != wanted["annotations"][DIGEST]:
        return True
    return any(
        (metadata.get(field) or {}).get(key) != value
        for field in ("labels", "annotations")
        for key, value in wanted[field].items()
    )
