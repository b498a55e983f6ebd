from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws import Environment
from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options, Runtime
from rehearsal.cloudformation.assembly import Assembly, Stack
from rehearsal.cloudformation.engine import Engine
from rehearsal.cloudformation.state import Recorder

HERE = Environment("123456789012", "eu-west-1")


@dataclass
class Deployment:
    """An empty account to deploy hand-written templates to."""

    engine: Engine
    account: Account
    recorder: Recorder
    folder: Path

    def stack(self, name: str = "app", *, protected: bool = False, **template: Any) -> Stack:
        return Stack(name, HERE, template, termination_protection=protected)

    def history(self, *statuses: str) -> list[str]:
        """Logical ids in the order in which they reached one of the statuses."""
        return [event.logical_id for event in self.recorder.events if event.status in statuses]

    def client(self, service: str) -> Any:
        return self.account.client(service)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Makes an empty account, with the arguments of Options and with files as assets."""
    with ExitStack() as stack:

        def make(assets: dict[str, str] | None = None, **options: Any) -> Deployment:
            found = {}
            for name, code in (assets or {}).items():
                folder = tmp_path / name
                folder.mkdir()
                (folder / "index.py").write_text(code)
                found[f"{name}.zip"] = folder
            assembly = Assembly(tmp_path, (Stack("app", HERE, {}),), found)
            runtime = Runtime(Options(**options), assembly.asset, lambda _: None)
            account, recorder = stack.enter_context(Account(HERE)), Recorder()
            engine = Engine(account, stack.enter_context(runtime), recorder)
            return Deployment(engine, account, recorder, tmp_path)

        yield make
