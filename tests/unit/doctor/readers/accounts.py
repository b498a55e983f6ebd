"""An account behind one server: moto for what it knows, and answers of its own for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cdk_eks_cilium.addressing.quota_codes import ACCOUNT_QUOTAS
from rehearsal.serving import Handler, LocalServer
from tests.moto_server import empty_moto

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"
BOTTLEROCKET: Final = "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id"
_LEFT_OUT: Final = ("host", "connection", "transfer-encoding", "content-length")


@dataclass
class Account:
    """An account.

    Attributes:
        url: Its endpoint.
        answers: For an operation, or the path of a call by GET, the status and the answer: JSON as data, or
        XML
            as text. What is not here, moto answers.
        asked: The operations that were asked for, in order.
    """

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def refuse(self, operation: str, code: str = "AccessDeniedException", status: int = 403) -> None:
        """Answer an operation with an error."""
        error = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        of_ec2 = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"
        )
        asked_in_json = operation.startswith(("List", "/", "GetParameters"))
        self.answers[operation] = (
            status,
            {"__type": code} if asked_in_json else of_ec2 if code[0] == "U" else error,
        )


def usual_answers() -> dict[str, tuple[int, Any]]:
    """What moto does not know, of an account that takes the default settings."""
    quotas = [
        {"QuotaCode": each.code, "ServiceCode": each.service, "Value": float(each.default or 64)}
        for each in ACCOUNT_QUOTAS.values()
    ]
    parameters = [
        {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30"},
        {"Name": BOTTLEROCKET, "Value": "ami-0bbbbbbbbbbbbbbbb"},
    ]
    release = {
        "clusterVersion": "1.35",
        "versionStatus": "STANDARD_SUPPORT",
        "endOfStandardSupportDate": 1806105600,
    }
    key = "<GetEbsDefaultKmsKeyIdResponse><kmsKeyId>alias/aws/ebs</kmsKeyId></GetEbsDefaultKmsKeyIdResponse>"
    return {
        "ListServiceQuotas": (200, {"Quotas": []}),
        "ListAWSDefaultServiceQuotas": (200, {"Quotas": quotas}),
        "GetParameters": (200, {"Parameters": parameters, "InvalidParameters": []}),
        "/cluster-versions": (200, {"clusterVersions": [release]}),
        "GetEbsDefaultKmsKeyId": (200, key),
    }


@contextmanager
def moto() -> Iterator[str]:
    """moto over HTTP; its address."""
    with empty_moto("127.0.0.1") as url:
        yield url


@contextmanager
def serving(moto_url: str, answers: Mapping[str, tuple[int, Any]]) -> Iterator[Account]:
    """An account whose other answers moto gives."""
    account = Account(answers=dict(answers))

    class Answer(Handler):
        def do_POST(self) -> None:
            self._answer(self.body())

        def do_GET(self) -> None:
            self._answer(b"")

        def do_HEAD(self) -> None:
            self._answer(b"")

        def do_PUT(self) -> None:
            self._answer(self.body())

        def _answer(self, body: bytes) -> None:
            name = self._operation(body)
            account.asked.append(name)
            if name not in account.answers:
                self._forward(body)
                return
            status, content = account.answers[name]
            if isinstance(content, str):
                self.reply(status, content.encode(), "text/xml")
                return
            kind = [("x-amzn-ErrorType", content["__type"])] if status >= 400 else []
            self.reply(status, json.dumps(content).encode(), "application/x-amz-json-1.1", kind)

        def _operation(self, body: bytes) -> str:
            target = self.headers.get("X-Amz-Target")
            if target:
                return target.rpartition(".")[2]
            form = parse_qs(body.decode(errors="replace"))
            return form["Action"][0] if "Action" in form else urlsplit(self.path).path

        def _forward(self, body: bytes) -> None:
            connection = HTTPConnection(urlsplit(moto_url).netloc, timeout=30)
            headers = {name: each for name, each in self.headers.items() if name.lower() not in _LEFT_OUT}
            try:
                connection.request(self.command, self.path, body, {**headers, "Host": self.headers["Host"]})
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            kept = [(name, each) for name, each in answer.getheaders() if name.lower().startswith("x-amz")]
            self.reply(answer.status, content, answer.getheader("Content-Type") or "text/xml", kept)

    server = LocalServer(Answer)
    server.start()
    account.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield account
    finally:
        server.stop()
