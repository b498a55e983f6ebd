from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.reachability.filters import FarSide, acl_stop, groups_admit, representatives
from rehearsal.reachability.network import Acl, AclRule, GroupRule, SecurityGroup
from rehearsal.reachability.traffic import EVERY_PORT, Ports, Traffic, tcp, udp
from tests.rehearsal.reachability.networks import acl, admits, allow, cidr, group

# Everything happens in 10.0.0.0/28 and on ports 0 to 9, so that every packet can be tried.
ALL = IPv4Network("10.0.0.0/28")
RANGES = st.builds(
    lambda start, bits: IPv4Network((int(ALL.network_address) + start, bits), strict=False),
    st.integers(0, 15),
    st.integers(27, 32),
)
PORTS = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda ends: Ports(min(ends), max(ends)))
PROTOCOLS = st.sampled_from(["-1", "tcp", "udp"])
FAR = st.builds(
    lambda start, bits: IPv4Network((int(ALL.network_address) + start, bits), strict=False),
    st.integers(0, 15),
    st.integers(28, 32),
)
TRAFFIC = st.builds(Traffic, st.sampled_from(["tcp", "udp"]), PORTS)
ACL_RULES = st.lists(
    st.builds(AclRule, st.integers(1, 50), st.booleans(), st.booleans(), RANGES, PROTOCOLS, PORTS),
    max_size=6,
    unique_by=lambda rule: rule.number,
)
GROUP_RULES = st.lists(st.builds(GroupRule, st.booleans(), PROTOCOLS, RANGES, PORTS), max_size=5)


def acl_lets(rules: list[AclRule], address: IPv4Address, protocol: str, port: int, *, outbound: bool) -> bool:
    """One packet, by the words of AWS's documentation."""
    for rule in sorted(rules, key=lambda rule: rule.number):
        if rule.outbound != outbound or address not in rule.far:
            continue
        if rule.protocol == "-1" or (
            rule.protocol == protocol and rule.ports.first <= port <= rule.ports.last
        ):
            return rule.allows
    return False


@given(ACL_RULES, FAR, TRAFFIC, st.booleans())
def test_an_acl_lets_a_range_through_exactly_if_it_lets_each_packet_through(
    rules: list[AclRule], far: IPv4Network, traffic: Traffic, outbound: bool
) -> None:
    ports = range(traffic.ports.first, traffic.ports.last + 1)
    each = all(
        acl_lets(rules, address, traffic.protocol, port, outbound=outbound)
        for address in far
        for port in ports
    )
    found = acl_stop(Acl("acl", "acl", tuple(rules)), FarSide("far", far), traffic, outbound=outbound)
    assert (found == "") == each


@given(GROUP_RULES, GROUP_RULES, FAR, TRAFFIC, st.booleans())
def test_groups_admit_a_range_exactly_if_some_rule_admits_each_packet(
    one: list[GroupRule], other: list[GroupRule], far: IPv4Network, traffic: Traffic, outbound: bool
) -> None:
    def admitted(address: IPv4Address, port: int) -> bool:
        return any(
            rule.outbound == outbound
            and isinstance(rule.far, IPv4Network)
            and address in rule.far
            and (
                rule.protocol == "-1"
                or (rule.protocol == traffic.protocol and rule.ports.first <= port <= rule.ports.last)
            )
            for rule in (*one, *other)
        )

    ports = range(traffic.ports.first, traffic.ports.last + 1)
    each = all(admitted(address, port) for address in far for port in ports)
    groups = [SecurityGroup("one", "one", tuple(one)), SecurityGroup("other", "other", tuple(other))]
    assert groups_admit(groups, FarSide("far", far), traffic, outbound=outbound) == each


@given(FAR, st.lists(RANGES, max_size=5))
def test_each_address_has_a_representative_in_the_same_ranges(
    far: IPv4Network, ranges: list[IPv4Network]
) -> None:
    def where(address: IPv4Address) -> tuple[bool, ...]:
        return tuple(address in each for each in ranges)

    chosen = list(representatives(far, ranges))
    assert set(chosen) <= set(far)
    assert {where(address) for address in chosen} == {where(address) for address in far}


def test_the_stop_names_the_rule_that_denies() -> None:
    denies = AclRule(90, False, False, cidr("100.64.0.0/10"), "tcp", Ports(443, 443))
    found = acl_stop(
        acl(denies, allow(100, outbound=False)),
        FarSide("pods", cidr("100.64.0.0/24")),
        tcp(443),
        outbound=False,
    )
    assert found == "rule 90 denies it"


def test_the_stop_names_the_ports_that_no_rule_allows() -> None:
    ephemeral = allow(100, outbound=False, protocol="tcp", ports=Ports(1024, 32767))
    found = acl_stop(
        acl(ephemeral),
        FarSide("far", cidr("10.0.0.0/24")),
        Traffic("tcp", Ports(1024, 65535)),
        outbound=False,
    )
    assert found == "no rule allows TCP 32768-65535, so rule * denies it"


def test_two_rules_of_an_acl_together_let_a_range_through() -> None:
    halves = [allow(number, far, outbound=True) for number, far in ((1, "10.0.0.0/25"), (2, "10.0.0.128/25"))]
    assert acl_stop(acl(*halves), FarSide("far", cidr("10.0.0.0/24")), udp(53), outbound=True) == ""


# The example of https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html: number, protocol,
# ports, far side.
DOCUMENTED_INBOUND = (
    (100, "tcp", Ports(80, 80), "0.0.0.0/0"),
    (110, "tcp", Ports(443, 443), "0.0.0.0/0"),
    (120, "tcp", Ports(22, 22), "192.0.2.0/24"),
    (130, "tcp", Ports(3389, 3389), "192.0.2.0/24"),
    (140, "tcp", Ports(32768, 65535), "0.0.0.0/0"),
)


@pytest.mark.parametrize(
    ("far", "traffic", "admitted"),
    [
        ("203.0.113.7/32", tcp(443), True),
        ("203.0.113.7/32", tcp(139), False),
        ("192.0.2.0/24", tcp(22), True),
        ("192.0.2.0/23", tcp(22), False),
        ("203.0.113.7/32", tcp(32768, 61000), True),
        ("203.0.113.7/32", tcp(1024, 65535), False),
        ("203.0.113.7/32", udp(443), False),
    ],
)
def test_the_example_in_awss_documentation_admits_what_it_says(
    far: str, traffic: Traffic, admitted: bool
) -> None:
    rules = [
        allow(number, source, outbound=False, protocol=protocol, ports=ports)
        for number, protocol, ports, source in DOCUMENTED_INBOUND
    ]
    assert (acl_stop(acl(*rules), FarSide("far", cidr(far)), traffic, outbound=False) == "") == admitted


def test_a_rule_for_a_group_admits_its_members_alone() -> None:
    own = [group("cluster", admits("cluster"))]
    addresses = cidr("10.0.0.0/24")
    member = FarSide("nodes", addresses, frozenset({"cluster"}))
    assert groups_admit(own, member, tcp(443), outbound=False)
    assert not groups_admit(own, FarSide("others", addresses), tcp(443), outbound=False)


def test_a_rule_for_a_prefix_list_lets_out_to_its_service() -> None:
    rule = GroupRule(True, "tcp", "pl-s3", Ports(443, 443))
    only = [SecurityGroup("endpoint", "endpoint", (rule,))]
    somewhere = cidr("198.51.100.1/32")
    assert groups_admit(
        only, FarSide("s3", somewhere, prefix_lists=frozenset({"pl-s3"})), tcp(443), outbound=True
    )
    assert not groups_admit(only, FarSide("the internet", somewhere), tcp(443), outbound=True)


def test_an_interface_without_groups_admits_nobody() -> None:
    assert not groups_admit(
        [], FarSide("far", cidr("10.0.0.0/24")), Traffic("tcp", EVERY_PORT), outbound=False
    )
