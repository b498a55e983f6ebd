from __future__ import annotations

import datetime
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.lambda_.fake_api_server import GONE, FakeApiServer, Reply, failure

PATH = "/apis"


def client(code: SimpleNamespace, port: int, pem: bytes, host: str = "localhost") -> Any:
    return code.api_server.ApiServer(host, port, code.api_server.tls_context(pem.decode()), lambda: "a-token")


def test_a_request_carries_the_token_and_asks_for_json(
    code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA
) -> None:
    server.play(GONE)
    client(code, server.port, authority.cert_pem.bytes()).request("GET", PATH, timeout=60)
    headers = server.requests[0].headers
    assert (headers["Authorization"], headers["Accept"]) == ("Bearer a-token", "application/json")
    assert headers["Connection"] == "close"


def test_every_request_has_a_new_token(
    code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA
) -> None:
    server.play(GONE)
    tokens = iter(["first", "second"])
    tls = code.api_server.tls_context(authority.cert_pem.bytes().decode())
    api = code.api_server.ApiServer("localhost", server.port, tls, lambda: next(tokens))
    api.request("GET", PATH, timeout=60)
    api.request("GET", PATH, timeout=60)
    assert [request.headers["Authorization"] for request in server.requests] == [
        "Bearer first",
        "Bearer second",
    ]


def test_a_server_of_another_authority_is_refused_at_once(
    code: SimpleNamespace, server: FakeApiServer
) -> None:
    server.play(GONE)
    with pytest.raises(
        code.errors.PermanentError,
        match=r"Endpoint localhost: must prove that it is the cluster's API server, got a certificate that "
        r"does not \(unable to get local issuer certificate\); pass Endpoint and CertificateAuthorityData",
    ):
        client(code, server.port, trustme.CA().cert_pem.bytes()).request("GET", PATH, timeout=60)
    assert server.requests == []


def test_a_certificate_for_another_name_is_refused_at_once(
    code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA
) -> None:
    server.play(GONE)
    api = client(code, server.port, authority.cert_pem.bytes(), host="127.0.0.1")
    with pytest.raises(code.errors.PermanentError, match=r"Endpoint 127\.0\.0\.1: .*IP address mismatch"):
        api.request("GET", PATH, timeout=60)
    assert server.requests == []


def test_the_systems_authorities_are_not_trusted(code: SimpleNamespace, authority: trustme.CA) -> None:
    context = code.api_server.tls_context(authority.cert_pem.bytes().decode())
    assert len(context.get_ca_certs()) == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    "pem", ["", "text", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_an_authority_that_cannot_be_read_is_refused(pem: str, code: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match=r"no certificate|SSL|certificate"):
        code.api_server.tls_context(pem)


def eks_like_chain() -> tuple[bytes, bytes]:
    """An authority as EKS makes it, with no key identifiers, and localhost's certificate and key."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.datetime.now(datetime.UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]

    def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: Any) -> bytes:
        return (
            x509.CertificateBuilder(name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=False)
            .sign(keys[0], hashes.SHA256())
            .public_bytes(Encoding.PEM)
        )

    root = certificate(name, keys[0], x509.BasicConstraints(ca=True, path_length=None))
    leaf_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kube-apiserver")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf = certificate(leaf_name, keys[1], x509.SubjectAlternativeName(names))
    return root, leaf + keys[1].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def eks_like(tmp_path: Path) -> Iterator[tuple[FakeApiServer, bytes]]:
    root, leaf = eks_like_chain()
    (tmp_path / "leaf.pem").write_bytes(leaf)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "leaf.pem")
    fake = FakeApiServer(tls)
    fake.start()
    yield fake, root
    fake.stop()


def test_an_authority_without_key_identifiers_is_accepted_also_by_newer_pythons(
    code: SimpleNamespace, eks_like: tuple[FakeApiServer, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, root = eks_like
    server.play(Reply(body={"kind": "APIGroupList"}))
    default = ssl.create_default_context

    def as_in_python_3_13(**options: Any) -> ssl.SSLContext:
        context = default(**options)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", as_in_python_3_13)
    assert client(code, server.port, root).request("GET", PATH, timeout=60).status == 200


def test_a_server_that_accepts_and_never_answers_times_out(
    code: SimpleNamespace, authority: trustme.CA
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        api = client(code, mute.getsockname()[1], authority.cert_pem.bytes())
        answer = api.request("GET", PATH, timeout=0.1)
    assert (answer.status, answer.problem) == (0, "TimeoutError: nothing whole within 0.1 s")


@pytest.mark.parametrize("manner", ["hang", "drip"])
def test_an_answer_that_never_ends_times_out(
    manner: str, code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA
) -> None:
    server.play(Reply(manner=manner))
    answer = client(code, server.port, authority.cert_pem.bytes()).request("GET", PATH, timeout=0.1)
    assert (answer.status, answer.problem) == (0, "TimeoutError: nothing whole within 0.1 s")


def test_an_answer_may_take_longer_than_connecting(
    code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float | None] = []
    request = http.client.HTTPSConnection.request

    def noted(self: Any, *arguments: Any) -> None:
        given.extend((self.timeout, self.sock.gettimeout()))
        request(self, *arguments)

    monkeypatch.setattr(http.client.HTTPSConnection, "request", noted)
    server.play(GONE)
    assert (
        client(code, server.port, authority.cert_pem.bytes()).request("GET", PATH, timeout=60).status == 404
    )
    assert given == [code.api_server.CONNECT_TIMEOUT, code.api_server.REQUEST_TIMEOUT]


def test_a_connection_that_is_reset_is_not_an_answer(
    code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA
) -> None:
    server.play(Reply(manner="reset"))
    answer = client(code, server.port, authority.cert_pem.bytes()).request("GET", PATH, timeout=60)
    assert answer.status == 0
    # Which of the two depends on whether the kernel reports the reset or OpenSSL takes it for an end.
    assert answer.problem.split(":")[0] in {"ConnectionResetError", "RemoteDisconnected"}


def test_a_server_without_tls_does_not_give_an_answer(code: SimpleNamespace, authority: trustme.CA) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def greet() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.sendall(b"220 mail.example.com ready\r\n")
                connection.recv(1_000)

        threading.Thread(target=greet, daemon=True).start()
        answer = client(code, plain.getsockname()[1], authority.cert_pem.bytes()).request(
            "GET", PATH, timeout=60
        )
    assert answer.status == 0
    assert answer.problem.startswith("SSLError: ")


def test_a_name_that_does_not_resolve_does_not_give_an_answer(
    code: SimpleNamespace, authority: trustme.CA
) -> None:
    api = client(code, 443, authority.cert_pem.bytes(), host="api.invalid")
    answer = api.request("GET", PATH, timeout=60)
    assert (answer.status, answer.ok) == (0, False)


def test_a_refusal_in_plain_text_is_an_answer(
    code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA
) -> None:
    server.play(Reply(503, b"apiserver is starting"))
    answer = client(code, server.port, authority.cert_pem.bytes()).request("GET", PATH, timeout=60)
    assert (answer.status, answer.problem, str(answer)) == (503, "", "503")


def test_a_long_message_is_cut_to_one_short_line(
    code: SimpleNamespace, server: FakeApiServer, authority: trustme.CA
) -> None:
    server.play(failure(500, "a\nb " + "c" * 5_000))
    text = str(client(code, server.port, authority.cert_pem.bytes()).request("GET", PATH, timeout=60))
    assert text.startswith("500 (a b ccc")
    assert len(text) < 500
