"""The options of a rehearsal, and its folders, waits and servers."""

# no belief: options and folders

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rehearsal.guard import GUARD, remove
from rehearsal.pace import PACE


@dataclass(frozen=True)
class Options:
    """How to rehearse.

    Attributes:
        fail: Logical id or resource type of which the first action fails; nothing by default.
        fail_on: What that action is: "create", "update" (in place or by replacement) or "delete". A failed
            update or deletion of a stack is tried again.
        authorization_delay: Least seconds an access entry stays without effect after its principal's first
            attempt; EKS documents entries as eventually consistent.
        node_patience: Seconds without a running function after which a node group without Ready nodes fails
            (EKS: about half an hour).
        charts: Folder of packaged charts (`cilium-1.19.6.tgz`); a stand-in chart without it.
        online: Take charts from the repository the template names.
        new_images: Whether AWS publishes new images of nodes before the update.
        orphan_enis: Number of pod ENIs left `available` when nodes go, as when an operator dies first.
        api_server: Folder with etcd and kube-apiserver, which then serve the clusters' API; the embedded API
            without it.
    """

    fail: str | None = None
    fail_on: str = "create"
    # More than a moment makes CDK's handler ask again after ten seconds, which teaches nothing.
    authorization_delay: float = 0.05
    node_patience: float = 8.0
    charts: Path | None = None
    online: bool = False
    new_images: bool = False
    orphan_enis: int = 0
    api_server: Path | None = None


_POLL_SECONDS = 0.05


class _Server(Protocol):
    def stop(self) -> None: ...


_S = TypeVar("_S", bound=_Server)


class Runtime:
    """The means of one rehearsal. Use it as a context: its folders and servers are gone at the end.

    Args:
        options: How to rehearse.
        asset: The local file or folder behind an S3 object key of the assembly; an update changes it.
        say: Gets remarks as they happen.

    Attributes:
        cancelled: Set while a stack operation has failed and its remaining actions must stop.
        existing_crds: The groups whose CRDs are in a cluster before a release, by the release's stack and
            logical id; an update changes it.
        chart_sources: Where the chart of each release came from, by logical id.
    """

    def __init__(self, options: Options, asset: Callable[[str], Path], say: Callable[[str], None]) -> None:
        self.options = options
        self.asset = asset
        self.say = say
        self.cancelled = threading.Event()
        self.existing_crds: Callable[[str, str], tuple[str, ...]] = lambda _stack, _release: ()
        self.chart_sources: dict[str, str] = {}
        self._servers: dict[Hashable, Any] = {}
        self._orphans_left = options.orphan_enis
        self._scratch = Path()
        self._held = contextlib.ExitStack()
        self._calls = 0
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def __enter__(self) -> Runtime:
        self._held.enter_context(GUARD.held())
        self._held.enter_context(PACE.running())
        self._scratch = GUARD.folder("rehearsal-")
        return self

    def __exit__(self, *_: object) -> None:
        with self._held:
            for server in self._servers.values():
                server.stop()
            remove(self._scratch)

    def scratch(self, name: str) -> Path:
        """A new empty folder, gone when the rehearsal ends."""
        folder = self._scratch / f"{next(self._numbers):04d}-{name}"
        folder.mkdir(parents=True)
        return folder

    def shared(self, key: Hashable, start: Callable[[], _S]) -> _S:
        """The one server of a key, started at first use and stopped at the end."""
        with self._lock:
            if key not in self._servers:
                self._servers[key] = start()
            server: _S = self._servers[key]
            return server

    def take_orphan(self) -> bool:
        """Whether the next interface stays behind, as `Options.orphan_enis` says."""
        with self._lock:
            self._orphans_left -= 1
            return self._orphans_left >= 0

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        """Say that a function runs within the context: it may yet bring what others wait for."""
        with self._lock:
            self._calls += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1

    def wait(self, seconds: float, until: Callable[[], bool]) -> bool:
        """Polls until the condition holds, the time is over or the stack operation is cancelled.

        Args:
            seconds: Seconds of the pace clock. While a function runs, they do not count: it has a limit of
                its own.
            until: The condition.
        """
        spent, before = 0.0, PACE.now()
        while not until():
            if spent > seconds or self.cancelled.is_set():
                return False
            time.sleep(_POLL_SECONDS)
            now = PACE.now()
            spent += 0.0 if self._calls else now - before
            before = now
        return True
