"""A live cluster for commands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.cli.doctor.clusters import Cluster
from tests.unit.doctor.world import World


@pytest.fixture
def serve_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[World], Path]]:
    """Serves a world, and makes its kubeconfig the one of the person who runs the tests."""
    servers: list[Cluster] = []

    def serve(world: World) -> Path:
        cluster = Cluster(world)
        cluster.start()
        servers.append(cluster)
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(cluster.kubeconfig()))
        monkeypatch.setenv("KUBECONFIG", str(path))
        return path

    yield serve
    for server in servers:
        server.stop()
