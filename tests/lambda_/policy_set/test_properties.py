from __future__ import annotations

import base64
import zlib
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from tests.lambda_.conftest import point_at
from tests.lambda_.policy_set.conftest import bundle, digest, policy, properties


@pytest.fixture
def good(authority: trustme.CA) -> dict[str, Any]:
    event = point_at({"ResourceProperties": properties(policy("a"))}, 6443, authority)
    given: dict[str, Any] = event["ResourceProperties"]
    return given


def test_good_properties_are_read(code: SimpleNamespace, good: dict[str, Any]) -> None:
    read = code.properties.Properties.of(good)
    assert (read.cluster.name, read.cluster.host, read.cluster.port) == ("demo", "localhost", 6443)
    assert (read.namespace, read.owner) == ("team-a", "team-a")
    assert list(read.policies) == ["a"]


def test_the_digest_is_of_canonical_json(code: SimpleNamespace) -> None:
    assert code.properties.digest({"b": 1, "a": "ü"}) == digest({"a": "ü", "b": 1})
    assert code.properties.digest({"a": 1}) == "015abd7f5cc5"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Namespace", "Team_A", "Namespace: must be the name of a namespace, got 'Team_A'; leave it out for"),
        ("Owner", "A B", "Owner: must be the value of a label, got 'A B'; use at most 63"),
        ("Owner", None, "Owner: must be the value of a label, got None"),
        (
            "Bundle",
            None,
            "Bundle: must be a list of policies, as JSON, compressed by zlib, in base64, got nothing",
        ),
        ("Bundle", 5, "Bundle: must be a list of policies, as JSON, compressed by zlib, in base64, got int"),
        ("Bundle", "?", "got 1 characters of something else; synthesize it anew"),
        ("Bundle", base64.b64encode(b"garbage").decode(), "got 12 characters of something else"),
        ("Bundle", base64.b64encode(zlib.compress(b"{")).decode(), "got other data in it"),
        ("Bundle", base64.b64encode(zlib.compress(b"{}")).decode(), "got other data in it"),
        ("Bundle", base64.b64encode(zlib.compress(b"[]")[:-5]).decode(), "got other data in it"),
        ("Bundle", base64.b64encode(zlib.compress(b"[" * 100_000)).decode(), "got other data in it"),
        (
            "Bundle",
            base64.b64encode(zlib.compress(b" " * 8_000_001)).decode(),
            "must unpack to at most 8,000,000",
        ),
        ("Digests", [], "Digests: must be a mapping of names to digests, got list; synthesize it anew"),
    ],
)
def test_a_property_that_is_wrong_is_named(
    name: str, value: object, text: str, code: SimpleNamespace, good: dict[str, Any]
) -> None:
    with pytest.raises(code.errors.PermanentError) as caught:
        code.properties.Properties.of({**good, name: value})
    assert text in str(caught.value)


def test_everything_wrong_is_named_at_once(code: SimpleNamespace, good: dict[str, Any]) -> None:
    with pytest.raises(code.errors.PermanentError) as caught:
        code.properties.Properties.of(good | {"ClusterName": "", "Owner": "", "Bundle": ""})
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "ClusterName",
        "Owner",
        "Bundle",
    ]


def test_everything_wrong_in_the_bundle_is_named_at_once(code: SimpleNamespace, good: dict[str, Any]) -> None:
    wrong = [
        policy("a"),
        policy("a"),
        policy("b", kind="NetworkPolicy"),
        {**policy("c"), "metadata": {"name": "c", "namespace": "other"}},
        {**policy("d"), "spec": None},
        {**policy("e"), "metadata": {"name": "E"}},
        "text",
    ]
    with pytest.raises(code.errors.PermanentError) as caught:
        code.properties.Properties.of(good | {"Bundle": bundle(wrong)})
    assert str(caught.value).splitlines() == [
        "Bundle[1] a: must have a unique name",
        "Bundle[2] b: must be a cilium.io/v2 CiliumNetworkPolicy, got cilium.io/v2 NetworkPolicy",
        "Bundle[3] c: must be of team-a, got other",
        "Bundle[4] d: must have rules under spec or specs",
        "Bundle[5]: must have a valid Kubernetes name, got 'E'",
        "Bundle[6]: must have a valid Kubernetes name, got None",
    ]


def test_digests_must_be_those_of_the_bundle(code: SimpleNamespace, good: dict[str, Any]) -> None:
    with pytest.raises(code.errors.PermanentError, match="Digests: must match the policies in Bundle"):
        code.properties.Properties.of(good | {"Digests": {"a": "0" * 12}})


def test_hundreds_of_policies_pack_small() -> None:
    many = [
        policy(
            f"app-{number}",
            egress=[
                {
                    "toEndpoints": [{"matchLabels": {"app": f"service-{number + each}", "tier": "backend"}}],
                    "toPorts": [{"ports": [{"port": str(8000 + number + each), "protocol": "TCP"}]}],
                }
                for each in range(5)
            ],
        )
        for number in range(500)
    ]
    given = properties(*many)
    assert len(str(many)) > 400_000
    # An update holds the properties twice, and Lambda takes an event of 256 KiB.
    assert 2 * (len(given["Bundle"]) + len(str(given["Digests"]))) < 150_000
