from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from rehearsal.functions.attempts import believable
from rehearsal.functions.lambda_process import FunctionError
from rehearsal.pace import PACE

LATE = (
    'Unable to connect to the server: Get "https://127.0.0.1:41/api": net/http: TLS handshake timeout',
    'Read timeout on endpoint URL: "http://localhost:5000/clusters/x"',
    "HTTPSConnectionPool(host='127.0.0.1', port=41): Read timed out.",
)


def failing(*messages: str) -> Callable[[], str]:
    """A call that fails once with each message, and then succeeds."""
    left = list(messages)

    def call() -> str:
        if left:
            raise FunctionError(left.pop(0))
        return "done"

    return call


@pytest.mark.parametrize("message", LATE)
def test_a_call_in_which_this_machine_did_not_answer_is_made_again(message: str) -> None:
    told: list[str] = []
    assert believable(failing(f"Error: b'{message}'\n"), lambda: told.append("again")) == "done"
    assert told == ["again"]


@pytest.mark.parametrize(
    "message",
    [
        "Task timed out after 3.00 seconds",
        "UPGRADE FAILED: context deadline exceeded",
        "dial tcp 10.0.0.1:443: i/o timeout",
        "Unauthorized by https://127.0.0.1:41/api",
        "Running: ['helm', 'upgrade', '--repo', 'http://127.0.0.1:41', '--timeout', '900s']: a conflict",
        '{"Repository": "http://127.0.0.1:41", "Timeout": "900s", "idleTimeout": "1s"}',
    ],
)
def test_a_failure_that_is_not_this_machines_is_believed(message: str) -> None:
    with pytest.raises(FunctionError, match="^" + re.escape(message)):
        believable(failing(message), lambda: pytest.fail("called again"))


def test_a_machine_that_never_answers_is_named_as_the_cause() -> None:
    told: list[str] = []
    with pytest.raises(FunctionError, match=r"^this machine does not answer itself in time, .*TLS handshake"):
        believable(failing(*LATE[:1] * 5), lambda: told.append("again"))
    assert len(told) == 2


def test_a_machine_that_is_slow_for_ever_is_named_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    lag = iter(range(0, 10000, 5))
    monkeypatch.setattr(PACE, "lag", lambda: float(next(lag)))
    told: list[str] = []
    with pytest.raises(FunctionError, match=r"^this machine does not answer itself in time"):
        believable(failing(*LATE * 100), lambda: told.append("again"))
    assert len(told) == 59


def test_calls_in_which_this_machine_was_slow_do_not_count_as_attempts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lag = iter(range(0, 1000, 5))
    monkeypatch.setattr(PACE, "lag", lambda: float(next(lag)))
    assert believable(failing(*LATE * 4), lambda: None) == "done"
