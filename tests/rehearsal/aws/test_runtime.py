"""The waits of a rehearsal, and calls of moto, on a busy machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import botocore.endpoint
import botocore.httpsession
import pytest
from werkzeug.serving import WSGIRequestHandler

from rehearsal.aws import Cloud, Environment
from rehearsal.aws.runtime import Options, Runtime
from rehearsal.pace import PACE

HERE = Environment("123456789012", "eu-west-1")


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime(Options(), Path, lambda _: None) as made:
        yield made


def test_a_wait_ends_with_its_condition(runtime: Runtime) -> None:
    seen = iter([False, False, True])
    assert runtime.wait(60.0, lambda: next(seen))


def test_a_wait_ends_when_its_time_is_over(runtime: Runtime) -> None:
    began = PACE.now()
    assert not runtime.wait(0.5, lambda: False)
    assert PACE.now() - began >= 0.5


def test_a_cancelled_wait_ends(runtime: Runtime) -> None:
    runtime.cancelled.set()
    assert not runtime.wait(1e9, lambda: False)


def test_while_a_function_runs_no_wait_gives_up(runtime: Runtime) -> None:
    """The function may bring what is waited for, however long this machine takes for it."""
    done = threading.Event()

    def call() -> None:
        with runtime.calling():
            began = PACE.now()
            while PACE.now() - began < 1.0:
                time.sleep(0.05)
            done.set()

    with runtime.calling():
        calling = threading.Thread(target=call)
        calling.start()
        assert runtime.wait(0.2, done.is_set)
    calling.join()


def test_its_folder_and_what_is_in_it_is_gone_at_the_end() -> None:
    with Runtime(Options(), Path, lambda _: None) as made:
        folder = made.scratch("x")
        assert folder.is_dir()
    assert not folder.parent.exists()


def test_an_answer_of_moto_may_take_longer_than_botocore_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine moto took over a minute, and `Read timeout on endpoint URL` failed a resource.

    Here botocore would wait 0.05 s, and moto answers ten times as late.
    """
    for module in (botocore.endpoint, botocore.httpsession):
        monkeypatch.setattr(module, "DEFAULT_TIMEOUT", 0.05, raising=False)
    monkeypatch.setattr("botocore.config.DEFAULT_TIMEOUT", 0.05, raising=False)
    monkeypatch.setitem(botocore.config.Config.OPTION_DEFAULTS, "read_timeout", 0.05)

    def late(environ: object, start_response: Callable[..., object]) -> list[bytes]:
        time.sleep(0.5)
        start_response("200 OK", [("Content-Type", "text/xml")])
        return [
            b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account>"
            b"</GetCallerIdentityResult></GetCallerIdentityResponse>"
        ]

    monkeypatch.setattr("rehearsal.aws.moto._moto", lambda: (late, WSGIRequestHandler))
    cloud = Cloud(HERE)
    cloud.start()
    try:
        assert cloud.client("sts").get_caller_identity()["Account"] == "1"
    finally:
        cloud.stop()
