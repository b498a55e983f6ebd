"""What a collected dump knows of its readings beyond its files: why some failed, and which files it has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.readings import Objects, Reading

NAME: Final = "collected.json"
NAMES: Final = ("metadata.name", "metadata.namespace")
"""What tells objects of a kind apart."""


@dataclass(frozen=True)
class Entry:
    """A reading.

    Attributes:
        files: The files that have it.
        pods: Whose logs or metrics they are, one for each file.
        served: Whether the API served the kind.
        partly: Why some objects are missing.
        unread: Why it could not be read; empty if it was read.
        never: Why the source never has such readings; empty if it can.
    """

    files: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    served: bool = True
    partly: str = ""
    unread: str = ""
    never: str = ""

    @property
    def lacks(self) -> str:
        """What is missing, and why; empty if all is there."""
        return self.unread or self.partly


@dataclass(frozen=True)
class Index:
    """A collected dump.

    Attributes:
        taken: When it was collected, as ISO 8601.
        entries: Its readings.
        untold: Ids of checks that it cannot answer, with the reason.
    """

    taken: str = ""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    untold: Mapping[str, str] = field(default_factory=dict)

    def of(self, reading: Reading) -> Entry | None:
        """What is known of a reading; None for one that nobody collected."""
        return self.entries.get(key_of(reading))

    @property
    def files(self) -> set[str]:
        """Every file that was collected."""
        return {NAME, *(file for entry in self.entries.values() for file in entry.files)}

    @property
    def namespaces(self) -> dict[str, str]:
        """The namespaces of files that have objects of one alone."""
        return {
            file: space
            for key, entry in self.entries.items()
            for file in entry.files
            if (space := json.loads(key)[1].get("namespace"))
        }


def key_of(reading: Reading) -> str:
    """A text for a reading. Fields to keep have no part in it."""
    fields = asdict(reading)
    fields.pop("keep", None)
    return json.dumps([type(reading).__name__, fields], sort_keys=True, default=str)


def as_json(
    taken: str, entries: Iterable[tuple[Reading, Entry]], untold: Mapping[str, str]
) -> dict[str, Any]:
    """The index as it is written."""
    readings = [
        {"reading": key_of(reading), "shown": str(reading), **asdict(entry)} for reading, entry in entries
    ]
    return {"kind": "CollectedDump", "taken": taken, "readings": readings, "untold": dict(untold)}


def from_json(found: Any) -> Index:
    """The index that was written; an empty one for anything else."""
    try:
        entries = {
            each["reading"]: Entry(
                tuple(each["files"]),
                tuple(each["pods"]),
                each["served"],
                each["partly"],
                each["unread"],
                each.get("never", ""),
            )
            for each in found["readings"]
        }
        untold = {str(id): str(why) for id, why in found.get("untold", {}).items()}
        return Index(str(found["taken"]), entries, untold)
    except (AttributeError, KeyError, TypeError):
        return Index()


def widened(readings: Iterable[Reading]) -> list[Reading]:
    """The readings, each once, with all fields that some of them keep, and names to tell objects apart."""
    found: dict[str, Reading] = {}
    for reading in readings:
        key = key_of(reading)
        before = found.get(key, reading)
        found[key] = before
        if isinstance(before, Objects) and isinstance(reading, Objects):
            keep = (*NAMES, *before.keep, *reading.keep) if before.keep and reading.keep else ()
            found[key] = replace(before, keep=tuple(dict.fromkeys(keep)))
    return list(found.values())
