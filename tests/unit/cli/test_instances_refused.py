"""``instances``: what EC2 refuses, and servers that hang and hang up."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session

from cdk_eks_cilium.cli import ec2_types
from tests.unit.cli.instances import REGION, SECRET, call, page, refusal, respond

pytestmark = pytest.mark.usefixtures("aws_environment")


def failed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    status, out, err = call(capsys, *(words or ("--region", REGION)))
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    return err.rstrip("\n")


ALLOW = f"EC2 in {REGION}: must be allowed for these credentials, got "
STALE = f"EC2 in {REGION}: must be asked with credentials that are valid now, got "
STRANGE = f"EC2 in {REGION}: must know these credentials, got "
RENEW = "; log in again, such as with 'aws sso login', and check that the clock is right"
CHECK = "; check them with 'aws sts get-caller-identity', and that the account has the region enabled"


CONFIGURED = (
    f"EC2 in {REGION}: must be asked with a configuration that can be used",
    "; check AWS_ENDPOINT_URL_EC2, and what the profile names",
)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "UnauthorizedOperation",
            f"{ALLOW}'UnauthorizedOperation'; allow the IAM action ec2:DescribeInstanceTypes",
        ),
        ("AccessDenied", f"{ALLOW}'AccessDenied'; allow the IAM action ec2:DescribeInstanceTypes"),
        ("ExpiredToken", f"{STALE}'ExpiredToken'{RENEW}"),
        ("RequestExpired", f"{STALE}'RequestExpired'{RENEW}"),
        ("AuthFailure", f"{STRANGE}'AuthFailure'{CHECK}"),
        (
            "OptInRequired",
            f"EC2 in {REGION}: must be enabled for the account, got 'OptInRequired'; enable the region, "
            "or name another",
        ),
        (
            "RequestLimitExceeded",
            f"EC2 in {REGION}: must have time to answer, got 'RequestLimitExceeded'; wait a minute and run "
            "it again",
        ),
        (
            "InternalError",
            f"EC2 in {REGION}: must answer, got 'InternalError'; run it again, or make the answer elsewhere "
            "and read it with --from-json",
        ),
    ],
)
def test_what_ec2_refuses_ends_in_one_line_with_the_fix(
    code: str, expected: str, serve: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ec2_types, "ATTEMPTS", 1)
    serve(refusal(code, f"You are not, because of {SECRET}"))
    assert failed(capsys) == expected


def test_a_throttled_call_is_retried(serve: Any, capsys: pytest.CaptureFixture[str]) -> None:
    calls = []

    def handle(request: BaseHTTPRequestHandler, asked: dict[str, list[str]]) -> None:
        calls.append(asked)
        if len(calls) == 1:
            refusal("RequestLimitExceeded", status=503)(request, asked)
        else:
            respond(request, 200, page(["z9.large"]))

    serve(handle)
    status, _, _ = call(capsys, "--region", REGION)
    assert (status, len(calls)) == (0, 2)


@pytest.mark.usefixtures("moto")
def test_a_type_that_ec2_does_not_know_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert failed(capsys, "--region", REGION, "--type", "m6i.large", "m6i.hug") == (
        f"--type: must be an instance type that EC2 in {REGION} offers, got 'm6i.hug'; check the spelling, "
        "or name another region"
    )


def test_without_credentials_the_error_has_the_fix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert failed(capsys) == (
        f"EC2 in {REGION}: must be asked with credentials, got 'NoCredentialsError'; log in, or name a "
        "profile in AWS_PROFILE"
    )


def test_a_missing_profile_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert failed(capsys) == (
        "EC2: must be asked with a profile that exists, got 'ProfileNotFound'; correct AWS_PROFILE"
    )


def test_what_a_program_for_credentials_prints_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "config").write_text(f"[default]\ncredential_process = sh -c 'echo {SECRET} >&2; exit 1'\n")
    assert failed(capsys) == f"{STALE}'CredentialRetrievalError'{RENEW}"


@pytest.mark.parametrize("command", ["no-such-program", "echo no-json"])
def test_a_program_for_credentials_that_fails_is_reported(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "config").write_text(f"[default]\ncredential_process = {command}\n")
    expected = failed(capsys)
    assert expected.startswith(f"{CONFIGURED[0]}, got '")
    assert expected.endswith(f"'{CONFIGURED[1]}")


def test_an_endpoint_that_is_not_a_url_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "nowhere")
    assert failed(capsys) == f"{CONFIGURED[0]}, got 'ValueError'{CONFIGURED[1]}"


def test_an_invalid_region_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert failed(capsys, "--region", "eu west") == (
        "EC2 in eu west: must be the name of a region, got 'InvalidRegionError'; name one such as 'eu-west-1'"
    )


AWAY = "; check network and proxy, or make the answer elsewhere and read it with --from-json"


def test_an_endpoint_without_a_server_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1")
    assert failed(capsys) == f"EC2 in {REGION}: must be reachable, got 'EndpointConnectionError'{AWAY}"


def test_an_endpoint_that_hangs_ends_in_time(
    serve: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ec2_types, "READ_SECONDS", 0.2)
    monkeypatch.setattr(ec2_types, "ATTEMPTS", 2)
    given: list[object] = []
    send = URLLib3Session.send

    def noted(self: URLLib3Session, request: Any) -> Any:
        given.append((self._timeout.connect_timeout, self._timeout.read_timeout))
        return send(self, request)

    monkeypatch.setattr(URLLib3Session, "send", noted)
    calls: list[object] = []
    done = threading.Event()

    def hang(*asked: object) -> None:
        calls.append(asked)
        done.wait()

    serve(hang)
    expected = failed(capsys)
    done.set()
    assert expected == f"EC2 in {REGION}: must be reachable, got 'ReadTimeoutError'{AWAY}"
    assert given == [(ec2_types.CONNECT_SECONDS, 0.2)] * 2
    assert len(calls) == 2


def test_a_hang_lasts_a_minute_or_two_at_most() -> None:
    assert ec2_types.ATTEMPTS * (ec2_types.CONNECT_SECONDS + ec2_types.READ_SECONDS) <= 90


def test_a_closed_connection_is_reported(
    serve: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ec2_types, "ATTEMPTS", 1)
    serve(lambda request, _: request.connection.close())
    assert failed(capsys) == f"EC2 in {REGION}: must be reachable, got 'ConnectionClosedError'{AWAY}"


def test_an_answer_that_is_not_from_ec2_is_reported(
    serve: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ec2_types, "ATTEMPTS", 1)
    serve(lambda request, _: respond(request, 200, "<html><p>Please log in"))
    assert failed(capsys) == (
        f"EC2 in {REGION}: must answer, got 'ResponseParserError'; run it again, or make the answer "
        "elsewhere and read it with --from-json"
    )
