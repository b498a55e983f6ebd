"""A live cluster for commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.cli.doctor.clusters import Cluster, lists_of
from tests.unit.doctor.world import World


@pytest.fixture
def serve_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[World], Path]]:
    """Serves a world, and makes its kubeconfig the one of the person who runs the tests."""
    with ExitStack() as running:

        def serve(world: World) -> Path:
            path = running.enter_context(Cluster(lists_of(world)).running(tmp_path)).kubeconfig
            monkeypatch.setenv("KUBECONFIG", str(path))
            return path

        yield serve
