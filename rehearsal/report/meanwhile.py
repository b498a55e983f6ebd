"""What an update cuts while it runs: ways of the network that were open before it."""

# no belief: the report

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from rehearsal.cloudformation.state import Event
from rehearsal.reachability.answers import Reachability, lost

_CHANGES_THE_NETWORK: Final = ("AWS::EC2::", "AWS::EKS::", "Custom::AWSCDK-EKS-HelmChart")
"""Beginnings of the types after whose change it is worth to ask again."""


@dataclass(frozen=True)
class Interruption:
    """A way that was open before an update and cut while it ran.

    Attributes:
        cluster: The cluster.
        way: Who no longer reached whom.
        needed: Whether the cluster needs it.
        reason: The rule that stopped it.
        after: The resource after whose change it was cut.
        until: The resource after whose change it was open again; empty if it is cut to the end.
    """

    cluster: str
    way: str
    needed: bool
    reason: str
    after: str
    until: str = ""

    def __str__(self) -> str:
        end = f"until {self.until}" if self.until else "to the end"
        return f"{self.cluster}: {self.way}: cut from {self.after} {end}: {self.reason}"


class Meanwhile:
    """Asks who reaches whom after each change of an update, and keeps what was cut.

    Args:
        ask: Asks every question about each cluster.
        before: The answers before the update.
    """

    def __init__(self, ask: Callable[[], Iterable[Reachability]], before: Iterable[Reachability]) -> None:
        self._ask = ask
        self._before = {each.cluster: each for each in before}
        self._cut: dict[tuple[str, str], Interruption] = {}
        self._over: list[Interruption] = []
        # Resources change at the same time, and each change is looked at by itself.
        self._lock = threading.Lock()
        self.looks = 0

    @property
    def interruptions(self) -> list[Interruption]:
        """What was cut, in the order in which it ended, and then what still is."""
        return [*self._over, *self._cut.values()]

    def event(self, event: Event) -> None:
        """Looks after a change of the network."""
        if not event.type.startswith(_CHANGES_THE_NETWORK) or event.status.endswith("_IN_PROGRESS"):
            return
        with self._lock:
            self.looks += 1
            self._settle(f"{event.stack}/{event.logical_id}")

    def _settle(self, resource: str) -> None:
        now: dict[tuple[str, str], Interruption] = {}
        for each in self._ask():
            before = self._before.get(each.cluster)
            for row, way in lost(before, each) if before else ():
                text = f"{way.source} to {way.destination}, {row.traffic}"
                cut = Interruption(each.cluster, text, row.needed, str(way.answer.stop), resource)
                now[each.cluster, text] = self._cut.get((each.cluster, text), cut)
        self._over += [replace(cut, until=resource) for place, cut in self._cut.items() if place not in now]
        self._cut = now
