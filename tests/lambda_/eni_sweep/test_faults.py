"""A sweep when EC2 throttles, refuses, hangs or is not there: always an answer, in words, in time."""

from __future__ import annotations

import logging
import socket
from concurrent.futures import wait
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.conftest import FakeTime, call_handler
from tests.lambda_.eni_sweep.conftest import DELETE, LOOK, Account, Sweep, read_event, refusal


@pytest.mark.parametrize(
    ("error", "status"),
    [("RequestLimitExceeded", 503), ("RequestLimitExceeded", 400), ("Throttling", 400), ("Odd", 500)],
)
def test_throttling_and_failures_of_ec2_are_retried(
    error: str, status: int, account: Account, sweep: Sweep, fake_time: FakeTime
) -> None:
    own = {account.interface() for _ in range(20)}
    account.fail(LOOK, error, times=3, status=status)
    account.fail(DELETE, error, times=30, status=status)

    assert sweep(account)["Data"]["Deleted"] == "20"
    assert not account.interfaces & own
    assert fake_time.slept[:3] == [1.0, 2.0, 4.0]
    assert account.calls.count(DELETE) == 50


def test_pauses_are_shortened_by_chance(account: Account, sweep: Sweep, fake_time: FakeTime) -> None:
    fake_time.chance = 0.5
    account.fail(LOOK, "RequestLimitExceeded", times=6, status=503)

    sweep(account)

    assert fake_time.slept[:6] == [0.75, 1.5, 3.0, 6.0, 7.5, 7.5]


def test_throttling_until_the_deadline_is_reported_before_the_deadline(
    account: Account, sweep: Sweep, fake_time: FakeTime
) -> None:
    account.fail(LOOK, "RequestLimitExceeded", "Request limit exceeded.", times=500, status=503)

    assert refusal(sweep, account, seconds=60).startswith(
        "EC2: must answer before the function's time is up, got RequestLimitExceeded: "
        "Request limit exceeded. in the last of "
    )
    assert sum(fake_time.slept) <= 60


def test_deletions_throttled_until_the_deadline_name_the_interfaces_left(
    account: Account, sweep: Sweep
) -> None:
    own = account.interface()
    account.fail(DELETE, "RequestLimitExceeded", times=500, status=503)

    text = refusal(sweep, account, seconds=60)

    assert f"got 1 that remain after N s: {own} (available); " in text
    assert text.endswith(
        "give EC2 time, it throttles the account or answers late, then delete the stack again"
    )


def test_a_deletion_that_ec2_refuses_for_the_moment_is_tried_again(account: Account, sweep: Sweep) -> None:
    account.interface()
    account.fail(DELETE, "InvalidParameterValue", "Network interface is currently in use.", times=2)

    assert sweep(account)["Data"]["Deleted"] == "1"
    assert account.calls.count(DELETE) == 3


def test_a_deletion_that_ec2_always_refuses_is_reported_in_the_words_of_ec2(
    account: Account, sweep: Sweep
) -> None:
    own = account.interface()
    account.fail(DELETE, "OperationNotPermitted", "You are not allowed to.", times=500)

    text = refusal(sweep, account, seconds=60)

    assert f"{own} (available) OperationNotPermitted: You are not allowed to.; see why EC2 does not" in text


ENCODED = "You are not authorized. Encoded authorization failure message: c2VjcmV0LWVuY29kZWQ"


def test_a_missing_right_to_look_is_named(account: Account, sweep: Sweep) -> None:
    account.fail(LOOK, "UnauthorizedOperation", ENCODED, times=500, status=403)

    assert refusal(sweep, account) == (
        "ec2:DescribeNetworkInterfaces: must be allowed to the function's role, got UnauthorizedOperation "
        "(You are not authorized.); see which policy denies it (the role's own, its permissions boundary, a "
        "service control policy), then delete the stack again"
    )
    assert account.calls.count(LOOK) == 5


def test_a_missing_right_to_delete_is_named(account: Account, sweep: Sweep) -> None:
    own = account.interface()
    account.fail(DELETE, "UnauthorizedOperation", ENCODED, times=500, status=403)

    text = refusal(sweep, account)

    assert text.startswith(
        f"ec2:DeleteNetworkInterface on {own}: must be allowed to the function's role, got "
        "UnauthorizedOperation (You are not authorized.); see which policy denies it"
    )
    assert own in account.interfaces


def test_rights_that_arrive_late_are_waited_for(account: Account, sweep: Sweep) -> None:
    account.interface()
    account.fail(LOOK, "UnauthorizedOperation", ENCODED, times=2, status=403)
    account.fail(DELETE, "UnauthorizedOperation", ENCODED, times=2, status=403)

    assert sweep(account)["Data"]["Deleted"] == "1"


def test_an_unknown_refusal_to_look_ends_the_sweep_at_once(account: Account, sweep: Sweep) -> None:
    account.fail(LOOK, "InvalidParameterValue", "Bad filter.")

    assert refusal(sweep, account) == (
        "ec2:DescribeNetworkInterfaces: must be answered, got InvalidParameterValue (Bad filter.); "
        "delete the stack again"
    )


def test_unknown_lookalikes_do_not_fail_a_sweep_that_is_done(account: Account, sweep: Sweep) -> None:
    account.interface()
    answer = sweep(account)
    looks = account.calls.count(LOOK)
    account.interface()
    account.calls.clear()
    original = account.asked

    def last_look_is_refused(operation: str) -> Any:
        if operation == LOOK and account.calls.count(LOOK) == looks - 1:
            account.fail(LOOK, "InvalidParameterValue", "Bad filter.")
        return original(operation)

    account.asked = last_look_is_refused  # type: ignore[method-assign]

    assert sweep(account) == answer
    assert account.calls.count(LOOK) == looks


def test_a_function_without_time_says_so_instead_of_starting(account: Account, sweep: Sweep) -> None:
    assert refusal(sweep, account, seconds=0) == (
        "function timeout: must be over 15 s, got 15.0 s; give it some minutes"
    )
    assert account.calls == []


def test_an_endpoint_that_refuses_connections_is_reported_before_the_deadline(
    account: Account, sweep: Sweep, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")

    assert "EndpointConnectionError: Could not connect to the endpoint" in refusal(sweep, account, seconds=60)
    assert sum(fake_time.slept) <= 60


def test_an_endpoint_that_hangs_is_reported_before_the_deadline(
    account: Account, code: SimpleNamespace, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    with socket.create_server(("127.0.0.1", 0)) as silent, ExitStack() as connections:

        def wait_until_connected(futures: list[Any], timeout: float) -> Any:
            waited.append(timeout)
            connections.enter_context(silent.accept()[0])
            return wait(futures, timeout=0)

        code.sweep.wait = wait_until_connected
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(
            code.errors.DeadlineError, match=r"got nothing; check that the function reaches EC2"
        ):
            call_handler(code, read_event(VpcId=account.vpc), 40.0, fake_time)
    assert waited == [40.0]


def test_neither_the_answer_url_nor_credentials_are_logged(
    account: Account, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="eni_sweep")
    account.interface()

    sweep(account)

    assert "found" in caplog.text
    for secret in ("cloudformation-answer-signature", "role-secret-key", "role/session+token=="):
        assert secret not in caplog.text


@pytest.mark.parametrize("body", ["", "<html>Sign in", "{}"])
def test_an_invalid_answer_is_requested_again(body: str, account: Account, sweep: Sweep) -> None:
    own = account.interface()
    account.babble(LOOK, body, times=2)

    assert sweep(account)["Data"]["Deleted"] == "1"
    assert own not in account.interfaces
