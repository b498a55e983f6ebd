"""The warm servers of one rehearsal, or of several, each started by whoever asks first."""

# no belief: how processes are kept warm

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

from rehearsal.aws.runtime import Runtime
from rehearsal.functions.warm_python import WarmPython


class KeptServers:
    """Servers that outlive their rehearsals, while somebody keeps them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._servers: dict[Hashable, WarmPython] | None = None

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Share the servers that are started from here on, until the end."""
        if self._servers is not None:
            yield
            return
        self._servers = {}
        try:
            yield
        finally:
            servers, self._servers = self._servers, None
            for server in servers.values():
                server.stop()

    def get(self, runtime: Runtime, key: Hashable, start: Callable[[], WarmPython]) -> WarmPython:
        """The server of a key: a shared one, or where none is shared one of the rehearsal's own."""
        with self._lock:
            if self._servers is not None:
                if key not in self._servers:
                    self._servers[key] = start()
                return self._servers[key]
        return runtime.shared(key, start)


_KEPT: Final = KeptServers()


def kept_warm() -> AbstractContextManager[None]:
    """A context whose rehearsals share their warm servers, which end with it: loading takes a second of CPU.

    Outside of it each rehearsal has its own. Rehearsals of one process run one after the other.
    """
    return _KEPT.keep()


def warm_sdk(runtime: Runtime) -> WarmPython:
    """Python with AWS's SDK loaded."""
    return _KEPT.get(runtime, "sdk", lambda: WarmPython("sdk"))


def warm_aws_cli(runtime: Runtime, script: Path) -> WarmPython:
    """The AWS CLI of a layer, loaded, with its command ``aws``."""

    def start() -> WarmPython:
        warm = WarmPython("aws-cli", script.parent)
        warm.command("aws", script)
        return warm

    return _KEPT.get(runtime, script, start)


def warm_up(runtime: Runtime, layer: Path) -> None:
    """Start loading what calls of functions will need, while the stack makes its first resources."""
    warm_sdk(runtime)
    if (script := layer / "awscli" / "aws.py").is_file():
        warm_aws_cli(runtime, script)
