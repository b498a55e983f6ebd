from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from rehearsal.charts.toolchain import toolchain
from rehearsal.functions.warm_python import WarmPython
from rehearsal.functions.warm_server import keep_models

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def server() -> Iterator[WarmPython]:
    warm = WarmPython("sdk")
    yield warm
    warm.stop()


@pytest.fixture
def command(server: WarmPython, tmp_path: Path) -> Callable[[str], Path]:
    """Makes a command of a script's source."""

    def make(source: str) -> Path:
        script = tmp_path / "script.py"
        script.write_text(source)
        return server.command("tool", script)

    return make


def run(command: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command, *arguments], capture_output=True, text=True, check=False, timeout=600, **more
    )


def test_a_script_gets_its_arguments_environment_folder_and_input(
    command: Callable[[str], Path], tmp_path: Path
) -> None:
    source = (
        "import json, os, sys\n"
        "print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd(), sys.stdin.read(), __name__]))\n"
    )
    found = run(command(source), "a b", "$c", env={"ONLY": "this"}, cwd=tmp_path, input="text")
    arguments, variables, folder, text, name = json.loads(found.stdout)
    variables.pop("PWD", None)  # the shell's own
    assert (arguments, folder, text, name) == (["a b", "$c"], str(tmp_path), "text", "__main__")
    assert (
        variables.items() - {"LC_CTYPE": "C.UTF-8"}.items() <= {"ONLY": "this", "_": "", "SHLVL": "0"}.items()
    )


@pytest.mark.parametrize(
    ("source", "status", "errors"),
    [
        ("", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no such cluster')", 1, "no such cluster\n"),
        ("import os; os._exit(7)", 7, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 143, ""),
    ],
)
def test_the_exit_status_is_the_scripts(
    command: Callable[[str], Path], source: str, status: int, errors: str
) -> None:
    found = run(command(source))
    assert (found.returncode, found.stderr) == (status, errors)


def test_an_exception_is_printed_and_fails(command: Callable[[str], Path]) -> None:
    found = run(command("raise ValueError('no such thing')"))
    assert found.returncode == 1
    assert "ValueError: no such thing" in found.stderr


def test_scripts_find_the_sdk_loaded(command: Callable[[str], Path]) -> None:
    assert run(command("import sys; print('botocore.client' in sys.modules)")).stdout == "True\n"


def test_scripts_run_beside_each_other(command: Callable[[str], Path], tmp_path: Path) -> None:
    tool = command(
        "import pathlib, sys, time\n"
        "mine, other = map(pathlib.Path, sys.argv[1:])\n"
        "mine.touch()\n"
        "while not other.exists(): time.sleep(0.01)\n"
    )
    pair = [str(tmp_path / "a"), str(tmp_path / "b")]
    with subprocess.Popen([tool, *pair]) as first, subprocess.Popen([tool, *reversed(pair)]) as second:
        assert (first.wait(600), second.wait(600)) == (0, 0)


def test_a_script_whose_caller_is_killed_ends(command: Callable[[str], Path], tmp_path: Path) -> None:
    note = tmp_path / "note"
    tool = command(
        "import os, pathlib, sys, time\n"
        "part = pathlib.Path(sys.argv[1] + '.part')\n"
        "part.write_text(str(os.getpid()))\n"
        "part.rename(sys.argv[1])\n"
        "time.sleep(600)\n"
    )
    caller = subprocess.Popen([tool, str(note)])
    eventually(note.exists)
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    eventually(lambda: not Path("/proc", note.read_text()).exists())


def test_server_and_folder_go_with_the_process_that_started_them(root: Path) -> None:
    source = (
        "from rehearsal.functions.warm_python import WarmPython\n"
        "import os, signal\n"
        "server = WarmPython('sdk')\n"
        "print(server._process.pid, server._folder, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=root, stdout=subprocess.PIPE, text=True, check=False, timeout=600
    )
    process, folder = done.stdout.split()
    eventually(lambda: not Path("/proc", process).exists())
    eventually(lambda: not Path(folder).exists())


def test_stopping_ends_its_scripts_and_removes_its_folder(tmp_path: Path) -> None:
    server = WarmPython("sdk")
    script = tmp_path / "script.py"
    script.write_text("import time; print('runs', flush=True); time.sleep(600)")
    tool = server.command("tool", script)
    with subprocess.Popen([tool], stdout=subprocess.PIPE) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == b"runs\n"
        server.stop()
        assert caller.wait(600) == 137
    assert not tool.parent.parent.exists()


def test_the_aws_cli_says_warm_what_it_says_cold() -> None:
    cold = toolchain().aws
    server = WarmPython("aws-cli", cold.parent)
    credentials = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    variables = {
        "PATH": os.environ["PATH"],
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_MAX_ATTEMPTS": "1",
        **credentials,
    }
    try:
        warm = server.command("aws", cold.with_name("aws.py"))
        for arguments in (
            ["--version"],
            ["eks", "no-such-command"],
            ["eks", "describe-cluster", "--name", "x", "--endpoint-url", "http://127.0.0.1:9"],
            ["eks", "get-token"],
        ):
            found = [run(each, *arguments, env=variables) for each in (cold, warm)]
            assert found[0].returncode == found[1].returncode, arguments
            assert (found[0].stdout, found[0].stderr) == (found[1].stdout, found[1].stderr), arguments
        token = json.loads(run(warm, "eks", "get-token", "--cluster-name", "x", env=variables).stdout)
        assert token["kind"] == "ExecCredential"
    finally:
        server.stop()


def test_a_handler_of_botocores_events_that_takes_no_keywords_is_still_refused() -> None:
    """What botocore asks about a function is kept by its code, and not by its name."""
    keep_models()
    events = boto3.Session().events

    events.register("needs-retry.ec2", lambda **_: None)
    with pytest.raises(ValueError, match="must accept keyword arguments"):
        events.register("needs-retry.ec2", lambda: None)


def eventually(condition: Callable[[], bool]) -> None:
    """Wait, for as long as a busy machine may need."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("not within five minutes")
