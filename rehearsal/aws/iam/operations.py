"""Which operation of which service an HTTP request to AWS is, by the service's protocol.

https://smithy.io/2.0/aws/protocols/index.html has the protocols.
"""

# belief: IAM-action-of-operation

from __future__ import annotations

import functools
import io
import json
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import botocore.session

_CREDENTIAL: Final = re.compile(r"Credential=([^/,\s]+)/\d+/[^/]*/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Operation:
    """One API call.

    Attributes:
        service: The name that signs it: ``ec2``.
        name: The operation: ``CreateNetworkInterface``.
        parameters: Its parameters as text. Lists and structures have names as in EC2's query protocol:
            ``SecurityGroupId.1``.
    """

    service: str
    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def listed(self, name: str) -> list[str]:
        """The values of a parameter that is a text or a list of texts."""
        items = re.compile(rf"{re.escape(name)}(\.\d+)?")
        return [value for key, value in self.parameters.items() if items.fullmatch(key)]


def signer(environ: Mapping[str, Any]) -> tuple[str, str]:
    """The access key and the service that a request is signed with; two empty texts if it is not signed."""
    query = urllib.parse.unquote(str(environ.get("QUERY_STRING", "")))
    presigned = query.replace("X-Amz-Credential=", "Credential=").replace("&", ",")
    found = _CREDENTIAL.search(str(environ.get("HTTP_AUTHORIZATION") or presigned))
    return (found[1], found[2]) if found else ("", "")


def operation(environ: dict[str, Any], service: str) -> Operation:
    """The operation of a request, whose body can be read again afterwards.

    What cannot be told has the method and the path as its name.
    """
    method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", "/"))
    if service == "s3":
        return _s3(environ, method, path)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Operation(service, str(target).rpartition(".")[2])
    if str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        given = dict(urllib.parse.parse_qsl(_body(environ).decode()))
        return Operation(service, given.pop("Action", f"{method} {path}"), given)
    for name, wanted, pattern in _routes(service):
        if wanted == method and (labels := pattern.fullmatch(path)):
            return Operation(service, name, labels.groupdict())
    return Operation(service, f"{method} {path}")


def _body(environ: dict[str, Any]) -> bytes:
    content: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(content)
    return content


def _s3(environ: Mapping[str, Any], method: str, path: str) -> Operation:
    """The reads of S3, with the bucket in the host's name or in the path."""
    in_host = str(environ.get("HTTP_HOST", "")).partition(".localhost")
    bucket, _, key = path.strip("/").partition("/")
    if in_host[1]:
        bucket, key = in_host[0], path.removeprefix("/")
    query = urllib.parse.parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)
    names = {
        ("GET", True): "GetObject",
        ("HEAD", True): "HeadObject",
        ("HEAD", False): "HeadBucket",
    }
    name = names.get((method, bool(key)), f"{method} {path}")
    if (method, bool(key)) == ("GET", False) and "list-type" in query:
        name = "ListObjectsV2"
    return Operation("s3", name, {"Bucket": bucket, "Key": key})


@functools.cache
def _routes(service: str) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Name, method and path of each operation, for the services whose protocol has paths."""
    session = botocore.session.Session()
    if service not in session.get_available_services():
        return ()
    return tuple(_read_routes(session.get_service_model(service)))


def _read_routes(model: Any) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    for name in model.operation_names:
        http = model.operation_model(name).http
        parts = re.split(r"\{(\w+)(\+?)\}", http["requestUri"].partition("?")[0])
        expression = re.escape(parts[0])
        for label, greedy, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            expression += f"(?P<{label}>{'.+' if greedy else '[^/]+'}){re.escape(text)}"
        yield name, http["method"], re.compile(expression)


def flattened(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Parameters of a call that nobody sends, with the names that `Operation` gives them."""
    found: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, list):
            found |= {f"{name}.{number}": str(each) for number, each in enumerate(value, 1)}
        else:
            found[name] = value if isinstance(value, str) else json.dumps(value)
    return found
