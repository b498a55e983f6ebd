"""Runs actions in the order of a graph, in parallel where the graph leaves it open.

CloudFormation starts all resources whose dependencies are done at once and promises no order among them. The
rehearsal takes the worst order: a resource that a missing dependency would hurt goes first, and the resource
that it needs is held back. So such a mistake fails every time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import networkx as nx

from rehearsal.cloudformation.catalogue import traits

_WORKERS = 8


# belief: CFN-no-order-among-independent
def held_back(
    resources: Mapping[str, Mapping[str, Any]], graph: nx.DiGraph[str]
) -> dict[str, frozenset[str]]:
    """The resources for which each resource waits on purpose, without need.

    Args:
        resources: Resource definitions by logical id.
        graph: Their dependency graph.
    """
    result = {}
    for name in graph:
        adversary = traits(resources[name]["Type"]).adversary
        if adversary is None:
            continue
        needing = nx.descendants(graph, name)
        rivals = {
            other
            for other in graph
            if resources[other]["Type"] == adversary.type
            and other not in needing
            and adversary.applies(resources[other].get("Properties", {}))
        }
        if rivals:
            result[name] = frozenset(rivals)
    return result


class Schedule:
    """One pass over a graph.

    Args:
        graph: Edges from a resource to its dependents.
        act: Does one resource's action; an exception is its failure.
        rank: Sorts resources that may start; lower first, names decide ties.
        held: Resources that wait for others without depending on them. They start anyway when nothing
            else could.
        keep_going: Whether to go on after a failure, with the resources that do not depend on it.
        on_failure: Called at the first failure, while other actions still run.
    """

    def __init__(
        self,
        graph: nx.DiGraph[str],
        act: Callable[[str], None],
        *,
        rank: Callable[[str], int] = lambda _: 1,
        held: Mapping[str, frozenset[str]] | None = None,
        keep_going: bool = False,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self._graph = graph
        self._act = act
        self._rank = rank
        self._held = held or {}
        self._keep_going = keep_going
        self._on_failure = on_failure
        self._done: set[str] = set()
        self._started: set[str] = set()
        self.failures: dict[str, Exception] = {}

    def run(self) -> dict[str, Exception]:
        """Plays the graph to its end and returns the failures by name, in the order they happened."""
        with ThreadPoolExecutor(_WORKERS) as pool:
            running: dict[Future[None], str] = {}
            while True:
                for name in self._startable(len(running)):
                    self._started.add(name)
                    running[pool.submit(self._act, name)] = name
                if not running:
                    return self.failures
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    self._settle(running.pop(future), future)

    def _settle(self, name: str, future: Future[None]) -> None:
        error = future.exception()
        if error is None:
            self._done.add(name)
            return
        if not isinstance(error, Exception):
            raise error
        if not self.failures:
            self._on_failure()
        self.failures[name] = error

    def _startable(self, running: int) -> list[str]:
        if self.failures and not self._keep_going:
            return []
        ready = [
            name
            for name in self._graph
            if name not in self._started
            and all(need in self._done for need in self._graph.predecessors(name))
        ]
        ready.sort(key=lambda name: (self._rank(name), name))
        free = [
            name for name in ready if self._held.get(name, frozenset()) <= self._done | set(self.failures)
        ]
        if not free and ready and not running:
            free = ready[:1]
        return free[: _WORKERS - running]
