"""What the minor releases validate differently. The recorded words are of 1.36 alone."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes.resources import BUILT_IN
from rehearsal.kubernetes.validation import Release, field_errors
from rehearsal.kubernetes.validation.release import Release as OneRelease


def messages(minor: int, body: dict[str, Any]) -> list[str]:
    resource = next(each for each in BUILT_IN if each.kind == body["kind"])
    return [str(error) for error in field_errors(resource, body, None, Release(minor))]


def pod(**fields: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "x"} | fields.pop("container", {})
    return {"kind": "Pod", "metadata": {"name": "one"}, "spec": {"containers": [container], **fields}}


@pytest.mark.parametrize(
    ("since", "body"),
    [
        (32, pod(container={"env": [{"name": "1 A"}]})),
        (33, pod(dnsConfig={"searches": ["."]})),
        (33, pod(dnsConfig={"searches": ["_tcp.example.com"]})),
        (35, pod(container={"restartPolicy": "Never"})),
        (36, {"kind": "Service", "metadata": {"name": "1a"}, "spec": {"ports": [{"port": 80}]}}),
    ],
)
def test_a_later_release_takes_more(since: int, body: dict[str, Any]) -> None:
    assert messages(since - 1, body)
    assert messages(since, body) == []


@pytest.mark.parametrize("cidr", ["010.0.0.0/8", "10.0.0.1/8", "::ffff:10.0.0.0/104"])
def test_a_later_release_reads_blocks_strictly(cidr: str) -> None:
    peer = {"ipBlock": {"cidr": cidr}}
    body = {"kind": "NetworkPolicy", "metadata": {"name": "a"}, "spec": {"ingress": [{"from": [peer]}]}}
    assert messages(35, body) == []
    assert len(messages(36, body)) == 1


def test_a_block_that_was_there_before_stays_valid() -> None:
    resource = next(each for each in BUILT_IN if each.kind == "NetworkPolicy")
    peer = {"ipBlock": {"cidr": "10.0.0.1/8"}}
    body = {"metadata": {"name": "a"}, "spec": {"ingress": [{"from": [peer]}]}}
    assert field_errors(resource, body, body, Release(36)) == []


def test_a_release_is_the_minor_of_a_version() -> None:
    assert OneRelease.of("1.35") == OneRelease(35)
    assert OneRelease.of("1.36.2") == OneRelease(36)
