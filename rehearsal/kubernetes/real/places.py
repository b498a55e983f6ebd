"""Where objects live in the API: the paths of types and objects, and the type of a path."""

# belief: K8S-requests

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from rehearsal.kubernetes.calls import parts_of
from rehearsal.kubernetes.resources import ResourceType, ResourceTypes
from rehearsal.kubernetes.store import ObjectKey

Collection = tuple[str, str]
"""Group and plural of a type."""


class Address(NamedTuple):
    """What a path is about: a type, and perhaps a namespace and an object of it."""

    collection: Collection
    namespace: str
    name: str


def address_of(path: str) -> Address | None:
    """What a path is about; None for a path that is about no type, as ``/version``."""
    parts = parts_of(urlsplit(path).path)
    if parts is None or not parts.plural:
        return None
    return Address((parts.group, parts.plural), unquote(parts.namespace), unquote(parts.name))


def type_of(types: ResourceTypes, collection: Collection) -> ResourceType:
    """The served type of a collection; the first version of several, which all show the same objects.

    Raises:
        LookupError: It is not served.
    """
    for served in types:
        if (served.group, served.plural) == collection:
            return served
    raise LookupError(f"no resource type serves {'.'.join(filter(None, reversed(collection)))}")


def path_of(resource: ResourceType, namespace: str = "", name: str = "") -> str:
    """The path of a type, of its objects in a namespace, or of one object."""
    root = f"/apis/{resource.group}" if resource.group else "/api"
    within = f"/namespaces/{quote(namespace)}" if namespace and resource.namespaced else ""
    return f"{root}/{resource.version}{within}/{resource.plural}" + (f"/{quote(name)}" if name else "")


def path_of_key(types: ResourceTypes, key: ObjectKey) -> str:
    """The path of an object.

    Raises:
        LookupError: Its type is not served.
    """
    return path_of(type_of(types, (key.group, key.plural)), key.namespace, key.name)
