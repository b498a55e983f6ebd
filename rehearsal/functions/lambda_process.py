"""Runs the real code of a Lambda function as a process of its own, with the environment Lambda gives it.

What differs from the service: the interpreter is this machine's, the AWS endpoint is the rehearsal's, memory
is not limited, and a function gets at most `Invocation.patience` seconds whatever its Timeout says.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
RESPONSE_HOST = "cloudformation-response.rehearsal"


class FunctionError(Exception):
    """The function raised, was killed or died.

    Args:
        message: What Lambda would give as errorMessage.
        log: What the function printed.
    """

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.log = log


@dataclass(frozen=True)
class Invocation:
    """Everything one call of a function needs.

    Attributes:
        name: Function name.
        arn: Function ARN.
        handler: `module.function`.
        runtime: Lambda runtime name; it decides between Python and Node.js.
        code: Folder of the code.
        timeout: The function's Timeout, seconds.
        variables: Environment on top of the runtime's: the function's own, credentials, endpoint.
        path: PATH, layers first.
        log_group: CloudWatch log group.
        memory: MB the context object states.
        patience: Seconds after which the rehearsal stops waiting, when that is before the timeout.
        bridge: URL of the server that plays the SDK and the response URL for Node.js.
    """

    name: str
    arn: str
    handler: str
    runtime: str
    code: Path
    timeout: float = 3.0
    variables: Mapping[str, str] = field(default_factory=dict)
    path: str = os.defpath
    log_group: str = ""
    memory: int = 128
    patience: float = 120.0
    bridge: str = ""


def invoke(invocation: Invocation, event: Mapping[str, Any], folder: Path) -> Any:
    """Calls the function and returns what it returns.

    Args:
        invocation: The function.
        event: Its event, JSON-serializable.
        folder: An empty folder for this call alone; the function's home and, for CDK's kubectl handler,
            the place of its files instead of /tmp.

    Raises:
        FunctionError: It raised, exceeded its time or ended without an answer.
    """
    (folder / "event.json").write_text(json.dumps(event))
    limit = min(invocation.timeout, invocation.patience)
    log_file = folder / "log.txt"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*_command(invocation), invocation.handler, str(folder)],
            cwd=invocation.code,
            env=_environment(invocation, folder, limit),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            raise FunctionError(_timed_out(invocation, limit), log_file.read_text(errors="replace")) from None
        finally:
            # The whole session: a killed function takes its helm or kubectl with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return _outcome(folder, log_file.read_text(errors="replace"), process.returncode)


def _command(invocation: Invocation) -> list[str]:
    if invocation.runtime.startswith("python"):
        return [
            sys.executable,
            "-P",
            str(_HERE / "lambda_bootstrap.py"),
        ]  # -P: not our folder on its import path
    if invocation.runtime.startswith("nodejs"):
        return [_node(), str(_HERE / "lambda_bootstrap.js")]
    raise FunctionError(
        f"the rehearsal runs Python and Node.js functions, {invocation.name} is {invocation.runtime}"
    )


def _node() -> str:
    beside = Path(sys.executable).with_name("node")
    return str(beside) if beside.exists() else "node"


def _environment(invocation: Invocation, folder: Path, limit: float) -> dict[str, str]:
    return {
        "PATH": invocation.path,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONIOENCODING": "utf-8",
        "HELM_CACHE_HOME": str(folder / "helm" / "cache"),
        "HELM_CONFIG_HOME": str(folder / "helm" / "config"),
        "HELM_DATA_HOME": str(folder / "helm" / "data"),
        "TEST_OUTDIR": str(folder),
        "AWS_LAMBDA_FUNCTION_NAME": invocation.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(invocation.memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": invocation.log_group,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{invocation.runtime}",
        "LAMBDA_TASK_ROOT": str(invocation.code),
        "REHEARSAL_DEADLINE": str(time.time() + limit),
        "REHEARSAL_FUNCTION_ARN": invocation.arn,
        "REHEARSAL_REQUEST_ID": str(uuid.uuid4()),
        "REHEARSAL_BRIDGE": invocation.bridge,
        "REHEARSAL_RESPONSE_HOST": RESPONSE_HOST,
        **invocation.variables,
    }


def _timed_out(invocation: Invocation, limit: float) -> str:
    if invocation.timeout <= invocation.patience:
        return f"Task timed out after {limit:.2f} seconds"
    return (
        f"Task timed out: the rehearsal stopped {invocation.name} after {limit:.0f} seconds "
        f"(its Timeout is {invocation.timeout:.0f} seconds)"
    )


def _outcome(folder: Path, log: str, status: int) -> Any:
    result = folder / "result.json"
    if not result.exists():
        last = log.strip().splitlines()[-1:] or ["no output"]
        raise FunctionError(f"Runtime exited with error: exit status {status}; {last[0]}", log)
    outcome = json.loads(result.read_text())
    if "error" in outcome:
        raise FunctionError(outcome["error"]["errorMessage"], log + outcome["error"]["stackTrace"])
    return outcome["value"]
