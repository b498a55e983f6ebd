"""Watches: the store's log as a stream of events."""

# belief: K8S-watches

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.options import ListOptions
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.selectors import Matcher
from rehearsal.kubernetes.store import Store, StoredChange

_DEFAULT_SECONDS = 1800.0
_POLL_SECONDS = 0.5


# belief: K8S-watches
def watch(
    store: Store,
    resource: ResourceType,
    namespace: str | None,
    matches: Matcher,
    options: ListOptions,
    stopped: Callable[[], bool],
) -> Iterator[Object]:
    """The events of a watch, until ``timeoutSeconds`` are over or ``stopped`` is true.

    Without a resource version, with version 0 and with ``sendInitialEvents`` the stream begins with the
    existing objects. client-go's newest lists use ``sendInitialEvents``: they end at an annotated bookmark.

    Raises:
        ApiError: 500, the resource version is not a number.
    """
    if options.version and not options.version.isdecimal():
        quoted = json.dumps(options.version)
        words = f"Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"
        raise ApiError(500, "", f"resourceVersion: {words}")
    version = int(options.version or 0)
    return _events(store, resource, namespace, matches, options, version, stopped)


def _events(
    store: Store,
    resource: ResourceType,
    namespace: str | None,
    matches: Matcher,
    options: ListOptions,
    version: int,
    stopped: Callable[[], bool],
) -> Iterator[Object]:
    deadline = time.monotonic() + (options.timeout or _DEFAULT_SECONDS)
    with store.lock:
        revision = store.revision
        present: list[Object] = []
        if options.initial or (not version and options.initial is None):
            present = [o for o in store.find(resource.group, resource.plural, namespace) if matches(o)]
        elif version:
            revision = version
    for found in present:
        yield {"type": "ADDED", "object": found}
    if options.initial and options.bookmarks:
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
