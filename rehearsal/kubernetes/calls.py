"""Requests and answers: the meaning of a path, a method and a body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rehearsal.kubernetes import protobuf
from rehearsal.kubernetes.discovery import subresource_of
from rehearsal.kubernetes.errors import ApiError, bad_request, no_such_path
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType, ResourceTypes
from rehearsal.kubernetes.schemas.bodies import BodyError, parse_yaml
from rehearsal.kubernetes.store import ObjectKey, key_of

APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Call:
    """One request, read and not yet interpreted.

    Attributes:
        method: The HTTP method.
        path: The path without its query.
        query: The query's parameters, each with its last value.
        content_type: The body's media type, without parameters.
        body: The body as it came.
        agent: The client's name, up to its version.
        accept: The kinds of answers that the client reads, as its header says.
        user: Whom the client wants to be instead of itself, empty for nobody.
        user_groups: The groups of that user.
    """

    method: str
    path: str
    query: Mapping[str, str]
    content_type: str = ""
    body: bytes = b""
    agent: str = ""
    accept: str = ""
    user: str = ""
    user_groups: tuple[str, ...] = ()

    @property
    def manager(self) -> str:
        """The manager of the fields that the call changes, as it says or as the client is called."""
        return self.query.get("fieldManager") or self.agent or "unknown"


@dataclass(frozen=True)
class ApiAnswer:
    """The answer: an object, its JSON, text, or a stream of watch events.

    Attributes:
        status: The HTTP status.
        body: What is answered.
    """

    status: int
    body: Object | str | bytes | Iterator[Object]


@dataclass(frozen=True)
class Target:
    """The target of an address; ``name`` and ``subresource`` may be empty."""

    resource: ResourceType
    namespace: str
    name: str
    subresource: str

    @property
    def key(self) -> ObjectKey:
        """The key of the object in the store."""
        return key_of(self.resource, self.namespace, self.name)


class Parts(NamedTuple):
    """The parts of a path in the API; all but the version may be empty."""

    group: str
    version: str
    namespace: str
    plural: str
    name: str
    subresource: str


# belief: K8S-requests
def parts_of(path: str) -> Parts | None:
    """The parts of a path, as they stand there; None for a path of no group, as ``/version``."""
    match path.strip("/").split("/"):
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            return None
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    plural, name, subresource = [*rest, "", "", ""][:3]
    return Parts(group, version, namespace, plural, name, subresource)


# belief: K8S-requests
def target_of(path: str, types: ResourceTypes) -> Target:
    """The target of a path.

    Raises:
        ApiError: 404, no served type has the path.
    """
    parts = parts_of(path)
    if parts is None:
        raise no_such_path()
    group, version, namespace, plural, name, subresource = parts
    resource = types.at(group, version, plural)
    known = resource is not None and (not subresource or subresource in resource.subresources)
    if resource is None or not known or (namespace and not resource.namespaced):
        raise no_such_path()
    return Target(resource, namespace, name, subresource)


def verb_of(call: Call, target: Target) -> str:
    """The verb of a call, as RBAC names it."""
    one = bool(target.name)
    match call.method:
        case "GET" | "HEAD":
            if call.query.get("watch") in ("true", "1"):
                return "watch"
            return "get" if one else "list"
        case "POST":
            return "create"
        case "PUT":
            return "update"
        case "DELETE":
            return "delete" if one else "deletecollection"
    return call.method.lower()


# belief: K8S-requests
def check_served(verb: str, target: Target) -> None:
    """Refuse a verb that an address does not take.

    Raises:
        ApiError: 405.
    """
    served = target.resource.verbs
    if target.subresource:
        *_, served = subresource_of(target.resource, target.subresource)
    of_one = verb in ("update", "patch") or (verb == "create" and bool(target.subresource))
    misplaced = (of_one and not target.name) or (verb == "create" and target.name and not target.subresource)
    if verb not in served or misplaced:
        message = "the server does not allow this method on the requested resource"
        raise ApiError(405, "MethodNotAllowed", message)


# belief: K8S-requests
def read_body(call: Call) -> Any:
    """The body as JSON values, whether it came as JSON, YAML or protobuf.

    Raises:
        ApiError: 400, the body cannot be read; 415, its kind is unknown as protobuf.
    """
    if call.body.startswith(protobuf.MAGIC):
        return protobuf.decode(call.body)
    try:
        return parse_yaml(call.body).value
    except BodyError as error:
        raise bad_request(f"the body is neither JSON nor YAML: {error}") from None
