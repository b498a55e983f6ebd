"""What ranges mean with each policy-cidr-match-mode."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy import load_policies, read_text
from cdk_eks_cilium.policy_analysis import Endpoint, Evaluation, Explanation, Flow, Matrix, inventory
from cdk_eks_cilium.versions.cilium import CiliumVersion

NODES = """
kind: Node
metadata: {name: one}
status: {addresses: [{type: InternalIP, address: 10.0.0.1}, {type: Hostname, address: one}]}
---
kind: Node
metadata: {name: two}
status: {addresses: [{type: InternalIP, address: 10.0.1.1}]}
---
"""
PODS = """
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
status: {podIP: 100.64.0.9}
---
kind: Pod
metadata: {name: proxy, namespace: shop}
spec: {hostNetwork: true}
status: {podIP: 10.0.1.1}
---
"""


def judged(item: str, *modes: str, text: str = PODS + NODES, release: str = "") -> Evaluation:
    policy = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        f"spec: {{endpointSelector: {{matchLabels: {{app: web}}}}, egress: [{item}]}}\n"
    )
    given_ = read_text(text + policy, "f.yaml")
    known = replace(inventory(given_), ranges_mean=frozenset(modes))
    version = CiliumVersion.of(release) if release else None
    return Evaluation(load_policies(given_), known, version=version)


def side(evaluation: Evaluation, name: str) -> Endpoint:
    if "/" in name:
        found = evaluation.inventory.find(name)
        assert found is not None
        return Endpoint.pod(found)
    return Endpoint.entity(name)


def explained(evaluation: Evaluation, name: str) -> Explanation:
    return evaluation.explain(Flow(side(evaluation, "shop/web"), side(evaluation, name), 443))


def verdict(item: str, name: str, *modes: str, text: str = PODS + NODES, release: str = "") -> str:
    return explained(judged(item, *modes, text=text, release=release), name).verdict


@pytest.mark.parametrize(
    ("item", "name", "modes", "expected"),
    [
        ("{toCIDR: [10.0.0.0/16]}", "remote-node", (), "denied"),
        ("{toCIDR: [10.0.0.0/16]}", "remote-node", ("nodes",), "allowed"),
        ("{toCIDR: [10.0.0.0/16]}", "host", ("nodes",), "allowed"),
        ("{toCIDR: [10.0.0.0/16]}", "shop/proxy", ("nodes",), "allowed"),
        ("{toCIDR: [10.0.0.0/24]}", "shop/proxy", ("nodes",), "denied"),
        ("{toCIDR: [10.0.0.0/24]}", "remote-node", ("nodes",), "unknown"),
        ("{toCIDR: [192.0.2.0/24]}", "remote-node", ("nodes",), "denied"),
        ("{toCIDR: ['2001:db8::/32']}", "remote-node", ("nodes",), "denied"),
        ("{toCIDRSet: [{cidr: 10.0.0.0/16, except: [10.0.1.0/24]}]}", "shop/proxy", ("nodes",), "denied"),
        ("{toCIDR: [100.64.0.0/10]}", "shop/api", ("nodes",), "denied"),
        ("{toCIDR: [100.64.0.0/10]}", "shop/api", ("pods",), "allowed"),
        ("{toCIDR: [10.0.0.0/16]}", "remote-node", ("pods",), "denied"),
        ("{toCIDR: [0.0.0.0/0]}", "shop/api", ("pods",), "allowed"),
        ("{toCIDRSet: [{cidr: 0.0.0.0/0, except: [100.64.0.0/10]}]}", "shop/api", ("pods",), "denied"),
        ("{toEntities: [world]}", "shop/api", ("pods", "nodes"), "denied"),
    ],
)
def test_ranges_mean_what_the_mode_says(item: str, name: str, modes: tuple[str, ...], expected: str) -> None:
    assert verdict(item, name, *modes) == expected


@pytest.mark.parametrize(
    ("item", "release", "expected"),
    [
        ("{toCIDRSet: [{cidr: 0.0.0.0/0}]}", "1.16.19", "allowed"),
        ("{toCIDRSet: [{cidr: 0.0.0.0/0}]}", "1.17.4", "denied"),
        ("{toCIDR: [0.0.0.0/0]}", "1.17.4", "allowed"),
        ("{toCIDRSet: [{cidr: 0.0.0.0/0}]}", "1.17.18", "allowed"),
        ("{toCIDRSet: [{cidr: 0.0.0.0/0}]}", "1.19.6", "denied"),
        ("{toCIDR: [0.0.0.0/0]}", "1.20.0", "denied"),
        ("{toCIDR: [10.0.0.0/8]}", "1.20.0", "allowed"),
        ("{toCIDR: [10.0.0.0/8]}", "1.14.19", "denied"),
    ],
)
def test_releases_differ_in_ranges_of_all_addresses(item: str, release: str, expected: str) -> None:
    assert verdict(item, "remote-node", "nodes", release=release) == expected


def test_both_modes_together_are_not_known_for_nodes_and_all_addresses() -> None:
    found = explained(judged("{toCIDR: [0.0.0.0/0]}", "nodes", "pods"), "remote-node")

    assert found.missing == ("whether a range of all addresses means nodes where ranges mean pods, too",)


@pytest.mark.parametrize("release", ["1.19.6", "1.15.19"])
def test_ranges_mean_pods_in_newer_releases_alone(release: str) -> None:
    assert verdict("{toCIDR: [100.64.0.0/10]}", "shop/api", "pods", release=release) == "denied"


@pytest.mark.parametrize(
    ("name", "mode", "missing"),
    [
        ("remote-node", "nodes", "the addresses of the nodes"),
        ("shop/web2", "pods", "the addresses of shop/web2"),
    ],
)
def test_addresses_that_nobody_described_are_not_known(name: str, mode: str, missing: str) -> None:
    text = "kind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n---\n"
    text += text.replace("name: web,", "name: web2,").replace("app: web", "app: other")
    found = explained(judged("{toCIDR: [10.0.0.0/8]}", mode, text=text), name)

    assert (found.verdict, found.missing) == ("unknown", (missing,))


def test_pods_of_one_workload_may_be_on_both_sides_of_a_range() -> None:
    owner = "ownerReferences: [{kind: ReplicaSet, name: api-1, controller: true, apiVersion: apps/v1}]"
    pods = "".join(
        f"kind: Pod\nmetadata: {{name: api-{each}, namespace: shop, labels: {{app: api}}, {owner}}}\n"
        f"status: {{podIP: 100.64.{each}.1}}\n---\n"
        for each in (0, 1)
    )
    text = "kind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n---\n" + pods
    found = explained(judged("{toCIDR: [100.64.0.0/24]}", "pods", text=text), "shop/api-0")

    assert found.missing == ("which pod of shop/api-1 it is, for 100.64.0.0/24",)


ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.1.7", "10.1.0.1", "192.0.2.1"])
RANGES = st.sampled_from(["10.0.0.0/8", "10.0.0.0/24", "10.0.1.0/24", "192.0.0.0/8"])


@given(ADDRESSES, RANGES, st.lists(RANGES, max_size=2), st.sampled_from(["pods", "nodes", ""]), st.booleans())
def test_a_mode_makes_ranges_mean_exactly_the_addresses_in_them(
    address: str, text: str, holes: list[str], mode: str, on_node: bool
) -> None:
    pod = (
        "kind: Pod\nmetadata: {name: there, namespace: shop}\n"
        f"spec: {{hostNetwork: {str(on_node).lower()}}}\nstatus: {{podIP: {address}}}\n---\n"
    )
    web = "kind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n---\n"
    inside = [each for each in holes if ip_network(each).subnet_of(ip_network(text))]  # type: ignore[arg-type]
    item = f"{{toCIDRSet: [{{cidr: {text}, except: {inside}}}]}}".replace("'", "")
    evaluation = judged(item, *([mode] if mode else []), text=web + pod)

    at = ip_address(address)
    within = at in ip_network(text) and not any(at in ip_network(each) for each in inside)
    expected = within and mode == ("nodes" if on_node else "pods")
    found = explained(evaluation, "shop/there")
    assert found.allowed == expected
    source, there = (side(evaluation, name) for name in ("shop/web", "shop/there"))
    reach = Matrix(evaluation).reach(source, there)
    assert (("TCP", 443) in reach.ports) == expected
