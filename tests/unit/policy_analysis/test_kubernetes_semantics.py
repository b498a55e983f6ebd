"""The tests' own evaluator, compared with the examples in Kubernetes' documents."""

from __future__ import annotations

from typing import Any

from tests.unit.policy_analysis.kubernetes_semantics import Pod, World

DB = Pod("db", "default", (("role", "db"),), (("sql", 6379, "TCP"),))
FRONT = Pod("front", "default", (("role", "frontend"),))
OTHER = Pod("other", "myproject", (("role", "frontend"),))
FAR = Pod("far", "away", (("role", "frontend"),))
INSIDE = Pod("in", address="172.17.0.5")
EXCEPTED = Pod("out", address="172.17.1.5")
BACKEND = Pod("back", address="10.0.0.7")


def policy(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "namespace": "default"}, "spec": {"podSelector": {}, **spec}}


# The example of the concept page.
EXAMPLE = policy(
    podSelector={"matchLabels": {"role": "db"}},
    policyTypes=["Ingress", "Egress"],
    ingress=[
        {
            "from": [
                {"ipBlock": {"cidr": "172.17.0.0/16", "except": ["172.17.1.0/24"]}},
                {"namespaceSelector": {"matchLabels": {"project": "myproject"}}},
                {"podSelector": {"matchLabels": {"role": "frontend"}}},
            ],
            "ports": [{"protocol": "TCP", "port": 6379}],
        }
    ],
    egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/24"}}], "ports": [{"protocol": "TCP", "port": 5978}]}],
)
WORLD = World([EXAMPLE], {"myproject": {"project": "myproject"}})


def test_the_documented_example_allows_the_documented_ingress() -> None:
    assert all(WORLD.allows(source, DB, 6379, "TCP") for source in (FRONT, OTHER, INSIDE))
    assert not any(WORLD.allows(source, DB, 6379, "TCP") for source in (FAR, EXCEPTED))
    assert not WORLD.allows(FRONT, DB, 80, "TCP")


def test_the_documented_example_allows_the_documented_egress() -> None:
    assert WORLD.allows(DB, BACKEND, 5978, "TCP")
    assert not WORLD.allows(DB, BACKEND, 80, "TCP")
    assert not WORLD.allows(DB, FRONT, 5978, "TCP")


def test_a_pod_that_no_policy_selects_is_open() -> None:
    assert WORLD.allows(FAR, FRONT, 80, "UDP")


def test_default_deny_and_allow_all_are_those_of_the_documents() -> None:
    assert not World([policy(policyTypes=["Ingress"])]).allows(FRONT, DB, 80, "TCP")
    assert World([policy(policyTypes=["Ingress"], ingress=[{}])]).allows(FAR, DB, 80, "TCP")
    assert not World([policy(policyTypes=["Egress"])]).allows(FRONT, FAR, 80, "TCP")
    assert World([policy(policyTypes=["Egress"], egress=[{}])]).allows(FRONT, FAR, 80, "TCP")


def test_policy_types_have_the_api_servers_default() -> None:
    assert not World([policy()]).allows(FAR, DB, 80, "TCP")
    assert World([policy()]).allows(DB, FAR, 80, "TCP")
    to_nobody = policy(egress=[{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}])
    assert not World([to_nobody]).allows(DB, FAR, 80, "TCP")


def test_one_peer_with_both_selectors_is_their_intersection() -> None:
    both = {
        "namespaceSelector": {"matchLabels": {"project": "myproject"}},
        "podSelector": {"matchLabels": {"role": "backend"}},
    }
    world = World([policy(ingress=[{"from": [both]}])], {"myproject": {"project": "myproject"}})
    assert not world.allows(OTHER, DB, 80, "TCP")


def test_ports_have_names_ranges_and_a_protocol() -> None:
    named = World([policy(ingress=[{"ports": [{"port": "sql"}]}])])
    assert named.allows(FAR, DB, 6379, "TCP")
    assert not named.allows(FAR, FRONT, 6379, "TCP")
    ranged = World([policy(ingress=[{"ports": [{"port": 80, "endPort": 90, "protocol": "UDP"}]}])])
    assert ranged.allows(FAR, DB, 90, "UDP")
    assert not ranged.allows(FAR, DB, 91, "UDP")
    assert not ranged.allows(FAR, DB, 90, "TCP")
