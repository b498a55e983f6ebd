"""Lists: pages of them, and lists as they were at an earlier resource version.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

# belief: K8S-pages

from __future__ import annotations

import base64
import binascii
import json
from typing import NamedTuple

from rehearsal.kubernetes.errors import bad_request
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.options import ListOptions
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.selectors import Matcher
from rehearsal.kubernetes.store import Store

_FORMAT = "meta.k8s.io/v1"


class _Position(NamedTuple):
    """Where a page begins: after an object, in the list as it was at a revision."""

    revision: int
    after: tuple[str, str]


# belief: K8S-pages
def list_objects(
    store: Store,
    resource: ResourceType,
    namespace: str | None,
    matches: Matcher,
    options: ListOptions,
    *,
    selects: bool,
) -> Object:
    """The list of the objects that match, or a page of it.

    Args:
        selects: Whether *matches* may leave objects out: then nobody counts what is on later pages.

    Raises:
        ApiError: 400, a version or a token cannot be read; 410, it is too old; 504, it is not there yet.
    """
    with store.lock:
        position = _position(options, store)
        revision = position.revision if position else store.revision
        if position:
            found = store.at(revision, resource.group, resource.plural, namespace)
        else:
            found = store.find(resource.group, resource.plural, namespace)
    if position:
        found = [each for each in found if _place(each) > position.after]
    items = [each for each in found if matches(each)]
    metadata: Object = {"resourceVersion": str(revision)}
    if options.limit > 0 and len(items) > options.limit:
        if not selects:
            metadata["remainingItemCount"] = len(items) - options.limit
        items = items[: options.limit]
        metadata["continue"] = _token(revision, items[-1])
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.group_version,
        "metadata": metadata,
        "items": items,
    }


# belief: K8S-pages
def version_number(text: str, words: str = "") -> int:
    """A resource version as a number, 0 for none.

    Args:
        words: What the message begins with.

    Raises:
        ApiError: 400, it is not a number.
    """
    if text and not text.isdecimal():
        quoted = json.dumps(text)
        problem = f"Invalid value: {quoted}: strconv.ParseUint: parsing {quoted}: invalid syntax"
        raise bad_request(f"{words}resourceVersion: {problem}")
    return int(text or "0")


# belief: K8S-pages
def _position(options: ListOptions, store: Store) -> _Position | None:
    if options.token:
        position = _read(options.token)
        if options.version not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        return position
    version = version_number(options.version, "invalid resource version: ")
    store.check_remembered(version or store.revision)
    return _Position(version, ("", "")) if options.exact else None


def _place(found: Object) -> tuple[str, str]:
    return found["metadata"].get("namespace", ""), found["metadata"]["name"]


def _token(revision: int, last: Object) -> str:
    start = "/".join(filter(None, _place(last))) + "\0"
    content = json.dumps({"v": _FORMAT, "rv": revision, "start": start})
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


# belief: K8S-pages
def _read(token: str) -> _Position:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("latin-1")
        if not raw.startswith("{"):
            # Go writes a character that cannot be printed as its code.
            first = raw[:1] if raw[:1].isprintable() else f"\\u{ord(raw[:1]):04x}"
            raise ValueError(f"invalid character '{first}' looking for beginning of value")
        content = json.loads(raw)
        if content["v"] != _FORMAT:
            words = f'server does not recognize this version "{content["v"]}"'
            raise bad_request(f"continue key is not valid: {words}")
        namespace, _, name = content["start"].removesuffix("\0").rpartition("/")
        return _Position(int(content["rv"]), (namespace, name))
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from None
