"""Requests to an API: again where that helps, and within bounds."""

from __future__ import annotations

import gzip
import json
import socket
import time

import pytest

from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.readers import api
from cdk_eks_cilium.doctor.readers.access import Access
from cdk_eks_cilium.doctor.readers.api import Api, Patience, path_of
from cdk_eks_cilium.doctor.readers.unreachable import UnreachableError
from rehearsal.serving import Handler
from tests.unit.doctor.readers.api_servers import QUICK, Answer, fails, hangs_up, says, serving, trickles

#: Seconds. Without an end of its own each of these requests takes a minute at least, and a busy machine some.
SOON = 25


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_server_that_is_busy_or_fails_is_asked_again(status: int) -> None:
    with serving(fails(status), fails(status), says({"major": "1"})) as served:
        assert Api(served.access, QUICK).get("/version").as_json() == {"major": "1"}
        assert served.asked == ["/version"] * 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fails(429), "the API has too much to do (429): run it again later"),
        (fails(500), "the API failed (500): run it again later"),
        (hangs_up, "the connection broke: IncompleteRead"),
    ],
)
def test_after_five_attempts_it_is_enough(answer: Answer, words: str) -> None:
    with serving(answer) as served:
        with pytest.raises(UnreadError) as found:
            Api(served.access, QUICK).get("/version")
        assert (str(found.value), len(served.asked)) == (words, 5)


def test_a_connection_that_breaks_within_an_answer_is_tried_again() -> None:
    with serving(hangs_up, says({})) as served:
        assert Api(served.access, QUICK).get("/version").status == 200


def test_the_pause_is_at_least_the_one_that_the_server_wants() -> None:
    with serving(fails(429, Retry_After="1"), says({})) as served:
        began = time.monotonic()
        Api(served.access, QUICK).get("/version")
        assert time.monotonic() - began >= 1


def test_a_pause_beyond_the_end_is_not_waited_for() -> None:
    with serving(fails(429, Retry_After="3600")) as served:
        began = time.monotonic()
        with pytest.raises(UnreadError, match=r"too much to do"):
            Api(served.access, Patience(request=20, total=20, pause=0.01)).get("/version")
        assert time.monotonic() - began < SOON


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (
            401,
            UnreachableError,
            "the API does not know these credentials (401): log in again, or check the context",
        ),
        (409, UnreadError, "the API answered with 409: somebody was faster"),
        (301, UnreadError, "the API answered with 301: somebody was faster"),
    ],
)
def test_other_answers_are_errors_in_words(status: int, error: type[UnreadError], words: str) -> None:
    with serving(fails(status, "somebody was faster")) as served:
        with pytest.raises(error) as found:
            Api(served.access, QUICK).get("/version")
        assert (str(found.value), len(served.asked)) == (words, 1)


def test_a_server_that_never_answers_ends_within_the_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        access = Access(f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(UnreadError, match=r"^the API does not answer in time$"):
            Api(access, Patience(request=0.3, total=1.0, pause=0.01)).get("/version")
        assert time.monotonic() - began < SOON


def test_a_server_that_sends_a_byte_now_and_then_ends_within_the_time() -> None:
    with serving(trickles) as served:
        began = time.monotonic()
        with pytest.raises(UnreadError, match=r"^the API does not answer in time$"):
            Api(served.access, Patience(request=0.5, total=0.5, pause=0.01)).get("/version")
        assert time.monotonic() - began < SOON


def test_when_the_time_is_over_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(says({})) as served:
        asking = Api(served.access, Patience(total=600))
        asking.get("/version")
        later = time.monotonic() + 601
        monkeypatch.setattr(time, "monotonic", lambda: later)
        with pytest.raises(UnreadError, match=r"was given 600 seconds in all, which are over"):
            asking.get("/version")
        assert len(served.asked) == 1


def test_nothing_that_listens_is_told_as_such() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(
        UnreachableError, match=f"^nothing answers at 127.0.0.1:{port}: is the address right\\?$"
    ):
        Api(Access(f"http://127.0.0.1:{port}"), QUICK).get("/version")


def test_answers_come_compressed() -> None:
    body = json.dumps({"items": ["x" * 1000]}).encode()

    def compressed(handler: Handler) -> None:
        handler.reply(200, gzip.compress(body), headers=[("Content-Encoding", "gzip")])

    with serving(compressed) as served:
        assert Api(served.access, QUICK).get("/version").body == body
        assert served.headers[0]["Accept-Encoding"] == "gzip"


def test_broken_compression_is_an_error_in_words() -> None:
    def broken(handler: Handler) -> None:
        handler.reply(200, b"\x1f\x8b\x08no", headers=[("Content-Encoding", "gzip")])

    with serving(broken) as served:
        with pytest.raises(UnreadError, match=r"^the connection broke: "):
            Api(served.access, QUICK).get("/version")


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_LARGEST", 1 << 20)
    bomb = gzip.compress(b" " * (4 << 20))
    with serving(lambda handler: handler.reply(200, bomb, headers=[("Content-Encoding", "gzip")])) as served:
        with pytest.raises(UnreadError, match=r"^an answer of the API has more than 1 MiB$"):
            Api(served.access, QUICK).get("/version")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "the API's answer is not JSON: is something else in front of it?"),
        (b"[]", "the API's answer is not an object: is something else in front of it?"),
        (b"\xff\xfe\x00", "the API's answer is not JSON: is something else in front of it?"),
    ],
)
def test_what_is_not_the_api_is_told_as_such(body: bytes, words: str) -> None:
    with serving(lambda handler: handler.reply(200, body)) as served:
        with pytest.raises(UnreadError) as found:
            Api(served.access, QUICK).get("/version").as_json()
    assert str(found.value) == words


def test_over_plain_http_nobody_sends_a_token() -> None:
    with serving(says({})) as served:
        access = Access(served.access.host, authorize=lambda: "Bearer secret")
        Api(access, QUICK).get("/version")
    assert "Authorization" not in served.headers[0]


def test_parts_of_a_path_are_quoted() -> None:
    assert path_of("api", "v1", "", "pods", "a/b?c", "web:8080") == "/api/v1/pods/a%2Fb%3Fc/web:8080"
