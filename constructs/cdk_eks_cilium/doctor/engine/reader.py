"""Where readings come from: a live cluster, a dump, AWS, the rehearsal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .readings import Reading

Object = Mapping[str, Any]
"""An object as its API gives it, as JSON."""


class UnreadError(Exception):
    """A reading failed; its text says why, for a person."""


class NotAskedError(UnreadError):
    """No source has such readings: nobody asked for them. The check is skipped, where others are unknown."""


@dataclass(frozen=True)
class Read:
    """The objects of a reading.

    Attributes:
        objects: The objects, in the order of their source.
        served: False where the API does not know the kind: its CRD is not there.
        partly: Why some objects are missing; empty if all are there.
        absent: Names that are known not to be there, although others are missing.
    """

    objects: Sequence[Object] = ()
    served: bool = True
    partly: str = ""
    absent: frozenset[str] = frozenset()


class Reader(Protocol):
    """A source of readings. Several threads may read at once."""

    def read(self, reading: Reading) -> Read | None:
        """The objects of a reading; None if this source never has such readings.

        Raises:
            UnreadError: It has such readings, and could not read this one.
        """


class Readers:
    """Several sources, each asked in turn."""

    def __init__(self, *readers: Reader) -> None:
        self._readers = readers

    def read(self, reading: Reading) -> Read | None:
        """The answer of the first source that has such readings.

        Raises:
            UnreadError: That source could not read it.
            NotAskedError: No source has it, and one says why.
        """
        never: NotAskedError | None = None
        for reader in self._readers:
            try:
                answer = reader.read(reading)
            except NotAskedError as error:
                never = never or error
                continue
            if answer is not None:
                return answer
        if never is not None:
            raise never
        return None
