"""A rehearsal that is stopped in any phase leaves no process and no file, and says one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rehearsal.guard import Guard
from rehearsal.guardian import VARIABLE

# Tells its process, starts a child that ignores every polite signal, and waits for a word that does not come.
HANGS = """
import os, pathlib, subprocess, sys, time
def handler(event, context):
    if event["RequestType"] != os.environ["HANGS_ON"]:
        return {}
    child = "import signal, time\\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\\ntime.sleep(600)"
    other = subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
    note = pathlib.Path(os.environ["NOTE"])
    note.with_suffix(".part").write_text(f"{os.getpid()} {other.pid}")
    note.with_suffix(".part").rename(note)
    time.sleep(600)
"""


@pytest.fixture
def assembly(tmp_path: Path) -> Callable[[str], Path]:
    """An assembly whose custom resource hangs on a request, in a Python or in a Node.js function."""

    def write(hangs_on: str) -> Path:
        folder = tmp_path / "assembly"
        (folder / "code").mkdir(parents=True)
        (folder / "code" / "index.py").write_text(HANGS)
        role = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sts:AssumeRole",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                        }
                    ],
                },
                "Policies": [
                    {
                        "PolicyName": "call",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
                            ],
                        },
                    }
                ],
            },
        }

        def function(**variables: Any) -> dict[str, Any]:
            return {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Handler": "index.handler",
                    "Runtime": "python3.13",
                    "Timeout": 900,
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"S3Bucket": "b", "S3Key": "code.zip"},
                    "Environment": {"Variables": variables},
                },
            }

        template = {
            "Resources": {
                "Role": role,
                "User": function(HANGS_ON=hangs_on, NOTE=str(tmp_path / "note")),
                "Framework": function(USER_ON_EVENT_FUNCTION_ARN={"Fn::GetAtt": ["User", "Arn"]}),
                "Thing": {
                    "Type": "Custom::Thing",
                    "Properties": {"ServiceToken": {"Fn::GetAtt": ["Framework", "Arn"]}},
                },
            }
        }
        asset = {"source": {"path": "code"}, "destinations": {"here": {"objectKey": "code.zip"}}}
        (folder / "assets.json").write_text(json.dumps({"files": {"code": asset}}))
        (folder / "t.json").write_text(json.dumps(template))
        artifacts = {
            "app": {
                "type": "aws:cloudformation:stack",
                "environment": "aws://123456789012/eu-west-1",
                "properties": {"templateFile": "t.json"},
            },
            "app.assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
        }
        (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
        return folder

    return write


@pytest.fixture
def rehearsal(root: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a rehearsal whose temporary files go to a folder of the test's."""
    started: list[subprocess.Popen[str]] = []
    temporary = tmp_path / "temporary"
    temporary.mkdir()

    def start(
        *arguments: str, path: Sequence[str] = (), ignored: signal.Signals | None = None
    ) -> subprocess.Popen[str]:
        # Whoever runs the tests may ignore signals, as `nohup` does, and a rehearsal would inherit that.
        before = {
            number: signal.signal(number, signal.SIG_IGN if number == ignored else signal.SIG_DFL)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "rehearsal", *arguments],
                cwd=root,
                env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": ":".join([*path, "constructs"])},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def left(tmp_path: Path) -> list[str]:
    """What a rehearsal in this folder left: its temporary files, and processes with its folder for them."""
    mark = str(tmp_path / "temporary").encode()
    found = [str(path) for path in (tmp_path / "temporary").iterdir()]
    # Functions have their folder, below the rehearsal's, in their environment.
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if mark in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
    return found


def alive(process: str) -> bool:
    try:
        return ") Z " not in Path("/proc", process, "stat").read_text()
    except OSError:
        return False


def eventually(condition: Callable[[], bool]) -> None:
    """Wait, for as long as a busy machine may need."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("not within five minutes")


def hung(process: subprocess.Popen[str], tmp_path: Path) -> list[str]:
    """The processes of a rehearsal whose function hangs."""
    note = tmp_path / "note"
    eventually(lambda: note.exists() or process.poll() is not None)
    return note.read_text().split()


@pytest.mark.parametrize(
    ("number", "status", "line"),
    [
        (
            signal.SIGINT,
            130,
            "rehearsal: interrupted; every process and temporary file of the rehearsal is gone",
        ),
        (
            signal.SIGTERM,
            143,
            "rehearsal: ended by SIGTERM; every process and temporary file of the rehearsal is gone",
        ),
        (
            signal.SIGHUP,
            129,
            "rehearsal: ended by SIGHUP; every process and temporary file of the rehearsal is gone",
        ),
    ],
)
@pytest.mark.parametrize("phase", ["Create", "Delete"])
def test_a_signal_while_a_function_runs_ends_all(
    assembly: Callable[[str], Path],
    rehearsal: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    phase: str,
    number: signal.Signals,
    status: int,
    line: str,
) -> None:
    process = rehearsal(str(assembly(phase)))
    functions = hung(process, tmp_path)
    process.send_signal(number)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (status, f"{line}\n")
    assert left(tmp_path) == []
    assert [each for each in functions if alive(each)] == []


def test_a_rehearsal_that_is_killed_leaves_nothing_either(
    assembly: Callable[[str], Path], rehearsal: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = rehearsal(str(assembly("Create")))
    functions = hung(process, tmp_path)
    process.kill()
    process.wait()
    eventually(lambda: left(tmp_path) == [] and not any(map(alive, functions)))


def test_a_signal_before_anything_is_loaded_says_the_same_line(
    rehearsal: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "rich.py").write_text(
        f"import pathlib, time\npathlib.Path({str(tmp_path / 'note')!r}).touch()\ntime.sleep(600)\n"
    )
    process = rehearsal(str(tmp_path), path=[str(tmp_path / "slow")])
    eventually((tmp_path / "note").exists)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert errors.startswith("rehearsal: interrupted; ")
    assert errors.count("\n") == 1


def test_an_interrupted_rehearsal_says_so_as_json(
    assembly: Callable[[str], Path], rehearsal: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = rehearsal(str(assembly("Create")), "--json")
    hung(process, tmp_path)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate()
    given = json.loads(out)
    assert (given["version"], given["exit_status"], given["error"]["kind"]) == (1, 130, "interrupted")
    assert errors == ""


def test_a_signal_that_was_ignored_from_the_beginning_stays_ignored(
    assembly: Callable[[str], Path], rehearsal: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = rehearsal(str(assembly("Create")), ignored=signal.SIGHUP)
    hung(process, tmp_path)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 143


def test_a_hang_is_told_as_this_machines(assembly: Callable[[str], Path], root: Path, tmp_path: Path) -> None:
    """With a shorter time than the real one, and a function that does nothing."""
    code = (
        "import sys, rehearsal.pace as pace\n"
        "pace.STANDSTILL = 1.0\n"
        "from rehearsal.__main__ import process\n"
        "sys.exit(process())\n"
    )
    (tmp_path / "temporary").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, str(assembly("Create"))],
        cwd=root,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary"), "PYTHONPATH": ".:constructs"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr.startswith("rehearsal: this machine: nothing has moved for ")
    assert "the deployment has no part in it" in done.stderr
    assert left(tmp_path) == []


def test_the_guardian_ends_with_its_last_holder(tmp_path: Path) -> None:
    guard = Guard()
    with guard.held():
        with guard.held():
            pass
        folder = guard.folder("x-", short=True)
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"], env={**os.environ, **guard.variables()}
        )
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        assert folder.is_dir()
    assert child.wait() == -signal.SIGKILL
    assert not folder.exists()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_killed_guardian_stops_nothing() -> None:
    guard = Guard()
    with guard.held():
        assert guard._process is not None
        guard._process.kill()
        guard._process.wait()
        guard.folder("x-", short=True).rmdir()


def test_each_guard_has_a_token_of_its_own() -> None:
    one, other = Guard(), Guard()
    with one.held(), other.held():
        assert one.variables()[VARIABLE] != other.variables()[VARIABLE]


def test_a_fork_does_not_keep_the_parents_guardian() -> None:
    """The guardian ends with the process that started it, although a fork of that process lives on."""
    code = (
        "import os, sys, time\n"
        "from rehearsal.guard import GUARD\n"
        "GUARD.take()\n"
        "folder = GUARD.folder('x-', short=True)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os.close(1)\n"
        "    time.sleep(600)\n"
        "print(child, folder, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    child, folder = done.stdout.split()
    try:
        eventually(lambda: not Path(folder).exists())
        assert alive(child)
    finally:
        os.kill(int(child), signal.SIGKILL)
