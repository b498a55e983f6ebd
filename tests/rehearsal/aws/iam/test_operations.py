"""The operation of a request is told by its service's protocol, as botocore serializes it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.aws.iam.operations import Operation, flattened, operation, signer

KEY = "AKIDEXAMPLE"


def sent(service: str, name: str, /, **arguments: Any) -> tuple[AWSRequest, str]:
    """A request as botocore sends it, and the name that signs it."""
    client: Any = botocore.session.Session().create_client(
        service,
        region_name="eu-west-1",
        aws_access_key_id=KEY,
        aws_secret_access_key="secret",
        endpoint_url="http://localhost:1",
    )
    caught: list[AWSRequest] = []

    def stop(request: AWSRequest, **_: Any) -> None:
        caught.append(request)
        raise InterruptedError

    client.meta.events.register("before-send", stop)
    with pytest.raises(InterruptedError):
        client._make_api_call(name, arguments)
    return caught[0], client.meta.service_model.signing_name


def environ(request: Any) -> dict[str, Any]:
    """What a WSGI server makes of a request."""
    url = urlsplit(request.url)
    body = request.body or b""
    body = body.encode() if isinstance(body, str) else body
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    return {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": url.path,
        "QUERY_STRING": url.query,
        "CONTENT_TYPE": headers.get("HTTP_CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": url.netloc,
        "wsgi.input": io.BytesIO(body),
        **headers,
    }


def read(service: str, name: str, /, **arguments: Any) -> tuple[str, Operation]:
    request, _ = sent(service, name, **arguments)
    found = environ(request)
    key, signed = signer(found)
    return key, operation(found, signed)


@pytest.mark.parametrize(
    ("service", "name", "arguments", "parameters"),
    [
        ("ec2", "DescribeSubnets", {"SubnetIds": ["subnet-1", "subnet-2"]}, {"SubnetId.2": "subnet-2"}),
        ("sts", "AssumeRole", {"RoleArn": "r" * 20, "RoleSessionName": "me"}, {"RoleSessionName": "me"}),
        ("cloudformation", "DescribeStacks", {"StackName": "app"}, {"StackName": "app"}),
        ("eks", "DescribeCluster", {"name": "demo"}, {"name": "demo"}),
        ("eks", "DescribeAddon", {"clusterName": "demo", "addonName": "dns"}, {"addonName": "dns"}),
        ("lambda", "Invoke", {"FunctionName": "f"}, {"FunctionName": "f"}),
        ("ssm", "GetParameter", {"Name": "/a"}, {}),
        ("s3", "GetObject", {"Bucket": "assets", "Key": "a/b"}, {"Bucket": "assets", "Key": "a/b"}),
        ("s3", "HeadObject", {"Bucket": "assets", "Key": "a"}, {"Bucket": "assets", "Key": "a"}),
        ("s3", "ListObjectsV2", {"Bucket": "assets"}, {"Bucket": "assets", "Key": ""}),
    ],
)
def test_a_request_is_the_operation_that_the_sdk_sent(
    service: str, name: str, arguments: Mapping[str, Any], parameters: Mapping[str, str]
) -> None:
    key, found = read(service, name, **arguments)

    assert key == KEY
    assert (found.service, found.name) == (service, name)
    assert parameters.items() <= found.parameters.items()


def test_what_cannot_be_told_has_method_and_path_as_its_name() -> None:
    found = operation({"REQUEST_METHOD": "GET", "PATH_INFO": "/nothing/here"}, "eks")

    assert found == Operation("eks", "GET /nothing/here")


def test_the_key_of_a_signed_address_is_in_its_query() -> None:
    credential = f"X-Amz-Credential={KEY}%2F20261129%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=1"

    assert signer({"QUERY_STRING": f"Action=GetCallerIdentity&{credential}"}) == (KEY, "sts")
    assert signer({"QUERY_STRING": "Action=GetCallerIdentity"}) == ("", "")


@given(st.dictionaries(st.sampled_from("abc"), st.lists(st.text("xyz", min_size=1), min_size=1)))
def test_lists_come_back_as_they_were(parameters: dict[str, list[str]]) -> None:
    found = Operation("ec2", "Any", flattened(parameters))

    assert {name: found.listed(name) for name in parameters} == parameters
