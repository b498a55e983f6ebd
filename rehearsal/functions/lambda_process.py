"""Runs the real code of a Lambda function as a process, with the environment that Lambda gives it.

What differs from the service: the interpreter is this machine's, the AWS endpoint is the rehearsal's, memory
is not limited, and a function gets at most `PATIENCE` seconds whatever its Timeout is. The pace clock counts
them, and the function reads it in place of its own clocks: a slow machine takes no time from it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from rehearsal.aws.account import LambdaFunction
from rehearsal.functions.warm_python import WarmProcess, WarmPython
from rehearsal.guard import GUARD
from rehearsal.pace import PACE

_HERE = Path(__file__).parent
RESPONSE_HOST = "cloudformation-response.rehearsal"
PATIENCE = 120.0
"""Seconds after which the rehearsal stops a function whose timeout is longer."""


class FunctionError(Exception):
    """The function raised, was killed or died.

    Args:
        message: Lambda's errorMessage.
        log: The output of the function.
    """

    def __init__(self, message: str, log: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.log = log


def invoke(
    function: LambdaFunction,
    event: Mapping[str, Any],
    folder: Path,
    *,
    variables: Mapping[str, str] | None = None,
    path: str = os.defpath,
    bridge: str = "",
    at_most: float = math.inf,
    patience: float = PATIENCE,
    warm: WarmPython | None = None,
) -> Any:
    """Calls the function and returns what it returns.

    Args:
        function: The function.
        event: Its event, JSON-serializable.
        folder: An empty folder for this call alone; the function's home and, for CDK's kubectl handler,
            the place of its files instead of /tmp.
        variables: Environment beside the runtime's and the function's own: credentials, endpoint.
        path: PATH, layers first.
        bridge: URL of the server that plays the SDK and the response URL for Node.js.
        at_most: Seconds that the caller waits, whatever the function's Timeout.
        patience: Seconds after which the rehearsal stops waiting, when that is before the timeout.
        warm: Where a Python function starts with AWS's SDK loaded; in a new process when left out.

    Raises:
        FunctionError: It raised, exceeded its time or ended without an answer.
    """
    (folder / "event.json").write_text(json.dumps(event))
    timeout = min(float(function.properties.get("Timeout", 3)), at_most)
    limit = min(timeout, patience)
    log_file = folder / "log.txt"
    with PACE.running(), GUARD.held(), log_file.open("wb") as log:
        given = {
            "PATH": path,
            "REHEARSAL_SECONDS": str(limit),
            "REHEARSAL_DEADLINE": str(time.time() + limit),
            "REHEARSAL_PACE": f"{PACE.lag()} {PACE.file}",
            "REHEARSAL_BRIDGE": bridge,
            **(variables or {}),
            **function.variables,
            **GUARD.variables(),
        }
        process = _start(function, folder, _environment(function, folder) | given, log, warm)
        try:
            PACE.wait(process, limit)
        # belief: AWS-lambda-timeout
        except subprocess.TimeoutExpired:
            message = f"Task timed out after {limit:.2f} seconds"
            if timeout > patience:
                message = (
                    f"Task timed out: the rehearsal stopped {function.name} after {limit:.0f} seconds "
                    f"(its Timeout is {timeout:.0f} seconds)"
                )
            raise FunctionError(message, log_file.read_text(errors="replace")) from None
        finally:
            # The whole session, so that helm or kubectl end with a killed function.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
    return _outcome(folder, log_file.read_text(errors="replace"), status)


def _start(
    function: LambdaFunction,
    folder: Path,
    variables: Mapping[str, str],
    log: IO[bytes],
    warm: WarmPython | None,
) -> subprocess.Popen[bytes] | WarmProcess:
    """Start the function, as the leader of a session of its own."""
    arguments = [function.properties["Handler"], str(folder)]
    if function.runtime.startswith("python"):
        script = _HERE / "lambda_bootstrap.py"
        if warm is not None:
            return warm.start(script, arguments, folder=function.code, variables=variables, log=log)
        command = [sys.executable, "-P", str(script)]  # -P: not our folder on its import path
    elif function.runtime.startswith("nodejs"):
        command = [_node(), str(_HERE / "lambda_bootstrap.js")]
    else:
        # no belief: a limit of the rehearsal
        raise FunctionError(
            f"the rehearsal runs Python and Node.js functions, {function.name} is {function.runtime}"
        )
    return subprocess.Popen(
        [*command, *arguments],
        cwd=function.code,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _node() -> str:
    beside = Path(sys.executable).with_name("node")
    return str(beside) if beside.exists() else "node"


# belief: AWS-lambda-environment
def _environment(function: LambdaFunction, folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONIOENCODING": "utf-8",
        "HELM_CACHE_HOME": str(folder / "helm" / "cache"),
        "HELM_CONFIG_HOME": str(folder / "helm" / "config"),
        "HELM_DATA_HOME": str(folder / "helm" / "data"),
        "TEST_OUTDIR": str(folder),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.properties.get("MemorySize", 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "LAMBDA_TASK_ROOT": str(function.code),
        "REHEARSAL_FUNCTION_ARN": function.arn,
        "REHEARSAL_REQUEST_ID": str(uuid.uuid4()),
        "REHEARSAL_RESPONSE_HOST": RESPONSE_HOST,
    }


# belief: AWS-lambda-errors
def _outcome(folder: Path, log: str, status: int) -> Any:
    result = folder / "result.json"
    if not result.exists():
        last = log.strip().splitlines()[-1:] or ["no output"]
        raise FunctionError(f"Runtime exited with error: exit status {status}; {last[0]}", log)
    outcome = json.loads(result.read_text())
    if "error" in outcome:
        raise FunctionError(outcome["error"]["errorMessage"], log + outcome["error"]["stackTrace"])
    return outcome["value"]
