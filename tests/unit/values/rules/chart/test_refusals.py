"""Each condition on which a chart fails, from both sides."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, problems
from cdk_eks_cilium.values.rules.chart import REFUSALS
from cdk_eks_cilium.versions import CiliumVersion
from tests.releases import NUMBERS

MESH = {"useAPIServer": True}


def mesh(**apiserver: Any) -> dict[str, Any]:
    return {"clustermesh": {**MESH, "apiserver": apiserver}}


#: By problem: the release, overrides that it refuses, and near ones that it does not.
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "CEK2200",
        "1.19.6",
        {
            "hubble": {
                "ui": {"standalone": {"enabled": True}},
                "relay": {"tls": {"server": {"enabled": True}}},
            }
        },
        {"hubble": {"ui": {"standalone": {"enabled": True}}}},
    ),
    ("CEK2201", "1.19.6", {"hubble": {"enabled": None}}, {"hubble": {"enabled": True}}),
    (
        "CEK2202",
        "1.19.6",
        {"hubble": {"tls": {"auto": {"certManagerIssuerRef": None}}}},
        {"hubble": {"tls": {"auto": {"certManagerIssuerRef": {"name": "another"}}}}},
    ),
    (
        "CEK2203",
        "1.19.6",
        {"hubble": {"redact": {"http": {"headers": {"allow": ["a"], "deny": ["b"]}}}}},
        {"hubble": {"redact": {"http": {"headers": {"allow": ["a"]}}}}},
    ),
    (
        "CEK2204",
        "1.19.6",
        {"hubble": {"ui": {"backend": {"image": {"tag": "v0.8.5"}}}}},
        {
            "hubble": {
                "ui": {"backend": {"image": {"tag": "latest"}}, "frontend": {"image": {"tag": "v0.8.5"}}}
            }
        },
    ),
    (
        "CEK2205",
        "1.17.18",
        {"ingressController": {"enabled": True}, "l7Proxy": False},
        {"ingressController": {"enabled": True}},
    ),
    (
        "CEK2206",
        "1.17.18",
        {"loadBalancer": {"l7": {"backend": "envoy"}}, "l7Proxy": False},
        {"l7Proxy": False},
    ),
    (
        "CEK2207",
        "1.17.18",
        {"ingressController": {"enabled": True, "service": {"externalTrafficPolicy": None}}},
        {
            "ingressController": {
                "enabled": True,
                "service": {"type": "ClusterIP", "externalTrafficPolicy": None},
            }
        },
    ),
    (
        "CEK2208",
        "1.17.18",
        {"gatewayAPI": {"enabled": True, "externalTrafficPolicy": "local"}},
        {"gatewayAPI": {"enabled": True, "externalTrafficPolicy": "Local"}},
    ),
    (
        "CEK2209",
        "1.13.18",
        {"ingressController": {"enabled": True}},
        {"ingressController": {"enabled": False}},
    ),
    (
        "CEK2210",
        "1.17.18",
        {"envoyConfig": {"enabled": True}, "upgradeCompatibility": "1.13"},
        {"envoyConfig": {"enabled": True}, "upgradeCompatibility": "1.14"},
    ),
    ("CEK2211", "1.19.6", {"envoy": {"baseID": -1}}, {"envoy": {"baseID": 4_294_967_295}}),
    (
        "CEK2212",
        "1.19.6",
        {"authentication": {"mutual": {"spire": {"enabled": True}}}},
        {"authentication": {"enabled": True, "mutual": {"spire": {"enabled": True}}}},
    ),
    (
        "CEK2213",
        "1.19.6",
        {"ciliumEndpointSlice": {"enabled": True}, "disableEndpointCRD": True},
        {"disableEndpointCRD": True},
    ),
    (
        "CEK2215",
        "1.19.6",
        {"extraEnv": [{"name": "KUBE_CLIENT_BACKOFF_BASE", "value": "1"}]},
        {"extraEnv": [{"name": "GOGC", "value": "1"}]},
    ),
    (
        "CEK2216",
        "1.19.6",
        {"standaloneDnsProxy": {"enabled": True}},
        {"standaloneDnsProxy": {"enabled": True}, "dnsProxy": {"proxyPort": 10094}},
    ),
    (
        "CEK2217",
        "1.19.6",
        {"bpf": {"tproxy": True, "datapathMode": "netkit"}},
        {"bpf": {"tproxy": True, "datapathMode": "veth"}},
    ),
    (
        "CEK2218",
        "1.15.19",
        {"bgp": {"enabled": True}},
        {"bgp": {"enabled": True, "announce": {"podCIDR": True}}},
    ),
    (
        "CEK2219",
        "1.19.6",
        {"clustermesh": {"maxConnectedClusters": 300}},
        {"clustermesh": {"maxConnectedClusters": 511}},
    ),
    ("CEK2220", "1.19.6", mesh(tls={"authMode": "none"}), mesh(tls={"authMode": "migration"})),
    (
        "CEK2222",
        "1.19.6",
        {**mesh(), "disableEndpointCRD": True},
        {**mesh(), "disableEndpointCRD": False},
    ),
    (
        "CEK2223",
        "1.16.19",
        {**mesh(), "identityAllocationMode": "kvstore"},
        {**mesh(), "identityAllocationMode": "crd"},
    ),
    (
        "CEK2224",
        "1.17.18",
        {**mesh(), "identityAllocationMode": "kvstore"},
        {**mesh(), "identityAllocationMode": "doublewrite-readcrd"},
    ),
    (
        "CEK2225",
        "1.19.6",
        {**mesh(kvstoremesh={"enabled": False}), "identityAllocationMode": "kvstore"},
        {**mesh(kvstoremesh={"enabled": True}), "identityAllocationMode": "kvstore"},
    ),
    (
        "CEK2226",
        "1.19.6",
        mesh(kvstoremesh={"kvstoreMode": "etcd"}),
        mesh(kvstoremesh={"kvstoreMode": "internal"}),
    ),
    (
        "CEK2227",
        "1.19.6",
        {"clustermesh": {"apiserver": {"kvstoremesh": {"kvstoreMode": "external"}}}},
        {"clustermesh": {"apiserver": {"kvstoremesh": {"kvstoreMode": "internal"}}}},
    ),
    (
        "CEK2228",
        "1.19.6",
        {**mesh(replicas=2, kvstoremesh={"kvstoreMode": "external"}), "identityAllocationMode": "kvstore"},
        {**mesh(replicas=1, kvstoremesh={"kvstoreMode": "external"}), "identityAllocationMode": "kvstore"},
    ),
    (
        "CEK2229",
        "1.19.6",
        mesh(kvstoremesh={"kvstoreMode": "external"}),
        {**mesh(kvstoremesh={"kvstoreMode": "external"}), "identityAllocationMode": "kvstore"},
    ),
    (
        "CEK2231",
        "1.19.6",
        {"clustermesh": {"config": {"enabled": True, "clusters": [{"name": "other", "port": 2379}]}}},
        {"clustermesh": {"config": {"enabled": True, "clusters": [{"name": "other", "ips": ["10.0.0.9"]}]}}},
    ),
    (
        "CEK2233",
        "1.20.0",
        mesh(tls={"server": {"extraDnsNames": "mesh.example.com"}}),
        mesh(tls={"server": {"extraDnsNames": ["mesh.example.com"]}}),
    ),
    (
        "CEK2234",
        "1.20.0",
        mesh(tls={"server": {"extraIpAddresses": "10.0.0.9"}}),
        mesh(tls={"server": {"extraIpAddresses": ["10.0.0.9"]}}),
    ),
]
TYPED: dict[str, dict[str, Any]] = {
    "CEK2202": {"hubble": {"tls": {"method": "certmanager", "issuer": {"name": "ca"}}}},
}


def found(number: str, id: str, overrides: dict[str, Any]) -> list[str]:
    values = CiliumValues(**TYPED.get(id, {}), overrides=overrides)
    found = [problem.id for problem in problems(values, CiliumVersion.of(number))]
    # Agents may refuse what the chart takes.
    return [each for each in found if each.startswith("CEK22")]


@pytest.mark.parametrize(("id", "number", "refused", "_"), CASES, ids=[case[0] for case in CASES])
def test_what_the_chart_fails_on_is_refused(
    id: str, number: str, refused: dict[str, Any], _: dict[str, Any]
) -> None:
    assert id in found(number, id, refused)


@pytest.mark.parametrize(("id", "number", "_", "fine"), CASES, ids=[case[0] for case in CASES])
def test_what_the_chart_takes_is_not(id: str, number: str, _: dict[str, Any], fine: dict[str, Any]) -> None:
    assert found(number, id, fine) == []


def test_a_reference_to_the_api_s_host_does_not_go_with_our_own() -> None:
    reference = {"k8sServiceHostRef": {"name": "a", "key": "b"}}
    (problem,) = problems(
        CiliumValues(kube_proxy_replacement=True, overrides=reference), CiliumVersion.of("1.18.12")
    )
    assert str(problem) == (
        "cilium.overrides.k8sServiceHostRef.name: does not go with kube_proxy_replacement, which writes "
        "k8sServiceHost: chart 1.18.12 fails, got 'a'; remove k8sServiceHostRef"
    )
    assert problems(CiliumValues(overrides=reference), CiliumVersion.of("1.18.12")) == []


def test_the_text_names_the_setting_the_reason_and_the_fix() -> None:
    spire = {"authentication": {"mutual": {"spire": {"enabled": True}}}}
    (problem,) = problems(CiliumValues(overrides=spire), CiliumVersion.of("1.19.6"))
    assert str(problem) == (
        "cilium.overrides.authentication.mutual.spire.enabled: SPIRE needs authentication.enabled: chart "
        "1.19.6 fails, got True; set overrides.authentication.enabled to true, or leave SPIRE out"
    )
    assert problems(CiliumValues(overrides=spire), CiliumVersion.of("1.18.12")) == []


@pytest.mark.parametrize("number", NUMBERS)
def test_the_defaults_are_refused_by_no_chart(number: str) -> None:
    assert problems(CiliumValues(), CiliumVersion.of(number)) == []


def test_what_another_rule_refuses_is_not_refused_again() -> None:
    (problem,) = problems(CiliumValues(overrides={"hubble": {"enabled": False}}), CiliumVersion.of("1.19.6"))
    assert problem.id == "CEK2060"


def test_each_refusal_has_an_id_of_its_own_and_a_case() -> None:
    ids = [refusal.id for refusal in REFUSALS]
    assert len(set(ids)) == len(ids)
    # By a typed value, by another rule first, or beyond the releases that are easy to reach.
    apart = {"CEK2214", "CEK2221", "CEK2230", "CEK2232"}
    assert set(ids) == {case[0] for case in CASES} | apart
