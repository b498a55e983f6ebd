"""Calls of functions that are made again, because this machine and not AWS was the cause of their failure."""

# no belief: the speed of this machine

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rehearsal.functions.lambda_process import FunctionError
from rehearsal.pace import PACE

# A tool that had no answer in time from a server of the rehearsal, in the words of Go, botocore and urllib3.
# The name of an option or of a property, as --timeout and "Timeout" beside an address, is not an error.
_HERE = re.compile(r"localhost|127\.0\.0\.1")
_LATE = re.compile(r"(?<=[ .])[Tt]imeout|^[Tt]imeout|ConnectTimeoutError|timed out|client connection lost")
_SLOW_SECONDS = 1.0
_MOST = 60


# no belief: the speed of this machine
def believable(call: Callable[[], Any], again: Callable[[], None], attempts: int = 3) -> Any:
    """What a call of a function returns or raises, and not that this machine was slow.

    Tools have limits of their own for an answer, such as kubectl's 10 s for TLS, and those are seconds of the
    wall clock. AWS has no part in such an error about a server of this machine.

    Args:
        call: Calls the function.
        again: Called before the function is called again.
        attempts: How often to call at most, apart from calls in which this machine was slow. With those it is
            `_MOST`, so that a wrong guess about the line ends too.

    Raises:
        FunctionError: The function's own, or that this machine does not answer.
    """
    calls = 0
    while True:
        calls += 1
        lag = PACE.lag()
        try:
            return call()
        except FunctionError as error:
            if not (late := _late(f"{error.message}\n{error.log}")):
                raise
            attempts -= PACE.lag() - lag < _SLOW_SECONDS
            if attempts <= 0 or calls >= _MOST:
                raise FunctionError(
                    f"this machine does not answer itself in time, in which AWS has no part: {late}",
                    error.log,
                ) from None
        again()


def _late(text: str) -> str:
    """The line that says so, or nothing. Lines can be long: the log has whole events and commands."""
    return next((line for line in text.splitlines() if _HERE.search(line) and _LATE.search(line)), "")
