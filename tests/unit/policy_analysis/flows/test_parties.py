from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis.flows import Party, Unjudged
from cdk_eks_cilium.policy_analysis.flows.parties import party_of
from tests.hubble_flows import Json, pod, reserved


def party(endpoint: Json, address: str = "203.0.113.9", *names: str) -> Party:
    found = party_of(endpoint, address, names)
    assert isinstance(found, Party)
    return found


def test_a_pod_is_its_workload() -> None:
    found = party(pod("web"))
    assert (found.kind, found.name, found.maker) == ("pod", "shop/web", "Deployment")
    assert "k8s:app=web" in found.labels


@pytest.mark.parametrize(
    ("labels", "name", "expected"),
    [
        (["k8s:app.kubernetes.io/name=cart", "k8s:app=other"], "x", "shop/cart"),
        ([], "web-6d4cf56db6-x2x7z", "shop/web"),
        ([], "db-0", "shop/db"),
        ([], "cilium-4mz8c", "shop/cilium"),
        ([], "my-cache", "shop/my-cache"),
        ([], "", "shop/unnamed"),
    ],
)
def test_without_a_workload_labels_or_the_pod_name_it(labels: list[str], name: str, expected: str) -> None:
    endpoint = {"labels": [*labels, "k8s:io.kubernetes.pod.namespace=shop"], "pod_name": name}
    assert party(endpoint).name == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["host"], "entity host"),
        (["remote-node"], "entity remote-node"),
        (["kube-apiserver", "remote-node"], "entity kube-apiserver"),
        (["kube-apiserver", "world"], "entity kube-apiserver"),
        (["health"], "entity health"),
        (["ingress"], "entity ingress"),
        (["unmanaged"], "entity unmanaged"),
        (["world-ipv6"], "address 203.0.113.9"),
    ],
)
def test_reserved_labels_are_entities(labels: list[str], expected: str) -> None:
    assert str(party(reserved(*labels))) == expected


def test_an_identity_without_labels_is_known_by_its_number() -> None:
    assert str(party({"identity": 6})) == "entity remote-node"


def test_the_api_server_has_an_address_that_ranges_can_mean() -> None:
    assert party(reserved("kube-apiserver", "world")).address == "203.0.113.9"
    assert party(reserved("host")).address == ""


def test_an_address_has_the_names_that_the_agent_knew() -> None:
    assert party(reserved("world"), "203.0.113.9", "b.example.", "A.example").names == (
        "a.example",
        "b.example",
    )


def test_an_identity_of_a_range_is_an_address() -> None:
    assert party({"labels": ["cidr:203.0.113.0/24"]}).kind == "world"


@pytest.mark.parametrize(
    ("endpoint", "address", "reason"),
    [
        ({}, "203.0.113.9", "the identity of a side is not in the record"),
        (reserved("world"), "", "an address outside the cluster is not in the record"),
        (
            {"labels": ["reserved:init", "k8s:io.kubernetes.pod.namespace=shop"]},
            "100.64.0.1",
            "a pod whose labels Cilium did not know yet (identity init)",
        ),
        (
            {"labels": ["container:x=y"]},
            "100.64.0.1",
            "an endpoint that is neither a pod nor an entity (container:x=y)",
        ),
    ],
)
def test_what_is_unknown_is_not_guessed(endpoint: Json, address: str, reason: str) -> None:
    assert party_of(endpoint, address, ()) == Unjudged(reason)
