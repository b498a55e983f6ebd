"""What the model of a cluster needs of the API that it works on: the embedded one, or a real server."""

# no belief: an interface between the parts

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from rehearsal.kubernetes.model import Object, Request
from rehearsal.kubernetes.store import ObjectKey

Fault = Callable[[str, str], tuple[int, str] | None]
"""Asked before each request with method and path; a status and message to fail it with, or None."""


class Objects(Protocol):
    """Objects that are read and written as one step while `lock` is held.

    Attributes:
        lock: May be taken again by whoever holds it.
        revision: Grows with each change that is made here.
    """

    @property
    def lock(self) -> AbstractContextManager[Any]: ...

    @property
    def revision(self) -> int: ...

    def get(self, key: ObjectKey) -> Object | None:
        """A copy of the object, or None."""

    def find(self, group: str, plural: str, namespace: str | None = None) -> list[Object]:
        """Copies of all objects of a type, of one namespace or of all, sorted by namespace and name."""

    def peek(self, group: str, plural: str, namespace: str | None = None) -> Iterator[Object]:
        """The objects of a type themselves, for whoever holds ``lock``, only reads them and keeps none."""

    def everything(self) -> Iterable[tuple[ObjectKey, Object]]:
        """All objects themselves, for whoever holds ``lock`` and only reads them."""

    def all_keys(self) -> list[ObjectKey]:
        """All keys, sorted."""

    def create(self, key: ObjectKey, new: Object, *, dry_run: bool = False) -> Object:
        """Store a new object, and return it as it is stored.

        Raises:
            ApiError: The object exists already, or is invalid.
        """

    def update(self, key: ObjectKey, new: Object, *, dry_run: bool = False) -> Object:
        """Replace an object, and return it as it is stored.

        Raises:
            ApiError: The object is missing, invalid, or has changed since it was read.
        """

    def delete(self, key: ObjectKey, *, dry_run: bool = False) -> Object:
        """Delete an object, and return it as it was or, with finalizers, as it is now.

        Raises:
            ApiError: The object is missing.
        """


class Inside(Protocol):
    """Writes as the cluster's own controllers do."""

    def submit(self, body: Object, manager: str = ...) -> Object:
        """Create or replace an object, and return it as it is stored.

        Raises:
            ApiError: The object is invalid or its namespace is missing.
            LookupError: The kind is unknown.
        """


class Serving(Protocol):
    """The endpoint that clients reach.

    Attributes:
        endpoint: ``https://localhost:PORT``, once started.
        certificate_authority_pem: The certificate that clients must trust.
        requests: Every answered request, oldest first.
        fault: An optional hook that makes requests fail.
    """

    certificate_authority_pem: str
    requests: list[Request]
    fault: Fault | None

    @property
    def endpoint(self) -> str: ...

    def start(self) -> None:
        """Listen; returns when connections are accepted."""

    def stop(self) -> None:
        """Stop listening and hang up."""
