"""A source whose readings are read once, also where several ask at the same time."""

from __future__ import annotations

import threading

from cdk_eks_cilium.doctor.engine.reader import Read, Reader, UnreadError
from cdk_eks_cilium.doctor.engine.readings import Reading


class Once:
    """Keeps what another source gave."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._locks: dict[Reading, threading.Lock] = {}
        self._kept: dict[Reading, Read | UnreadError | None] = {}

    def read(self, reading: Reading) -> Read | None:
        """What the other source gives, or gave.

        Raises:
            UnreadError: It could not read it.
            NotAskedError: It says why it never has such readings.
        """
        with self._lock:
            own = self._locks.setdefault(reading, threading.Lock())
        with own:
            if reading not in self._kept:
                self._kept[reading] = self._ask(reading)
        found = self._kept[reading]
        if isinstance(found, UnreadError):
            raise found
        return found

    def _ask(self, reading: Reading) -> Read | UnreadError | None:
        try:
            return self._reader.read(reading)
        except UnreadError as error:
            return error
