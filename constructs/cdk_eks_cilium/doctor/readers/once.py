"""A source whose readings are read once, also where several ask at the same time."""

from __future__ import annotations

import threading

from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Read, Reader, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Reading
from cdk_eks_cilium.doctor.engine.seen import read_one


class Once:
    """Keeps what another source gave."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._locks: dict[Reading, threading.Lock] = {}
        self._kept: dict[Reading, Read | UnreadError] = {}

    def read(self, reading: Reading) -> Read | None:
        """What the other source gives, or gave.

        Raises:
            UnreadError: It could not read it.
        """
        with self._lock:
            own = self._locks.setdefault(reading, threading.Lock())
        with own:
            if reading not in self._kept:
                self._kept[reading] = read_one(self._reader, reading)
        found = self._kept[reading]
        if isinstance(found, NotAskedError):
            return None
        if isinstance(found, UnreadError):
            raise found
        return found
