from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.account import LambdaFunction
from rehearsal.functions.lambda_process import FunctionError, invoke
from rehearsal.functions.warm_python import WarmPython
from rehearsal.pace import PACE

TIMEOUT = 3.0


@pytest.fixture(scope="module")
def warm_python() -> Iterator[WarmPython]:
    server = WarmPython("sdk")
    yield server
    server.stop()


@pytest.fixture(params=[False, True], ids=["cold", "warm"])
def function(tmp_path: Path, warm_python: WarmPython, request: pytest.FixtureRequest) -> Any:
    """Calls a handler given as source, in a new Python and in one that has AWS's SDK loaded."""
    warm = warm_python if request.param else None
    (tmp_path / "code").mkdir()
    (tmp_path / "call").mkdir()

    def call(
        source: str, event: Any = None, *, runtime: str = "python3.13", timeout: float = 3, **more: Any
    ) -> Any:
        ending = "py" if runtime.startswith("python") else "js"
        (tmp_path / "code" / f"index.{ending}").write_text(source)
        properties = {"Handler": "index.handler", "Runtime": runtime, "Timeout": timeout}
        called = LambdaFunction("arn:fn", "fn", "Fn", properties, tmp_path / "code")
        return invoke(called, event or {}, tmp_path / "call", warm=warm, **more)

    return call


def test_a_handler_gets_its_event_and_its_answer_comes_back(function: Any) -> None:
    assert function("def handler(event, context): return {'twice': event['n'] * 2}", {"n": 4}) == {"twice": 8}


def test_what_a_handler_prints_is_not_its_answer(function: Any) -> None:
    assert function("def handler(event, context):\n print('{}'); return 'answer'") == "answer"


def test_an_exception_is_the_failure_with_its_text(function: Any) -> None:
    with pytest.raises(FunctionError, match="no such thing") as caught:
        function("def handler(event, context): raise ValueError('no such thing')")
    assert "ValueError" in caught.value.log


def test_a_module_that_cannot_be_imported_is_the_failure(function: Any) -> None:
    with pytest.raises(FunctionError, match="No module named 'nowhere'"):
        function("import nowhere")


def test_an_answer_that_is_not_json_is_the_failure(function: Any) -> None:
    with pytest.raises(FunctionError, match="not JSON serializable"):
        function("def handler(event, context): return object()")


def test_a_process_that_dies_is_the_failure(function: Any) -> None:
    with pytest.raises(FunctionError, match="exit status 7; going down"):
        function("import os\ndef handler(e, c): print('going down', flush=True); os._exit(7)")


def test_a_function_is_killed_at_its_timeout_with_its_children(function: Any, tmp_path: Path) -> None:
    source = (
        "import subprocess, time, os, pathlib\n"
        "def handler(event, context):\n"
        "    child = subprocess.Popen(['sleep', '600'])\n"
        "    note = pathlib.Path(os.environ['HOME'], 'child')\n"
        "    note.with_suffix('.part').write_text(str(child.pid))\n"
        "    note.with_suffix('.part').rename(note)\n"
        "    time.sleep(600)\n"
    )
    note = tmp_path / "call" / "child"
    # A busy machine may not have come as far as the child when the shorter times are over.
    for seconds in (2, 10, 60):
        with pytest.raises(FunctionError, match=rf"Task timed out after {seconds}\.00 seconds"):
            function(source, timeout=seconds)
        if note.exists():
            break
    for _ in range(6000):
        if not runs(note.read_text()):
            return
        time.sleep(0.05)
    pytest.fail("the child still runs five minutes after the signal")


def runs(process: str) -> bool:
    """Whether a process is there and is not a zombie."""
    try:
        return ") Z " not in Path("/proc", process, "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_patience_cuts_a_long_timeout_short_and_says_so(function: Any) -> None:
    with pytest.raises(FunctionError, match=r"stopped fn after 1 seconds \(its Timeout is 900 seconds\)"):
        function("import time\ndef handler(e, c): time.sleep(60)", timeout=900, patience=1)


def test_the_context_counts_down_to_the_timeout(function: Any) -> None:
    left = function("def handler(event, context): return context.get_remaining_time_in_millis()", timeout=100)
    assert 0 < left <= 100_000


def test_the_environment_is_the_functions_own(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    source = "import os\ndef handler(e, c): return dict(os.environ)"
    found = function(source, variables={"OWN": "1", "AWS_REGION": "eu-west-1"}, path="/opt/tool")
    assert (found["OWN"], found["AWS_REGION"], found["PATH"]) == ("1", "eu-west-1", "/opt/tool")
    assert "SECRET_OF_THE_CALLER" not in found
    assert found["TEST_OUTDIR"] == found["HOME"]


def test_a_node_function_runs_too(function: Any) -> None:
    source = "exports.handler = async (event) => ({ twice: event.n * 2 });"
    assert function(source, {"n": 4}, runtime="nodejs24.x", bridge="http://127.0.0.1:1") == {"twice": 8}


def test_a_node_function_that_throws_fails_with_its_text(function: Any) -> None:
    with pytest.raises(FunctionError, match="no such thing"):
        function(
            "exports.handler = async () => { throw new Error('no such thing'); };",
            runtime="nodejs24.x",
            bridge="http://127.0.0.1:1",
        )


def test_another_runtime_is_refused(function: Any) -> None:
    with pytest.raises(FunctionError, match=r"runs Python and Node\.js functions, fn is java21"):
        function("", runtime="java21")


def test_a_function_that_is_stopped_for_a_while_keeps_its_time(function: Any, tmp_path: Path) -> None:
    """A process that others keep from running for longer than its Timeout does not time out."""
    source = (
        "import os, pathlib, time\n"
        "def handler(event, context):\n"
        "    before = time.time(), time.monotonic(), context.get_remaining_time_in_millis()\n"
        "    note = pathlib.Path(os.environ['HOME'], 'runs')\n"
        "    note.with_suffix('.part').write_text(str(os.getpid()))\n"
        "    note.with_suffix('.part').rename(note)\n"
        "    while not pathlib.Path(os.environ['HOME'], 'go').exists(): pass\n"
        "    after = time.time(), time.monotonic(), context.get_remaining_time_in_millis()\n"
        "    return [a - b for a, b in zip(after, before)]\n"
    )
    with stopped_for_longer_than_its_time(tmp_path / "call"):
        passed = function(source, timeout=TIMEOUT)
    assert passed[0] < TIMEOUT
    assert passed[1] < TIMEOUT
    assert passed[2] > -1000 * TIMEOUT


def test_a_stopped_node_function_keeps_its_time_too(function: Any, tmp_path: Path) -> None:
    source = (
        "const fs = require('fs');\n"
        "exports.handler = async (event, context) => {\n"
        "  const home = process.env.HOME, before = context.getRemainingTimeInMillis();\n"
        "  fs.writeFileSync(home + '/part', String(process.pid));\n"
        "  fs.renameSync(home + '/part', home + '/runs');\n"
        "  while (!fs.existsSync(home + '/go')) ;\n"
        "  return before - context.getRemainingTimeInMillis();\n"
        "};\n"
    )
    with stopped_for_longer_than_its_time(tmp_path / "call"):
        passed = function(source, timeout=TIMEOUT, runtime="nodejs24.x", bridge="http://127.0.0.1:1")
    assert passed < 1000 * TIMEOUT


@contextlib.contextmanager
def stopped_for_longer_than_its_time(home: Path) -> Iterator[None]:
    """Stop the function that writes its process to `runs`, continue it, and let it end by `go`."""

    def stop() -> None:
        while not (home / "runs").exists():
            time.sleep(0.01)
        process, before = int((home / "runs").read_text()), PACE.lag()
        os.kill(process, signal.SIGSTOP)
        while PACE.lag() - before < 2 * TIMEOUT:
            time.sleep(0.05)
        os.kill(process, signal.SIGCONT)
        (home / "go").touch()

    stopping = threading.Thread(target=stop)
    stopping.start()
    yield
    stopping.join()
