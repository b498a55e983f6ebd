from __future__ import annotations

from dataclasses import replace

import pytest

from rehearsal.reachability.network import (
    AclRule,
    GroupRule,
    Interface,
    Outside,
    Route,
    SecurityGroup,
)
from rehearsal.reachability.paths import inside, inward, outward
from rehearsal.reachability.traffic import ANY_TCP, Ports, tcp, udp
from rehearsal.reachability.walk import Answer, Seen
from tests.rehearsal.reachability.networks import (
    NODE_A,
    POD_A,
    POD_B,
    acl,
    admits,
    allow,
    cidr,
    default_route,
    gateway_endpoint,
    group,
    network,
    table,
    with_acl,
    with_group,
    with_table,
)

HTTPS = tcp(443)
INTERNET = Outside("the internet", cidr("198.51.100.1/32"))
PREMISES = Outside("the premises", cidr("10.128.0.0/16"))
S3 = Outside("s3", INTERNET.addresses, frozenset({"pl-s3"}))
TO_PREMISES = Route(PREMISES.addresses, "transit", "tgw")
ANSWERS = Ports(32768, 60999)


def stop(answer: Answer) -> tuple[str, str]:
    assert not answer.reached
    return answer.code, answer.stop


# ---------------------------------------------------------------------------- inside the VPC


def test_members_of_a_group_with_a_rule_for_itself_reach_each_other_across_zones() -> None:
    answer = inside(network(), POD_A, POD_B, ANY_TCP)
    assert answer.reached
    assert answer.seen == Seen("their own addresses", "100.64.0.0/24")


def test_a_group_without_its_self_rule_is_the_stop() -> None:
    bare = with_group(network(), group("cluster"))
    assert stop(inside(bare, POD_A, POD_B, HTTPS)) == (
        "ENI_SG_RULES_MISMATCH",
        "group cluster: no rule admits TCP 443 from pods in a (100.64.0.0/24)",
    )


def test_a_group_that_lets_nothing_out_is_the_stop_before_anything_else() -> None:
    closed = with_group(network(), SecurityGroup("cluster", "group cluster", (admits("cluster"),)))
    assert stop(inside(closed, POD_A, POD_B, HTTPS))[1] == (
        "group cluster: no rule lets out TCP 443 to pods in b (100.64.1.0/24)"
    )


def test_an_answer_needs_no_rule_of_a_group() -> None:
    only_443 = SecurityGroup("server", "server", (admits("cluster", 443),))
    server = Interface("a server", "node-b", ("server",))
    assert inside(with_group(network(), only_443), NODE_A, server, HTTPS).reached


def test_an_acl_that_stops_answers_stops_the_connection() -> None:
    of = with_acl(
        network(),
        "pod-a",
        allow(100, outbound=True),
        allow(100, outbound=False, ports=Ports(443, 443), protocol="tcp"),
    )
    assert stop(inside(of, POD_A, POD_B, HTTPS)) == (
        "SUBNET_ACL_RESTRICTION",
        "the ACL: TCP 32768-60999 in from pods in b (100.64.1.0/24): no rule allows TCP 32768-60999, so "
        "rule * denies it",
    )


def test_an_acl_need_not_allow_ports_that_linux_does_not_take() -> None:
    of = with_acl(
        network(),
        "pod-a",
        allow(100, outbound=True),
        allow(100, outbound=False, protocol="tcp", ports=ANSWERS),
    )
    assert inside(of, POD_A, POD_B, HTTPS).reached


def test_the_acl_of_the_target_judges_its_answers_too() -> None:
    of = with_acl(network(), "pod-b", allow(100, outbound=False), allow(100, outbound=True, protocol="udp"))
    assert "TCP 32768-60999 out to pods in a" in stop(inside(of, POD_A, POD_B, HTTPS))[1]


def test_an_acl_does_not_judge_what_stays_in_its_subnet() -> None:
    of = with_acl(network(), "pod-a")
    other = replace(POD_A, name="more pods in a")
    assert inside(of, POD_A, other, HTTPS).reached
    assert not inside(of, POD_A, POD_B, HTTPS).reached


def test_an_appliance_on_the_way_is_a_condition() -> None:
    of = with_table(network(), "pod", Route(cidr("100.64.1.0/24"), "interface", "eni-firewall"))
    answer = inside(of, POD_A, POD_B, HTTPS)
    assert answer.reached
    assert answer.assumes == ("eni-firewall passes on what is for pods in b",)


# ---------------------------------------------------------------------------- out of the VPC


def test_a_node_behind_a_nat_gateway_is_seen_as_the_gateway() -> None:
    answer = outward(network(), NODE_A, INTERNET, HTTPS)
    assert answer.seen == Seen("public addresses of NAT gateways", "NAT a")
    assert answer.hops[1] == "table node-a routes 0.0.0.0/0 to nat-a"
    assert answer.hops[-1].endswith("in from the internet (198.51.100.1/32)")


def test_a_subnet_without_a_default_route_has_no_way_out() -> None:
    assert stop(outward(network(), POD_A, INTERNET, HTTPS)) == (
        "NO_ROUTE_TO_DESTINATION",
        "table pod: no route to the internet (198.51.100.1/32)",
    )


def test_a_route_to_something_that_is_gone_is_a_black_hole() -> None:
    of = with_table(network(), "node-a", default_route("missing", "nat-a"))
    assert stop(outward(of, NODE_A, INTERNET, HTTPS)) == (
        "BAD_STATE_ROUTE",
        "table node-a: its route to 0.0.0.0/0 leads to nat-a, which does not exist",
    )


def test_an_internet_gateway_carries_nothing_without_a_public_address() -> None:
    of = with_table(network(), "pod", default_route("internet", "igw"))
    code, text = stop(outward(of, POD_A, INTERNET, HTTPS))
    assert code == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    assert text.startswith("igw: pods in a must have public addresses")
    public = replace(NODE_A, subnet="public-a", public=True)
    assert outward(of, public, INTERNET, HTTPS).seen == Seen("their own public addresses")


def test_an_internet_gateway_must_be_attached() -> None:
    of = network(internet_gateways=frozenset())
    assert stop(outward(of, NODE_A, INTERNET, HTTPS)) == (
        "BAD_STATE_ATTACHMENT",
        "igw: it is not attached to the VPC",
    )


def test_an_internet_gateway_carries_nothing_to_private_ranges() -> None:
    code, text = stop(outward(network(), NODE_A, PREMISES, HTTPS))
    assert (code, text) == (
        "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
        "igw: 10.128.0.0/16 is not on the internet",
    )


def test_a_private_nat_gateway_does_not_lead_to_the_internet() -> None:
    of = network()
    private = {**of.nat_gateways, "nat-a": replace(of.nat_gateways["nat-a"], public=False)}
    code, text = stop(outward(replace(of, nat_gateways=private), NODE_A, INTERNET, HTTPS))
    assert code == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
    assert "NAT a must have public addresses" in text


def test_the_acl_of_a_nat_gateway_must_let_answers_in_from_the_internet_and_out_to_the_client() -> None:
    everything_out = allow(100, outbound=True)
    to_gateway = allow(100, "10.0.0.0/16", outbound=False)
    of = with_acl(network(), "public-a", everything_out, to_gateway)
    assert "TCP 1024-65535 in from the internet" in stop(outward(of, NODE_A, INTERNET, HTTPS))[1]
    back = allow(110, outbound=False, protocol="tcp", ports=Ports(1024, 65535))
    assert outward(
        with_acl(network(), "public-a", everything_out, to_gateway, back), NODE_A, INTERNET, HTTPS
    ).reached
    denies = AclRule(50, True, False, cidr("10.0.2.0/24"), "-1")
    of = with_acl(network(), "public-a", denies, everything_out, to_gateway, back)
    assert stop(outward(of, NODE_A, INTERNET, HTTPS))[1] == (
        "the ACL: TCP 32768-60999 out to nodes in a (10.0.2.0/24): rule 50 denies it"
    )


def test_nat_gateways_whose_routes_lead_to_each_other_lead_nowhere() -> None:
    of = with_table(network(), "public", default_route("nat", "nat-a"))
    assert stop(outward(of, NODE_A, INTERNET, HTTPS)) == (
        "NO_POSSIBLE_DESTINATION",
        "NAT a: its route leads in a circle",
    )


def test_a_group_that_names_one_service_keeps_the_rest_in() -> None:
    storage_only = GroupRule(True, "tcp", "pl-s3", Ports(443, 443))
    of = gateway_endpoint(
        with_group(network(), SecurityGroup("cluster", "group cluster", (storage_only,))), "node-a"
    )
    assert outward(of, NODE_A, S3, HTTPS).reached
    assert stop(outward(of, NODE_A, INTERNET, HTTPS))[0] == "ENI_SG_RULES_MISMATCH"


def test_a_gateway_endpoint_answers_in_its_own_tables_and_sees_private_addresses() -> None:
    of = gateway_endpoint(network(), "pod-a")
    assert outward(of, POD_A, S3, HTTPS).seen == Seen("their own addresses", "100.64.0.0/24")
    assert outward(of, NODE_A, S3, HTTPS).seen == Seen("public addresses of NAT gateways", "NAT a")


def test_a_gateway_endpoint_carries_tcp_alone() -> None:
    code, text = stop(outward(gateway_endpoint(network(), "pod-a"), POD_A, S3, udp(443)))
    assert (code, text) == (
        "VPCE_GATEWAY_PROTOCOL_RESTRICTION",
        "vpce-s3: a gateway endpoint carries TCP, got UDP 443",
    )


def test_behind_a_transit_gateway_pods_are_seen_as_themselves_if_it_routes_them_back() -> None:
    of = replace(with_table(network(), "pod", TO_PREMISES), attachments={"tgw": ("node-a", "node-b")})
    answer = outward(of, POD_A, PREMISES, HTTPS)
    assert answer.seen == Seen("their own addresses", "100.64.0.0/24")
    assert answer.assumes == ("the premises routes 100.64.0.0/24 back, and lets it in",)


def test_behind_a_private_nat_gateway_pods_are_seen_in_the_range_of_the_nodes() -> None:
    of = with_table(network(), "pod", Route(PREMISES.addresses, "nat", "nat-a"))
    of = with_table(of, "public", TO_PREMISES)
    private = {**of.nat_gateways, "nat-a": replace(of.nat_gateways["nat-a"], public=False)}
    of = replace(of, nat_gateways=private, attachments={"tgw": ("node-a", "node-b")})
    answer = outward(of, POD_A, PREMISES, HTTPS)
    assert answer.seen == Seen("addresses of NAT gateways", "10.0.0.0/24")
    assert answer.assumes == ("the premises routes 10.0.0.0/24 back, and lets it in",)


def test_a_transit_gateway_must_be_attached() -> None:
    of = with_table(network(), "pod", TO_PREMISES)
    assert stop(outward(of, POD_A, PREMISES, HTTPS)) == (
        "BAD_STATE_ATTACHMENT",
        "tgw: it is not attached to the VPC",
    )


def test_a_transit_gateway_takes_only_from_the_zones_of_its_attachment() -> None:
    of = replace(with_table(network(), "pod", TO_PREMISES), attachments={"tgw": ("node-a",)})
    assert outward(of, POD_A, PREMISES, HTTPS).reached
    assert stop(outward(of, POD_B, PREMISES, HTTPS)) == (
        "TGW_ROUTE_AZ_RESTRICTION",
        "tgw: its attachment does not have a subnet in b",
    )


def test_the_acl_of_the_attachment_judges_too() -> None:
    of = replace(with_table(network(), "pod", TO_PREMISES), attachments={"tgw": ("node-a",)})
    of = with_acl(of, "node-a", allow(100, outbound=True), allow(100, "10.0.0.0/16", outbound=False))
    assert "TCP 443 in from pods in a (100.64.0.0/24)" in stop(outward(of, POD_A, PREMISES, HTTPS))[1]


def test_a_default_route_to_a_transit_gateway_is_open_on_the_condition_that_it_leads_out() -> None:
    of = with_table(network(), "pod", default_route("transit", "tgw"))
    answer = outward(replace(of, attachments={"tgw": ("node-a",)}), POD_A, INTERNET, HTTPS)
    assert answer.seen == Seen("an address that the routes of others decide")
    assert answer.assumes == ("tgw leads to the internet",)


def test_a_route_to_the_vpc_itself_leads_nowhere_else() -> None:
    peer = Outside("a peer", cidr("10.0.128.0/24"))
    assert stop(outward(network(), POD_A, peer, HTTPS)) == (
        "NO_POSSIBLE_DESTINATION",
        "the VPC: 10.0.128.0/24 is a range of its own",
    )


# ---------------------------------------------------------------------------- into the VPC


def test_the_internet_reaches_nobody_without_a_public_address() -> None:
    of = with_group(network(), group("cluster", admits("0.0.0.0/0")))
    code, text = stop(inward(of, INTERNET, NODE_A, HTTPS))
    assert (code, text) == (
        "NGW_REQUIRES_SOURCE_IN_VPC",
        "nat-a: it carries only connections that begin in the VPC",
    )
    private = replace(NODE_A, subnet="public-a")
    assert stop(inward(of, INTERNET, private, HTTPS))[0] == "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    assert inward(of, INTERNET, replace(private, public=True), HTTPS).reached


def test_the_premises_reach_pods_whose_group_admits_them() -> None:
    of = replace(with_table(network(), "pod", TO_PREMISES), attachments={"tgw": ("node-a",)})
    assert stop(inward(of, PREMISES, POD_A, HTTPS))[0] == "ENI_SG_RULES_MISMATCH"
    of = with_group(of, group("cluster", admits("10.128.0.0/16", 443)))
    answer = inward(of, PREMISES, POD_A, HTTPS)
    assert answer.seen == Seen("their own addresses", "10.128.0.0/16")
    assert answer.assumes == ("the premises routes 100.64.0.0/24 to the VPC",)


def test_answers_that_leave_by_another_interface_are_lost() -> None:
    of = replace(with_table(network(), "pod", TO_PREMISES), attachments={"tgw": ("node-a",)})
    of = with_group(of, group("cluster", admits("10.128.0.0/16")))
    code, text = stop(inward(of, PREMISES, POD_A, HTTPS, answers_by=NODE_A))
    assert code == "ENI_SOURCE_DEST_CHECK_RESTRICTION"
    assert "answers to addresses outside of the VPC leave by the primary interface of nodes in a" in text


def test_others_in_the_vpc_reach_whom_the_group_admits_even_where_answers_abroad_are_lost() -> None:
    others = Outside("others", cidr("10.0.0.0/16"))
    of = with_group(network(), group("cluster", admits("10.0.0.0/16")))
    assert inward(of, others, POD_A, HTTPS, answers_by=NODE_A).reached
    assert not inward(network(), others, POD_A, HTTPS).reached


def test_an_acl_judges_what_comes_from_other_subnets_of_the_vpc() -> None:
    others = Outside("others", cidr("10.0.0.0/16"))
    of = with_acl(
        with_group(network(), group("cluster", admits("10.0.0.0/16"))), "pod-a", allow(1, outbound=False)
    )
    assert "TCP 1024-65535 out to others" in stop(inward(of, others, POD_A, HTTPS))[1]


# ---------------------------------------------------------------------------- what others have made


@pytest.mark.parametrize("what", ["table", "acl", "group", "nat"])
def test_what_existed_before_is_a_condition_and_not_a_stop(what: str) -> None:
    of = network(foreign=True)
    if what == "table":
        of = replace(of, tables={**of.tables, "node-a": table("node-a", foreign=True)})
        condition = "the route table of node-a leads to the internet"
    elif what == "acl":
        of = replace(of, acls={"open": replace(acl(), foreign=True)})
        condition = "the network ACL of node-a lets everything through, both ways"
    elif what == "group":
        of = with_group(of, SecurityGroup("cluster", "group cluster", (), foreign=True))
        condition = "group cluster lets out TCP 443 to the internet (198.51.100.1/32)"
    else:
        of = replace(of, nat_gateways={"nat-a": replace(of.nat_gateways["nat-a"], foreign=True)})
        condition = "NAT a leads to the internet"
    answer = outward(of, NODE_A, INTERNET, HTTPS)
    assert answer.reached
    assert condition in answer.assumes


def test_a_route_that_a_foreign_table_is_known_to_have_still_counts() -> None:
    of = network(foreign=True)
    known = table("node-a", default_route("internet", "igw"), foreign=True)
    answer = outward(replace(of, tables={**of.tables, "node-a": known}), NODE_A, INTERNET, HTTPS)
    assert answer.code == "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
