"""The options of requests, from their queries and bodies, and what the server refuses in them.

https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/apis/meta/internalversion/validation/validation.go
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.kubernetes.errors import ApiError, bad_request
from rehearsal.kubernetes.model import Object

_TRUE = ("true", "1", "True", "TRUE", "t", "T")
_EXACT, _NOT_OLDER = "Exact", "NotOlderThan"
_POLICIES = ("Foreground", "Background", "Orphan")


@dataclass(frozen=True)
class ListOptions:
    """What a list or a watch asks for.

    Attributes:
        limit: How many objects a page may have, 0 for all.
        token: Where the page begins, as the page before told.
        version: The resource version that the client knows, empty without one.
        exact: Whether the list must be as it was at that version.
        initial: Whether a watch begins with the objects that are there and a bookmark.
        bookmarks: Whether a watch sends bookmarks.
        timeout: The seconds of a watch, None without a limit of the client.
    """

    limit: int = 0
    token: str = ""
    version: str = ""
    exact: bool = False
    initial: bool | None = None
    bookmarks: bool = False
    timeout: float | None = None


# belief: K8S-list-options
def list_options(query: Mapping[str, str], *, watch: bool) -> ListOptions:
    """The options of a list or a watch.

    Raises:
        ApiError: 400, a number cannot be read; 422, options do not go together.
    """
    version, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    initial = query["sendInitialEvents"] in _TRUE if "sendInitialEvents" in query else None
    problems = _watch_problems(match, initial) if watch else _list_problems(match, version, query)
    if not watch and initial is not None:
        problems.append(("sendInitialEvents", "Forbidden", "sendInitialEvents is forbidden for list"))
    refuse("ListOptions", problems)
    timeout = query.get("timeoutSeconds", "")
    return ListOptions(
        limit=_number(query.get("limit", "")),
        token=query.get("continue", ""),
        version=version,
        exact=match == _EXACT,
        initial=initial,
        bookmarks=query.get("allowWatchBookmarks", "") in _TRUE,
        timeout=float(_number(timeout)) if timeout else None,
    )


def _list_problems(match: str, version: str, query: Mapping[str, str]) -> list[tuple[str, str, str]]:
    field = "resourceVersionMatch"
    problems: list[tuple[str, str, str]] = []
    if not match:
        return problems
    if query.get("continue"):
        problems.append((field, "Forbidden", f"{field} is forbidden when continue is provided"))
    if not version:
        problems.append((field, "Forbidden", f"{field} is forbidden unless resourceVersion is provided"))
    if match not in (_EXACT, _NOT_OLDER):
        problems.append(
            (field, f'Unsupported value: "{match}"', f'supported values: "{_EXACT}", "{_NOT_OLDER}", ""')
        )
    if match == _EXACT and version == "0":
        problems.append((field, "Forbidden", f'{field} "exact" is forbidden for resourceVersion "0"'))
    return problems


def _watch_problems(match: str, initial: bool | None) -> list[tuple[str, str, str]]:
    field = "resourceVersionMatch"
    problems = []
    if initial is not None and match != _NOT_OLDER:
        message = f"sendInitialEvents requires setting {field} to {_NOT_OLDER}"
        problems.append((field, "Forbidden", message))
    if match and initial is None:
        message = f"{field} is forbidden for watch unless sendInitialEvents is provided"
        problems.append((field, "Forbidden", message))
    if match and match != _NOT_OLDER:
        problems.append((field, f'Unsupported value: "{match}"', f'supported values: "{_NOT_OLDER}"'))
    return problems


# belief: K8S-list-options
def _number(text: str) -> int:
    try:
        return int(text or "0")
    except ValueError:
        raise bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: invalid syntax") from None


# belief: K8S-dry-run
def is_dry_run(kind: str, given: Iterable[Any]) -> bool:
    """Whether a request only tries; *kind* names its options, as in CreateOptions.

    Raises:
        ApiError: 422, the value is neither missing nor All.
    """
    values = list(given)
    if values and values != ["All"]:
        refuse(kind, [("dryRun", f"Unsupported value: {json.dumps(values)}", 'supported values: "All"')])
    return bool(values)


# belief: K8S-dry-run
def tries_only(kind: str, query: Mapping[str, str]) -> bool:
    """Whether a write only tries; *kind* names its options, as in CreateOptions.

    Raises:
        ApiError: 422, an option has an unknown value.
    """
    validation = query.get("fieldValidation", "")
    if validation not in ("", "Ignore", "Strict", "Warn"):
        words = 'supported values: "", "Ignore", "Strict", "Warn"'
        refuse(kind, [("fieldValidation", f'Unsupported value: "{validation}"', words)])
    return is_dry_run(kind, [query["dryRun"]] if query.get("dryRun") else ())


@dataclass(frozen=True)
class DeleteOptions:
    """How an object is deleted.

    Attributes:
        dry_run: Whether nothing is stored.
        policy: What happens to its dependents: Foreground, Background or Orphan; empty for the default.
        uid: The identity that it must have, empty for any.
        version: The resource version that it must have, empty for any.
        grace_seconds: The seconds that a pod gets; None for its own.
    """

    dry_run: bool = False
    policy: str = ""
    uid: str = ""
    version: str = ""
    grace_seconds: int | None = None


# belief: K8S-delete-options
def delete_options(query: Mapping[str, str], body: Object) -> DeleteOptions:
    """The options of a deletion; a body counts, and without one the query.

    Raises:
        ApiError: 422, an option has an unknown value.
    """
    if not body:
        body = {name: query[name] for name in ("propagationPolicy", "gracePeriodSeconds") if name in query}
        body["dryRun"] = [query["dryRun"]] if "dryRun" in query else []
        if "orphanDependents" in query:
            body["orphanDependents"] = query["orphanDependents"] in _TRUE
    policy, orphan = body.get("propagationPolicy") or "", body.get("orphanDependents")
    problems = []
    if policy and orphan is not None:
        message = "orphanDependents and deletionPropagation cannot be both set"
        problems.append(("propagationPolicy", f'Invalid value: "{policy}"', message))
    elif policy and policy not in _POLICIES:
        message = 'supported values: "Foreground", "Background", "Orphan", "nil"'
        problems.append(("propagationPolicy", f'Unsupported value: "{policy}"', message))
    refuse("DeleteOptions", problems)
    if orphan is not None:
        policy = "Orphan" if orphan else "Background"
    conditions, grace = body.get("preconditions") or {}, body.get("gracePeriodSeconds")
    return DeleteOptions(
        dry_run=is_dry_run("DeleteOptions", body.get("dryRun") or ()),
        policy=policy,
        uid=conditions.get("uid") or "",
        version=conditions.get("resourceVersion") or "",
        grace_seconds=None if grace is None else int(grace),
    )


# belief: K8S-list-options
def refuse(kind: str, problems: Iterable[tuple[str, str, str]]) -> None:
    """Refuse options: each problem is a field, what kind of problem it is, and the message.

    Raises:
        ApiError: 422, there is a problem.
    """
    told = [f"{field}: {problem}: {message}" for field, problem, message in problems]
    if told:
        text = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
        causes = [
            {
                "reason": _REASONS[problem.partition(":")[0]],
                "message": f"{problem}: {message}",
                "field": field,
            }
            for field, problem, message in problems
        ]
        group = "meta.k8s.io"
        message = f'{kind}.{group} "" is invalid: {text}'
        raise ApiError(422, "Invalid", message, group=group, kind=kind, causes=causes)


_REASONS = {
    "Forbidden": "FieldValueForbidden",
    "Unsupported value": "FieldValueNotSupported",
    "Invalid value": "FieldValueInvalid",
    "Required value": "FieldValueRequired",
}
