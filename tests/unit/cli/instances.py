"""How tests call ``instances``, and answers of EC2."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from cdk_eks_cilium.cli import main
from tests.refusals import worded

REGION = "eu-west-1"
SECRET = "wJalrXUtnFEMI-not-to-be-printed"
Handle = Callable[[BaseHTTPRequestHandler, dict[str, list[str]]], None]


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["instances", *words])
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err
    return status, captured.out, worded(captured.err)


def usage(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["instances", *words])
    assert ended.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def element(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "InstanceType": name,
        "BareMetal": False,
        "Hypervisor": "nitro",
        "VCpuInfo": {"DefaultVCpus": 2},
        "MemoryInfo": {"SizeInMiB": 8192},
        "ProcessorInfo": {"SupportedArchitectures": ["arm64"]},
        "NetworkInfo": {"MaximumNetworkInterfaces": 3, "Ipv4AddressesPerInterface": 10},
        **changes,
    }


def respond(request: BaseHTTPRequestHandler, status: int, body: str) -> None:
    request.send_response(status)
    request.send_header("Content-Length", str(len(body.encode())))
    request.end_headers()
    request.wfile.write(body.encode())


def refusal(code: str, message: str = "no", status: int = 400) -> Handle:
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f"<Response><Errors>{error}</Errors></Response>"
    return lambda request, _: respond(request, status, body)


def page(names: list[str], token: str = "") -> str:
    items = "".join(
        f"<item><instanceType>{name}</instanceType><bareMetal>false</bareMetal><hypervisor>nitro</hypervisor>"
        "<vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo><processorInfo><supportedArchitectures>"
        "<item>arm64</item></supportedArchitectures></processorInfo><networkInfo><maximumNetworkInterfaces>3"
        "</maximumNetworkInterfaces><ipv4AddressesPerInterface>10</ipv4AddressesPerInterface></networkInfo></item>"
        for name in names
    )
    more = f"<nextToken>{token}</nextToken>" if token else ""
    return (
        f"<DescribeInstanceTypesResponse><instanceTypeSet>{items}</instanceTypeSet>{more}"
        "</DescribeInstanceTypesResponse>"
    )
