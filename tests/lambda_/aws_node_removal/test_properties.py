from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from tests.lambda_.conftest import point_at, read_event


@pytest.fixture
def good(authority: trustme.CA) -> dict[str, Any]:
    properties: dict[str, Any] = point_at(read_event("create"), 6443, authority)["ResourceProperties"]
    return properties


def test_good_properties_are_read(code: SimpleNamespace, good: dict[str, Any]) -> None:
    read = code.properties.Properties.of(good)
    assert (read.cluster.name, read.cluster.host, read.cluster.port, read.cluster.region) == (
        "demo",
        "localhost",
        6443,
        "eu-central-1",
    )
    assert read.daemon_sets == ("aws-node",)
    assert read.strategy == "remove"
    assert (read.remove_extras, read.refuse_nodes, read.managed_addon) == (False, False, False)


def test_choices_come_as_text(code: SimpleNamespace, good: dict[str, Any]) -> None:
    chosen = {"RemoveExtras": "true", "RefuseNodes": "false", "ManagedAddon": "true"}
    read = code.properties.Properties.of(good | {"Strategy": "patch"} | chosen)
    assert read.strategy == "patch"
    assert (read.remove_extras, read.refuse_nodes, read.managed_addon) == (True, False, True)


def test_an_endpoint_as_eks_gives_it_means_port_443(code: SimpleNamespace, good: dict[str, Any]) -> None:
    endpoint = "https://0123456789ABCDEF0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com"
    read = code.properties.Properties.of(good | {"Endpoint": endpoint})
    assert (read.cluster.host, read.cluster.port) == (endpoint.removeprefix("https://").lower(), 443)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ('["aws-node", "kube-proxy"]', ("aws-node", "kube-proxy")),
        (["aws-node"], ("aws-node",)),
        (["b", "a", "b"], ("b", "a")),
        (["a.b-c.d"], ("a.b-c.d",)),
    ],
)
def test_daemon_sets_come_as_a_list_or_as_json(
    given: object, names: tuple[str, ...], code: SimpleNamespace, good: dict[str, Any]
) -> None:
    assert code.properties.Properties.of(good | {"DaemonSets": given}).daemon_sets == names


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "ClusterName",
            None,
            "ClusterName: must be an EKS cluster's name, got nothing; pass the cluster's name",
        ),
        ("ClusterName", "", "ClusterName: must be an EKS cluster's name, got ''"),
        ("ClusterName", "arn:aws:eks:x", "ClusterName: must be an EKS cluster's name, got 'arn:aws:eks:x'"),
        ("ClusterName", "a\n", "ClusterName: must be an EKS cluster's name, got 'a\\n'"),
        ("Region", None, "Region: must be an AWS region, got nothing; pass one like 'eu-central-1'"),
        ("Region", "x.example.com/", "Region: must be an AWS region, got 'x.example.com/'"),
        ("Endpoint", None, "Endpoint: must be the API server's https URL, got nothing"),
        ("Endpoint", "http://h", "Endpoint: must be the API server's https URL, got 'http://h'"),
        ("Endpoint", "https://", "Endpoint: must be the API server's https URL, got 'https://'"),
        ("Endpoint", "https://h/path", "Endpoint: must be the API server's https URL, got 'https://h/path'"),
        (
            "Endpoint",
            "https://bücher.de",
            "Endpoint: must be the API server's https URL, got 'https://bücher.de'",
        ),
        (
            "Endpoint",
            "https://h:x",
            "Endpoint: must be the API server's https URL, got one that cannot be read",
        ),
        ("Endpoint", 7, "Endpoint: must be the API server's https URL, got 7"),
        (
            "CertificateAuthorityData",
            None,
            "CertificateAuthorityData: must be the cluster's certificate authority",
        ),
        (
            "CertificateAuthorityData",
            "%%%",
            "a PEM certificate in base64, got 3 characters of something else",
        ),
        ("CertificateAuthorityData", "aGVsbG8=", "got base64 of something else (no certificate)"),
        ("CertificateAuthorityData", "/////w==", "got 8 characters of something else"),
        ("DaemonSets", "aws-node", "DaemonSets: must be names of DaemonSets in kube-system, as a list or"),
        ("DaemonSets", "[]", "got '[]'; pass one like '[\"aws-node\"]', or leave it out for that"),
        ("DaemonSets", {"a": 1}, "DaemonSets: must be names of DaemonSets in kube-system"),
        ("DaemonSets", ["../secrets/x"], "got '../secrets/x'"),
        ("DaemonSets", ["aws-node\n"], "got 'aws-node\\n'"),
        ("DaemonSets", ["a" * 64], "DaemonSets: must be names of DaemonSets in kube-system"),
        ("DaemonSets", [1], "got 1;"),
        (
            "Strategy",
            "never-install",
            "Strategy: must be 'remove', 'patch' or 'beside', got 'never-install'; leave it out for 'remove'",
        ),
        (
            "RemoveExtras",
            "yes",
            "RemoveExtras: must be 'true' or 'false', got 'yes'; leave it out for 'false'",
        ),
        ("RefuseNodes", True, "RefuseNodes: must be 'true' or 'false', got True"),
        ("ManagedAddon", "", "ManagedAddon: must be 'true' or 'false', got ''"),
    ],
)
def test_a_missing_or_malformed_property_is_refused_by_name(
    name: str, value: object, message: str, code: SimpleNamespace, good: dict[str, Any]
) -> None:
    properties = {key: item for key, item in (good | {name: value}).items() if item is not None}
    with pytest.raises(code.errors.PermanentError) as caught:
        code.properties.Properties.of(properties)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{name}: ")


def test_a_certificate_that_cannot_be_read_is_refused(code: SimpleNamespace, good: dict[str, Any]) -> None:
    pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    broken = good | {"CertificateAuthorityData": base64.b64encode(pem).decode()}
    with pytest.raises(code.errors.PermanentError, match=r"CertificateAuthorityData: .* of something else"):
        code.properties.Properties.of(broken)


@pytest.mark.parametrize("url", ["https://user:hunter2@h", "https://h/?token=hunter2", "https://h/#hunter2"])
def test_an_endpoint_that_may_hold_a_secret_is_refused_without_quoting_it(
    url: str, code: SimpleNamespace, good: dict[str, Any]
) -> None:
    with pytest.raises(code.errors.PermanentError, match="got one with a user, query or fragment") as caught:
        code.properties.Properties.of(good | {"Endpoint": url})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("raw", [None, {}, "text", []])
def test_all_mistakes_are_reported_at_once(raw: object, code: SimpleNamespace) -> None:
    with pytest.raises(code.errors.PermanentError) as caught:
        code.properties.Properties.of(raw)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ClusterName",
        "Endpoint",
        "CertificateAuthorityData",
        "Region",
    ]
