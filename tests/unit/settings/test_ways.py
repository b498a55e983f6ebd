"""How clients reach pods, and what an existing VPC must let in."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.settings import WayIn, address_plan, parse
from tests.unit.settings.rules.existing_vpc import EXISTING

BEYOND = {"cidrs": ["192.168.0.0/16"], "transit_gateway_id": "tgw-0123456789abcdef0"}
NLB, PEERS = "an NLB with IP targets that keeps", "peered VPCs and on-premises networks"
NODE_PORT, HOST_PORT = "NodePort", "hostPort"


def way_in(client: str, *, network: dict[str, Any] | None = None, **cilium: Any) -> WayIn:
    plan = address_plan(parse({"cilium": cilium, "network": network or {}}))
    (found,) = [way for way in plan.ways_in if way.client.startswith(client)]
    return found


@pytest.mark.parametrize("client", [NLB, PEERS])
@pytest.mark.parametrize(("egress", "works"), [("node", False), ("pod", True)])
def test_a_client_outside_the_vpc_reaches_a_pods_address_with_pod_egress_only(
    client: str, egress: str, works: bool
) -> None:
    found = way_in(client, egress=egress)
    assert found.works is works
    assert ("is lost: use" in found.why) is not works


def test_networks_behind_a_private_nat_gateway_cannot_dial_pods() -> None:
    found = way_in(PEERS, network={"on_premises": {**BEYOND, "private_nat": True}}, egress="pod")
    assert not found.works
    assert found.why.startswith("the answer meets the private NAT gateway")


@pytest.mark.parametrize("client", ["anything in the VPC", "a load balancer with IP targets"])
def test_clients_in_the_vpc_reach_pods_with_any_egress(client: str) -> None:
    assert [way_in(client, egress=egress).works for egress in ("node", "pod")] == [True, True]


@pytest.mark.parametrize(("replaced", "works"), [(False, False), (True, True)])
def test_a_host_port_needs_cilium_in_place_of_kube_proxy(replaced: bool, works: bool) -> None:
    assert way_in(HOST_PORT, kube_proxy_replacement=replaced).works is works


@pytest.mark.parametrize(("replaced", "told"), [(False, True), (True, False)])
def test_http_rules_behind_a_node_port_are_told_of_where_kube_proxy_runs(replaced: bool, told: bool) -> None:
    assert ("HTTP rules" in way_in(NODE_PORT, kube_proxy_replacement=replaced).why) is told


def test_a_new_vpc_has_nothing_to_let_in() -> None:
    assert address_plan(parse({})).admissions == ()


def test_an_existing_vpc_must_let_the_pods_ranges_into_endpoints_databases_and_resolvers() -> None:
    told = "\n".join(address_plan(parse({"network": EXISTING})).admissions)
    for part in (
        "TCP 443 from 100.64.0.0/16",
        "cluster's security group",
        "network ACLs of the pod subnets, which get the VPC's default one",
        "Route 53 Resolver",
        "the nodes' at gateway endpoints",
    ):
        assert part in told
    assert "firewalls and routes" not in told


def test_pods_that_leave_with_their_own_address_are_seen_beyond_the_vpc_too() -> None:
    gateways = dict.fromkeys(EXISTING["availability_zones"], "nat-0123456789abcdef0")
    network = {**EXISTING, "nat_gateway_ids": gateways}
    told = address_plan(parse({"network": network, "cilium": {"egress": "pod"}})).admissions
    assert told[-1].startswith("firewalls and routes of peers")
