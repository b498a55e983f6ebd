"""Watches: the store's log as a stream of events."""

# belief: K8S-watches

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.selectors import Matcher
from rehearsal.kubernetes.store import Store, StoredChange

_DEFAULT_SECONDS = 1800.0
_POLL_SECONDS = 0.5


def watch(
    store: Store,
    resource: ResourceType,
    namespace: str | None,
    matches: Matcher,
    query: Mapping[str, str],
    stopped: Callable[[], bool],
) -> Iterator[Object]:
    """The events of a watch, until ``timeoutSeconds`` are over or ``stopped`` is true.

    Without a resource version, with version 0 and with ``sendInitialEvents`` the stream begins with the
    existing objects. client-go's newest lists use ``sendInitialEvents``: they end at an annotated bookmark.
    """
    version = query.get("resourceVersion", "")
    initial = query.get("sendInitialEvents") == "true"
    deadline = time.monotonic() + float(query.get("timeoutSeconds") or _DEFAULT_SECONDS)
    with store.lock:
        revision = store.revision
        present: list[Object] = []
        if initial or version in ("", "0"):
            present = [o for o in store.find(resource.group, resource.plural, namespace) if matches(o)]
        else:
            revision = int(version)
    for found in present:
        yield {"type": "ADDED", "object": found}
    if initial and query.get("allowWatchBookmarks") == "true":
        yield _bookmark(resource, revision, {"k8s.io/initial-events-end": "true"})
    while not stopped() and time.monotonic() < deadline:
        try:
            with store.lock:
                changes = store.changes_after(revision, resource.group, resource.plural, namespace)
                revision = max(revision, store.revision)
                if not changes:
                    store.changed.wait(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))
                    continue
        except ApiError as expired:
            yield {"type": "ERROR", "object": expired.status()}
            return
        for change in changes:
            if event := _event(change, matches):
                yield event


def _event(change: StoredChange, matches: Matcher) -> Object | None:
    """The change as a client sees it that watches only matching objects."""
    sees, saw = matches(change.object), change.before is not None and matches(change.before)
    if change.type == "DELETED":
        return {"type": "DELETED", "object": change.object} if saw or sees else None
    if sees:
        return {"type": "MODIFIED" if saw else "ADDED", "object": change.object}
    return {"type": "DELETED", "object": change.object} if saw else None


def _bookmark(resource: ResourceType, revision: int, annotations: dict[str, str]) -> Object:
    return {
        "type": "BOOKMARK",
        "object": {
            "kind": resource.kind,
            "apiVersion": resource.group_version,
            "metadata": {"resourceVersion": str(revision), "annotations": annotations},
        },
    }
