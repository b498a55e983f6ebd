"""What a check may look at: its readings, the plan, and the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from .plan import NOTHING, Plan
from .reader import NotAskedError, Object, Read, Reader, UnreadError
from .readings import Reading

_Derived = TypeVar("_Derived")


class NotPlannedError(Exception):
    """The plan lacks what a part of the cluster should be; the text names the part."""


class Seen:
    """What was read of a cluster. Everything is read once, and looked at by many checks."""

    def __init__(
        self,
        reader: Reader,
        plan: Plan = NOTHING,
        now: datetime | None = None,
        read: Mapping[Reading, Read | UnreadError] | None = None,
    ) -> None:
        """Look at a cluster.

        Args:
            reader: Where readings come from.
            plan: What the cluster should be; by default nothing is known.
            now: The time to judge ages by; by default the time of the call.
            read: What was read already.
        """
        self._reader = reader
        self._read: dict[Reading, Read | UnreadError] = dict(read or {})
        self._derived: dict[Callable[[Seen], Any], Any] = {}
        self.plan = plan
        self.now = now or datetime.now(UTC)
        self._allowed: frozenset[Reading] | None = None

    def allow(self, readings: Iterable[Reading] | None) -> None:
        """From now on, give out these readings alone; None gives out all.

        People grant the rights of the declared readings alone, so a check must declare each.
        """
        self._allowed = None if readings is None else frozenset(readings)

    def list(self, reading: Reading) -> Sequence[Object]:
        """The objects of a reading; empty where the API does not serve the kind.

        Raises:
            UnreadError: The reading failed, or is missing in parts: nobody knows what the rest says.
        """
        found = self._of(reading)
        if found.partly:
            raise UnreadError(found.partly)
        return found.objects

    def some(self, reading: Reading) -> tuple[Sequence[Object], str]:
        """The objects that could be read, and why others are missing.

        Raises:
            UnreadError: The reading failed.
        """
        found = self._of(reading)
        return found.objects, found.partly

    def served(self, reading: Reading) -> bool:
        """Whether the API serves the kind.

        Raises:
            UnreadError: The reading failed.
        """
        return self._of(reading).served

    def one(self, reading: Reading, name: str, namespace: str = "") -> Object | None:
        """The object of a name in a reading; None if it is not there.

        An object that was read is known, also where others are missing.

        Raises:
            UnreadError: The reading failed, or misses parts that may have the object.
        """
        found = self._of(reading)
        for each in found.objects:
            meta = each.get("metadata") or {}
            if meta.get("name") == name and (not namespace or meta.get("namespace") == namespace):
                return each
        if found.partly and name not in found.absent:
            raise UnreadError(found.partly)
        return None

    def planned(self, part: str) -> Any:
        """A part of the plan, by the name of its attribute.

        Raises:
            NotPlannedError: It is not known; the check is then skipped.
        """
        found = getattr(self.plan, part)
        if found is None:
            raise NotPlannedError(part)
        return found

    def derived(self, make: Callable[[Seen], _Derived]) -> _Derived:
        """What *make* gives for this cluster, made once: an index, or a number that several checks need."""
        if make not in self._derived:
            self._derived[make] = make(self)
        found: _Derived = self._derived[make]
        return found

    def _of(self, reading: Reading) -> Read:
        if self._allowed is not None and reading not in self._allowed:
            raise LookupError(f"the check does not declare that it reads {reading}")
        found = self._read.get(reading)
        if found is None:
            found = self._read[reading] = read_one(self._reader, reading)
        if isinstance(found, UnreadError):
            raise found
        return found


def read_one(reader: Reader, reading: Reading) -> Read | UnreadError:
    """Read one reading, with the failure as a value."""
    try:
        found = reader.read(reading)
    except UnreadError as error:
        return error
    return NotAskedError(f"{reading} is not among what is read here") if found is None else found
