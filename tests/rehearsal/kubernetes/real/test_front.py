"""The front passes calls on. Behind it is the embedded API in the place of a real one."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import trustme

from rehearsal.kubernetes.endpoint import server_context
from rehearsal.kubernetes.real.connection import Connection, Headers, Reply
from rehearsal.kubernetes.real.front import Front, Known
from rehearsal.serving import Handler, LocalServer
from tests.rehearsal.kubernetes.commands import IDENTITIES, config_map
from tests.rehearsal.kubernetes.real.conftest import Behind

MAPS = "/api/v1/namespaces/default/configmaps"


@contextmanager
def client(front: Front) -> Iterator[http.client.HTTPSConnection]:
    tls = ssl.create_default_context(cadata=front.certificate_authority_pem)
    port = int(front.endpoint.rpartition(":")[2])
    connection = http.client.HTTPSConnection("localhost", port, context=tls, timeout=60)
    try:
        yield connection
    finally:
        connection.close()


def ask(
    connection: http.client.HTTPSConnection, method: str, path: str, body: Any = None, token: str = "admin"
) -> tuple[int, Any]:
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_what_a_client_writes_is_behind_the_front(front: Front, behind: Behind) -> None:
    with client(front) as connection:
        status, made = ask(connection, "POST", MAPS, config_map(colour="red"))
    assert status == 201
    assert behind.connection.ask("GET", f"{MAPS}/settings") == made


def test_a_refusal_comes_through_in_the_server_s_words(front: Front) -> None:
    with client(front) as connection:
        status, refused = ask(connection, "GET", f"{MAPS}/settings", token="guest")
    assert status == 403
    assert refused["message"].startswith(
        'configmaps "settings" is forbidden: User "guest" cannot get resource'
    )


def test_requests_are_recorded_with_the_names_of_their_users(front: Front) -> None:
    with client(front) as connection:
        ask(connection, "GET", f"{MAPS}?limit=5", token="guest")
        ask(connection, "GET", MAPS, token="nobody")
    assert [(r.method, r.path, r.status, r.username) for r in front.requests] == [
        ("GET", MAPS, 403, "guest"),
        ("GET", MAPS, 401, None),
    ]


def test_a_token_that_the_server_knows_by_itself_has_its_name(front: Front) -> None:
    front.known.introduce("admin", "kube-administrator")
    with client(front) as connection:
        ask(connection, "GET", MAPS)
    assert [r.username for r in front.requests] == ["kube-administrator"]


def test_a_fault_never_reaches_the_server(front: Front, behind: Behind) -> None:
    front.fault = lambda method, path: (503, "not yet") if (method, path) == ("GET", MAPS) else None
    with client(front) as connection:
        assert ask(connection, "GET", f"{MAPS}?limit=1")[0] == 503
        status, failed = ask(connection, "GET", f"{MAPS}?watch=true")
    assert (status, failed["message"]) == (503, "not yet")
    assert behind.server.requests == []


def test_a_watch_gives_each_event_as_it_happens(front: Front, behind: Behind) -> None:
    with client(front) as connection:
        connection.request("GET", f"{MAPS}?watch=true", headers={"Authorization": "Bearer admin"})
        answer = connection.getresponse()
        for name in ("one", "two"):
            behind.connection.ask("POST", MAPS, config_map(name))
            event = json.loads(answer.readline())
            assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", name)
    assert [(r.status, r.username) for r in front.requests] == [(200, "admin")]


def test_a_refused_watch_is_answered(front: Front) -> None:
    with client(front) as connection:
        assert ask(connection, "GET", f"{MAPS}?watch=1", token="guest")[0] == 403
    assert front.requests[0].status == 403


def test_the_stop_of_the_front_ends_its_watches(front: Front) -> None:
    with client(front) as connection:
        connection.request("GET", f"{MAPS}?watch=true", headers={"Authorization": "Bearer admin"})
        answer = connection.getresponse()
        stop = threading.Thread(target=front.stop)
        stop.start()
        with suppress(http.client.HTTPException, OSError):
            assert answer.read() == b""
        stop.join()


def test_a_client_that_hangs_up_ends_its_watch_at_the_server() -> None:
    ended = threading.Event()

    class Endless(Handler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            self.connection.recv(1)  # returns when the other side is gone
            ended.set()

    with served(Endless) as made, client(made) as connection:
        connection.request("GET", "/api/v1/pods?watch=true")
        answer = connection.getresponse()
        answer.close()
        connection.close()
        assert ended.wait(60)


def test_headers_query_and_body_arrive_as_they_were_sent() -> None:
    seen: list[tuple[str, dict[str, str], bytes]] = []

    class Echo(Handler):
        def do_PATCH(self) -> None:
            seen.append((self.path, dict(self.headers.items()), self.body()))
            self.send_response(201)
            for name, value in (("Warning", '299 - "old"'), ("Audit-Id", "7"), ("Content-Encoding", "gzip")):
                self.send_header(name, value)
            self.send_header("Content-Length", "3")
            self.end_headers()
            self.wfile.write(b"\x1f\x8b\x00")

    with served(Echo) as made, client(made) as connection:
        path = "/apis/apps/v1/namespaces/a/deployments/b?fieldManager=kubectl-client-side%2Fapply&force=true"
        headers = {"Content-Type": "application/apply-patch+yaml", "Accept": "application/json;as=Table;v=v1"}
        connection.request("PATCH", path, b"a: \xc3\xa4\n", headers | {"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        got = (answer.status, answer.headers["Warning"], answer.headers["Audit-Id"], answer.read())
    assert got == (201, '299 - "old"', "7", b"\x1f\x8b\x00")
    ((arrived, sent, body),) = seen
    assert (arrived, body) == (path, b"a: \xc3\xa4\n")
    assert sent.items() >= (headers | {"Accept-Encoding": "gzip"}).items()


def test_an_upgraded_connection_passes_bytes_in_both_directions() -> None:
    class Upgrade(Handler):
        def do_POST(self) -> None:
            self.send_response(101)
            self.send_header("Upgrade", self.headers["Upgrade"])
            self.send_header("Connection", self.headers["Connection"])
            self.end_headers()
            self.wfile.flush()
            self.connection.sendall(self.connection.recv(4).upper())

    with served(Upgrade) as made, client(made) as connection:
        connection.request("POST", "/exec", headers={"Upgrade": "SPDY/3.1", "Connection": "Upgrade"})
        assert connection.sock is not None
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.sock.recv(1)
        connection.sock.sendall(b"ping")
        assert connection.sock.recv(4) == b"PING"
    assert b"101" in head.splitlines()[0]
    assert b"Connection: Upgrade" in head


def test_a_server_that_is_gone_is_an_error_of_the_server(front: Front, behind: Behind) -> None:
    behind.server.stop()
    with client(front) as connection:
        status, failed = ask(connection, "GET", MAPS)
        assert (status, failed["reason"]) == (500, "InternalError")
        assert ask(connection, "GET", f"{MAPS}?watch=true")[0] == 503


def test_a_failure_of_the_model_reaches_the_client(behind: Behind) -> None:
    def fail(method: str, path: str, headers: Headers, body: bytes) -> Reply:
        raise KeyError("spec")

    front = Front(fail, behind.connection, Known(IDENTITIES.get))
    front.start()
    with client(front) as connection:
        status, failed = ask(connection, "GET", MAPS)
    front.stop()
    assert (status, failed["message"]) == (
        500,
        "the rehearsal behind the API server failed: KeyError: 'spec'",
    )


def test_before_the_start_there_is_no_endpoint(behind: Behind) -> None:
    front = Front(behind.connection.call, behind.connection, Known(IDENTITIES.get))
    with pytest.raises(RuntimeError, match="not started"):
        _ = front.endpoint


@contextmanager
def served(handler: type[Handler]) -> Iterator[Front]:
    """A front of a server of one's own."""
    authority = trustme.CA()
    server = LocalServer(handler, server_context(authority))
    server.start()
    pem = authority.cert_pem.bytes().decode()
    connection = Connection(f"https://localhost:{server.server_port}", pem, "admin")
    front = Front(connection.call, connection, Known(IDENTITIES.get))
    front.start()
    try:
        yield front
    finally:
        front.stop()
        connection.close()
        server.stop()
