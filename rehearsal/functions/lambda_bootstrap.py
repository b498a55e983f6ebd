"""Runs inside the process of a rehearsed Python function: calls its handler as the Lambda service does.

Arguments: the handler (`module.function`) and a folder. The folder's `event.json` has the event. The result
or error goes to its `result.json`, so the function may print anything. The clocks of `time` go as the
rehearsal's pace clock, which stands still while this machine keeps the function from running.
Standard library only: this process has the function's own import path.
"""

# belief: AWS-lambda-environment

from __future__ import annotations

import importlib
import json
import mmap
import os
import struct
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any


class InvocationContext:
    """The context object of an invocation, as the Python runtime makes it."""

    def __init__(self, seconds: float, deadline: float, request_id: str) -> None:
        self._seconds = seconds
        self._deadline = deadline
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = os.environ["REHEARSAL_FUNCTION_ARN"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = "rehearsal"
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the service kills the invocation."""
        # The pace clock may take a part of a second off that passed before the call.
        left = min(self._seconds, self._deadline - time.time())
        return max(0, int(left * 1000))


def follow_pace(lag_before: float, path: str) -> None:
    """Take the seconds off the clocks of `time` that do not count on the rehearsal's clock.

    Args:
        lag_before: Those seconds at the beginning of the call.
        path: The file with those seconds until now.
    """
    with open(path, "rb") as file:
        memory = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)

    def slowed(clock: Callable[[], float]) -> Callable[[], float]:
        last = 0.0

        def now() -> float:
            nonlocal last
            lag: float = struct.unpack("<d", memory[:8])[0]
            # Never back: the seconds come off some time after they passed.
            last = max(last, clock() - (lag - lag_before))
            return last

        return now

    time.time, time.monotonic = slowed(time.time), slowed(time.monotonic)


def main() -> None:
    """Calls the handler and writes its outcome."""
    lag, _, path = os.environ["REHEARSAL_PACE"].partition(" ")
    if path:
        follow_pace(float(lag), path)
    handler_name, folder = sys.argv[1], Path(sys.argv[2])
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    outcome: dict[str, Any]
    try:
        module_name, function_name = handler_name.rsplit(".", 1)
        handler = getattr(importlib.import_module(module_name.replace("/", ".")), function_name)
        context = InvocationContext(
            float(os.environ["REHEARSAL_SECONDS"]),
            float(os.environ["REHEARSAL_DEADLINE"]),
            os.environ["REHEARSAL_REQUEST_ID"],
        )
        outcome = {"value": handler(json.loads((folder / "event.json").read_text()), context)}
        text = json.dumps(outcome)
    except BaseException as error:
        outcome = {
            "error": {
                "errorType": type(error).__name__,
                "errorMessage": str(error),
                "stackTrace": traceback.format_exc(),
            }
        }
        text = json.dumps(outcome)
    (folder / "result.json").write_text(text)


if __name__ == "__main__":
    main()
