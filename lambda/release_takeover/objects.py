"""The objects of a release in the Kubernetes API: find them, and patch who manages their fields."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from attempts import Call, is_final
from errors import DeadlineError, PermanentError
from ownership import Takeover, takeover_of
from properties import Properties

#: Objects in one page of a list.
PAGE: Final = 250
_JSON_PATCH: Final = "application/json-patch+json"
_GRANT: Final = "bind it to the roles that the library ships with the takeover"
_RELEASE: Final = ("meta.helm.sh/release-name", "meta.helm.sh/release-namespace")


@dataclass(frozen=True)
class Found:
    """An object, and where it is.

    Attributes:
        path: Its path on the API server.
        body: The object.
        is_marked: Whether it has Helm's marks of the release.
    """

    path: str
    body: Mapping[str, Any]
    is_marked: bool

    @property
    def name(self) -> str:
        """The object, in words."""
        metadata = self.body.get("metadata", {})
        kind = str(self.body.get("kind") or self.path.rsplit("/", 2)[1])
        return f"{kind} {metadata.get('name')}"


def objects_of(call: Call, wanted: Properties) -> Iterator[Found]:
    """The objects of a release, and the named objects, each once.

    Raises:
        PermanentError: If the API server refuses for a permanent reason.
        DeadlineError: If it does not answer in time.
    """
    named = {
        _path(each.rpartition("/")[0], wanted.namespace) + f"/{each.rpartition('/')[2]}"
        for each in wanted.named
    }
    seen = set()
    collections = [_path(each, wanted.namespace) for each in wanted.types]
    for collection in (*collections, *(_path(each, None) for each in wanted.cluster_types)):
        for item in _list(call, collection):
            metadata = item.get("metadata") or {}
            path = _path_in(collection, metadata)
            annotations = metadata.get("annotations") or {}
            is_marked = tuple(annotations.get(each) for each in _RELEASE) == (
                wanted.release,
                wanted.namespace,
            )
            seen.add(path)
            if is_marked or path in named:
                yield Found(path, item, is_marked)
    for path in sorted(named - seen):
        if path.rpartition("/")[0] in collections:
            continue  # listed, and not there
        answer = call.get(path, f"Object {path}", _GRANT)
        if answer.ok:
            yield Found(path, answer.body, False)


def take(call: Call, found: Found) -> tuple[Takeover, str]:
    """Give the fields of an object to Helm.

    Returns:
        Which fields changed hands, and why they could not, in words, or an empty text.

    Raises:
        DeadlineError: If the API server does not answer in time.
    """
    body = found.body
    for attempt in itertools.count(1):
        takeover = takeover_of(body)
        if not takeover.changed:
            return takeover, ""
        answer = call.ask("PATCH", found.path, attempt, _patch(body, takeover), _JSON_PATCH)
        if answer.ok:
            return takeover, ""
        if answer.status == HTTPStatus.NOT_FOUND:
            return Takeover([]), ""
        # The rights came with those to list, so a right that is missing now is not late.
        if is_final(answer) or answer.status == HTTPStatus.FORBIDDEN:
            return takeover, str(answer)
        if not call.deadline.pause(attempt, answer.retry_after):
            raise DeadlineError(
                f"{found.name}: must be patched before the function's time is up, PATCH got {answer} "
                f"{call.spent(attempt)}; {call.fix(answer, _GRANT)}"
            )
        # Somebody may have changed it meanwhile, also when the answer got lost.
        fresh = call.get(found.path, found.name, _GRANT)
        if not fresh.ok:
            return Takeover([]), ""
        body = fresh.body
    raise AssertionError("unreachable: count() does not end")


def _patch(body: Mapping[str, Any], takeover: Takeover) -> list[dict[str, Any]]:
    """The patch, for this version of the object alone."""
    version = body["metadata"]["resourceVersion"]
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": takeover.entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
    ]


def _list(call: Call, collection: str) -> Iterator[Mapping[str, Any]]:
    following = ""
    while True:
        query = {"limit": str(PAGE), **({"continue": following} if following else {})}
        where = f"{collection}: must be readable"
        answer = call.settle("GET", f"{collection}?{urlencode(query)}", where, _GRANT)
        if answer.status == HTTPStatus.NOT_FOUND:
            return  # the cluster does not have the type
        if answer.status == HTTPStatus.GONE and following:
            following = ""
            continue
        if not answer.ok:
            raise PermanentError(f"{where}, GET got {answer}; {call.final_fix(answer)}")
        kind, version = str(answer.get("kind") or "").removesuffix("List"), answer.get("apiVersion")
        for item in answer.get("items") or ():
            # Items of a list leave out what all have in common.
            yield {"apiVersion": version, "kind": kind, **item}
        following = str(answer.get("metadata", "continue") or "")
        if not following:
            return


def _path(type_: str, namespace: str | None) -> str:
    group_version, _, plural = type_.rpartition("/")
    root = "/apis" if "/" in group_version else "/api"
    within = f"/namespaces/{namespace}" if namespace else ""
    return f"{root}/{group_version}{within}/{plural}"


def _path_in(collection: str, metadata: Mapping[str, Any]) -> str:
    namespace, name = metadata.get("namespace"), metadata.get("name")
    if namespace and "/namespaces/" not in collection:
        root, _, plural = collection.rpartition("/")
        return f"{root}/namespaces/{namespace}/{plural}/{name}"
    return f"{collection}/{name}"
