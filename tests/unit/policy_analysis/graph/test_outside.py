from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import load_policies, read_text
from cdk_eks_cilium.policy.model import CidrRule, EgressRule, FqdnSelector, Item
from cdk_eks_cilium.policy_analysis.evaluation import Direction
from cdk_eks_cilium.policy_analysis.evaluation.names import matches_name
from cdk_eks_cilium.policy_analysis.graph import Outside, outsides
from cdk_eks_cilium.policy_analysis.graph.outside import stand_in
from cdk_eks_cilium.policy_analysis.workloads import CidrGroup, Inventory, KubernetesService, ServiceBackends
from tests.unit.policy_analysis.evaluation.worlds import policy


def found(spec: str, *groups: CidrGroup) -> list[Outside]:
    """What the items of a policy speak of."""
    (loaded,) = load_policies(read_text(policy("a/p", f"endpointSelector: {{}}\n{spec}"), "policy.yaml"))
    ((_, rule),) = loaded.rules()
    ingress: list[Item] = [*(rule.ingress or ()), *(rule.ingress_deny or ())]
    egress: list[Item] = [*(rule.egress or ()), *(rule.egress_deny or ())]
    items: list[tuple[Direction, Item]] = [("ingress", item) for item in ingress]
    items += [("egress", item) for item in egress]
    return outsides(items, groups)


def texts(spec: str, *groups: CidrGroup) -> list[str]:
    return [one.text for one in found(spec, *groups)]


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("egress: [{toEntities: [world, kube-apiserver]}]", ["kube-apiserver", "world"]),
        ("egress: [{toEntities: [all]}]", ["remote-node", "world"]),
        ("egress: [{toEntities: [cluster]}]", ["kube-apiserver", "remote-node"]),
        ("egress: [{toPorts: [{ports: [{port: '80'}]}]}]", ["remote-node", "world"]),
        ("egress: [{}]", []),
        ("egress: [{toCIDR: [0.0.0.0/0]}]", ["world"]),
        ("ingress: [{fromEndpoints: [{matchLabels: {'reserved:ingress': ''}}]}]", ["ingress"]),
        ("egress: [{toFQDNs: [{matchName: b.org}, {matchPattern: '*.a.org'}]}]", ["*.a.org", "b.org"]),
        ("egress: [{toServices: [{k8sService: {serviceName: kubernetes}}]}]", ["kube-apiserver"]),
        ("egressDeny: [{toCIDR: [169.254.169.254/32]}]", ["169.254.169.254/32"]),
        (
            "egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}]}]",
            ["10.0.0.0/8 except 10.1.0.0/16, 10.2.0.0/16"],
        ),
        (
            "egress: [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]}]",
            ["0.0.0.0/0 except 10.0.0.0/8", "10.0.0.0/8"],
        ),
        ("egress: [{toEndpoints: [{}]}]", []),
    ],
)
def test_what_is_mentioned_is_called_as_the_policy_does(spec: str, names: list[str]) -> None:
    assert texts(spec) == names


def test_groups_of_ranges_are_named_by_their_ranges() -> None:
    group = CidrGroup("partners", ("198.51.100.0/24", "203.0.113.0/24"), {"of": "partners"})
    assert texts("egress: [{toCIDRSet: [{cidrGroupRef: partners}]}]", group) == [
        "198.51.100.0/24 of partners",
        "203.0.113.0/24 of partners",
    ]
    by_label = "egress: [{toCIDRSet: [{cidrGroupSelector: {matchLabels: {of: partners}}}]}]"
    assert len(texts(by_label, group)) == 2
    assert texts("egress: [{toCIDRSet: [{cidrGroupRef: others}]}]", group) == []


def test_the_directions_of_each_peer_are_known() -> None:
    spec = (
        "ingress: [{fromCIDR: [10.0.0.0/8]}, {fromEntities: [world]}]\n"
        "egress: [{toCIDR: [10.0.0.0/8]}, {toCIDR: [198.51.100.0/24]}]"
    )
    assert {one.text: sorted(one.directions) for one in found(spec)} == {
        "world": ["ingress"],
        "10.0.0.0/8": ["egress", "ingress"],
        "198.51.100.0/24": ["egress"],
    }


def test_a_range_is_stood_for_by_an_address_that_no_narrower_one_has() -> None:
    spec = (
        "egress: [{toCIDR: [10.0.0.0/8, 10.0.0.0/16]}, "
        "{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]}]"
    )
    stands = {one.text: ip_address(one.endpoint.name) for one in found(spec)}
    assert stands["10.0.0.0/16"] in ip_network("10.0.0.0/16")
    for text in ("10.0.0.0/8", "10.0.0.0/8 except 10.1.0.0/16"):
        assert stands[text] in ip_network("10.0.0.0/8")
        assert stands[text] not in ip_network("10.0.0.0/15")
    assert len(set(stands.values())) == 3


def test_one_address_that_is_called_by_two_names_is_shown_once() -> None:
    group = CidrGroup("one", ("198.51.100.7/32",))
    assert texts("egress: [{toCIDR: [198.51.100.7/32]}, {toCIDRSet: [{cidrGroupRef: one}]}]", group) == [
        "198.51.100.7/32"
    ]


def test_a_range_without_an_address_left_is_not_shown() -> None:
    assert texts("egress: [{toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.0.0.0/9, 10.128.0.0/9]}]}]") == []


LABEL = st.sampled_from(["a", "api", "*", "a*", "*b", "a*b", "api-*-x"])


@given(st.lists(LABEL, min_size=1, max_size=4).map(".".join), st.sampled_from(["", "**."]))
def test_a_pattern_is_stood_for_by_a_name_that_it_matches(pattern: str, prefix: str) -> None:
    selector = FqdnSelector(match_pattern=prefix + pattern)
    assert matches_name(selector, stand_in(selector))


@given(
    st.lists(
        st.tuples(st.integers(0, 255), st.sampled_from([8, 15, 16, 24, 31, 32]), st.integers(0, 3)),
        min_size=1,
        max_size=6,
    )
)
def test_every_range_is_stood_for_by_an_address_of_it(parts: list[tuple[int, int, int]]) -> None:
    rules = []
    for third, length, holes in parts:
        network = ip_network(f"10.0.{third}.0/{length}", strict=False)
        inner = [str(each) for _, each in zip(range(holes), network.subnets(new_prefix=32), strict=False)]
        rules.append(CidrRule(cidr=str(network), except_=tuple(inner) if length < 32 else None))
    found = outsides([("egress", EgressRule(to_cidr_set=(rule,))) for rule in rules])
    for one in found:
        whole, _, holes_text = one.text.partition(" except ")
        address = ip_address(one.endpoint.name)
        assert address in ip_network(whole)
        assert str(address) not in [each.removesuffix("/32") for each in holes_text.split(", ")]
    assert len({one.endpoint for one in found}) == len(found)


def test_addresses_behind_a_service_are_sides_of_their_own() -> None:
    service = KubernetesService("a", "db")
    known = Inventory(services=(service,), backends=(ServiceBackends("a/db", ("192.0.2.9",)),))
    item = EgressRule.read({"toServices": [{"k8sService": {"serviceName": "db", "namespace": "a"}}]})

    sides = outsides([("egress", item)], inventories=[known])
    assert [(one.text, one.endpoint.name) for one in sides] == [
        ("kube-apiserver", "kube-apiserver"),
        ("192.0.2.9", "192.0.2.9"),
    ]
