from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rehearsal.assembly import Assembly, Environment, Stack
from rehearsal.engine import Engine
from rehearsal.stack_state import Recorder
from rehearsal.world import Options, World

HERE = Environment("123456789012", "eu-west-1")


@dataclass
class Deployment:
    """An empty account to deploy hand-written templates to."""

    engine: Engine
    world: World
    folder: Path

    def stack(self, name: str = "app", **template: Any) -> Stack:
        return Stack(name, HERE, template)

    def history(self, *statuses: str) -> list[str]:
        """Logical ids in the order in which they reached one of the statuses."""
        return [event.logical_id for event in self.engine.recorder.events if event.status in statuses]

    def client(self, service: str) -> Any:
        return self.world.cloud.client(service)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Makes an empty account; arguments are those of Options, and files become assets."""
    with ExitStack() as stack:

        def make(assets: dict[str, str] | None = None, **options: Any) -> Deployment:
            found = {}
            for name, code in (assets or {}).items():
                folder = tmp_path / name
                folder.mkdir()
                (folder / "index.py").write_text(code)
                found[f"{name}.zip"] = folder
            assembly = Assembly(tmp_path, (Stack("app", HERE, {}),), found)
            world = stack.enter_context(World(assembly, Options(**options), lambda _: None))
            return Deployment(Engine(world, Recorder()), world, tmp_path)

        yield make
