from __future__ import annotations

from dataclasses import replace
from typing import Any

from rehearsal.reachability.answers import Row
from rehearsal.reachability.network import ANYWHERE, Interface, Route, SecurityGroup
from rehearsal.reachability.parties import Api, ClusterView, Functions, Party
from rehearsal.reachability.questions import answers
from tests.rehearsal.reachability.networks import (
    NODE_A,
    PLANE_A,
    POD_A,
    POD_B,
    admits,
    allow,
    cidr,
    cluster,
    default_route,
    endpoint,
    gateway_endpoint,
    group,
    network,
    with_acl,
    with_group,
    with_table,
)


def asked(view: ClusterView, source: str, destination: str) -> Row:
    """The one row from a source to a destination; of AWS, the beginning of it is enough."""
    (found,) = [
        row
        for row in answers(view).rows
        if row.source == source
        and (row.destination == destination or row.destination.startswith(f"{destination}: "))
    ]
    return found


def sealed(**changes: Any) -> ClusterView:
    """A cluster without a way out, with endpoints for what nodes and pods call."""
    services = ("ec2", "ecr.api", "ecr.dkr", "eks", "sts")
    endpoints = tuple(endpoint(service, "clients") for service in services)
    closed = network(
        tables={name: replace(table, routes=table.routes[:2]) for name, table in network().tables.items()},
        nat_gateways={},
        internet_gateways=frozenset(),
        interface_endpoints=endpoints,
    )
    clients = SecurityGroup(
        "clients", "the endpoints' group", (admits("10.0.0.0/16", 443), admits("100.64.0.0/16", 443))
    )
    of = gateway_endpoint(with_group(closed, clients), "node-a", "node-b")
    return replace(cluster(of), **changes)


# ---------------------------------------------------------------------------- what the cluster needs


def test_the_ordinary_cluster_reaches_everything_that_it_needs() -> None:
    found = answers(cluster(network()))
    assert [row.question for row in found.cut_needs] == []
    assert "pods to the internet, TCP 443" in [row.question for row in found.needs]


def test_the_sealed_cluster_reaches_its_endpoints_and_does_not_need_the_internet() -> None:
    found = answers(sealed())
    assert [(row.question, row.cut) for row in found.cut_needs] == []
    assert not asked(sealed(), "nodes", "the internet").needed
    assert not asked(sealed(), "pods", "the internet").reached


def test_images_from_the_internet_make_the_internet_a_need() -> None:
    found = asked(sealed(needs_internet=("quay.io",)), "nodes", "the internet")
    assert (found.needed, found.reached, found.why) == (True, False, "images of quay.io")


def test_pods_reach_the_api_by_its_private_addresses_also_where_its_name_is_public() -> None:
    of = cluster(network(), api=Api(False, True, (ANYWHERE,), (PLANE_A,)))
    assert asked(of, "pods", "the Kubernetes API").seen_as.startswith("their own addresses")
    assert asked(of, "nodes", "the Kubernetes API").seen_as.startswith("public addresses of NAT gateways")


def test_a_public_api_that_names_ranges_does_not_admit_a_nat_gateways_address() -> None:
    of = cluster(network(), api=Api(False, True, (cidr("203.0.113.0/24"),), (PLANE_A,)))
    found = asked(of, "nodes", "the Kubernetes API")
    assert found.stops[0].answer.code == "EKS_PUBLIC_ACCESS_CIDRS"
    assert "it admits 203.0.113.0/24, and not public addresses of NAT gateways" in found.cut


def test_without_dns_host_names_the_api_has_no_private_name() -> None:
    private = Api(True, False, (ANYWHERE,), (PLANE_A,))
    found = asked(cluster(network(dns_names=False), api=private), "nodes", "the Kubernetes API")
    assert "does not resolve to its private addresses" in found.cut


def test_webhooks_make_the_way_from_the_control_plane_to_pods_a_need() -> None:
    bare = with_group(network(), group("plane"), group("cluster", admits("cluster")))
    plane = replace(PLANE_A, groups=("plane",))
    api = Api(True, False, (), (plane,))
    without = asked(cluster(bare, api=api), "the control plane", "pods")
    assert (without.needed, without.reached) == (False, False)
    hooks = ("ValidatingWebhookConfiguration gatekeeper",)
    found = asked(cluster(bare, api=api, webhooks=hooks), "the control plane", "pods")
    assert (found.needed, found.why) == (True, hooks[0])


def test_every_zone_must_reach_and_the_cut_one_is_named() -> None:
    of = with_table(network(), "node-b")
    found = asked(cluster(of), "nodes", "the internet")
    assert found.needed
    assert [way.source for way in found.stops] == ["nodes in b"]
    assert found.cut == "nodes in b: table node-b: no route to the internet (198.51.100.1/32)"


def test_pods_that_leave_by_themselves_need_a_route_of_their_own_where_nodes_have_one() -> None:
    own = cluster(network(), pods=(Party("a", POD_A), Party("b", POD_B)))
    found = asked(own, "pods", "the internet")
    assert (found.needed, len(found.stops)) == (True, 2)
    routed = cluster(with_table(network(), "pod", default_route("nat", "nat-a")), pods=own.pods)
    assert asked(routed, "pods", "the internet").seen_as == "public addresses of NAT gateways (NAT a)"


# ---------------------------------------------------------------------------- AWS's services


def test_a_group_of_an_endpoint_that_admits_the_range_of_nodes_alone_cuts_pods_off() -> None:
    view = sealed()
    only_nodes = SecurityGroup("clients", "the endpoints' group", (admits("10.0.0.0/16", 443),))
    narrow = replace(view, network=with_group(view.network, only_nodes))
    assert asked(narrow, "nodes", "AWS").reached
    found = asked(narrow, "pods", "AWS")
    assert found.needed
    assert found.cut == (
        "pods in a to the endpoint of sts in a: the endpoints' group: no rule admits TCP 443 from pods in a "
        "(100.64.0.0/24) (and 9 more)"
    )


def test_an_endpoint_with_private_dns_hides_the_way_by_the_nat_gateway() -> None:
    closed = with_group(
        network(interface_endpoints=(endpoint("sts", "nobody"),)), SecurityGroup("nobody", "nobody", ())
    )
    assert not asked(cluster(closed), "pods", "AWS").reached
    public = replace(closed, interface_endpoints=(endpoint("sts", "nobody", private_dns=False),))
    assert asked(cluster(public), "pods", "AWS").reached


def test_an_endpoint_of_a_service_that_clusters_do_not_call_is_not_a_need() -> None:
    endpoints = (endpoint("secretsmanager", "nobody"), endpoint("logs", "clients"))
    of = with_group(network(interface_endpoints=endpoints), SecurityGroup("nobody", "nobody", ()))
    of = with_group(of, group("clients", admits("100.64.0.0/16", 443)))
    needed, other = (
        row for row in answers(cluster(of)).rows if (row.source, row.destination[:3]) == ("pods", "AWS")
    )
    assert (needed.destination, needed.needed, needed.reached) == ("AWS: sts, logs", True, True)
    assert (other.destination, other.needed, other.reached) == ("AWS: secretsmanager", False, False)


def test_the_relay_of_hubble_makes_the_way_to_the_agents_a_need() -> None:
    assert not asked(cluster(network()), "pods", "nodes").needed
    assert asked(cluster(network(), hubble_relay=True), "pods", "nodes").needed


def test_an_endpoint_whose_name_does_not_resolve_is_the_reason_where_there_is_no_other_way() -> None:
    view = sealed()
    found = asked(replace(view, network=replace(view.network, dns_names=False)), "pods", "AWS")
    assert found.stops[0].answer.code == "DNS"
    assert found.cut.startswith(
        "pods in a to sts: endpoint sts: the DNS support or the DNS host names of the VPC are off, so sts "
        "resolves to public addresses, and table node-a: no route to the public addresses of sts"
    )


def test_in_a_vpc_of_others_their_endpoints_are_a_condition() -> None:
    found = asked(cluster(network(foreign=True)), "pods", "AWS")
    assert found.reached
    assert "an endpoint of sts in the VPC, where there is one, admits 100.64.0.0/24" in found.assumes


def test_the_resolver_answers_past_every_filter_but_not_without_dns_support() -> None:
    of = with_acl(with_group(network(), group("cluster")), "pod-a", allow(1, "192.0.2.0/24", outbound=True))
    assert asked(cluster(of), "pods", "the VPC's resolver").reached
    found = asked(cluster(network(dns_support=False)), "pods", "the VPC's resolver")
    assert found.cut == "pods in a: the VPC: its DNS support is off (and 1 more)"


# ---------------------------------------------------------------------------- functions


def test_functions_in_the_vpc_need_their_services_the_api_and_the_internet() -> None:
    inside = Functions(
        "Handler",
        (replace(NODE_A, name="Handler in a"),),
        frozenset({"eks"}),
        call_api=True,
        call_internet=True,
    )
    view = cluster(network(), functions=(inside,))
    for destination in ("the Kubernetes API", "AWS", "the internet"):
        assert asked(view, "functions", destination).needed
        assert asked(view, "functions", destination).reached
    alone = replace(inside, interfaces=(Interface("Handler in a", "pod-a", ("alone",)),))
    cut = cluster(with_group(network(), group("alone")), functions=(alone,))
    assert (
        "group cluster: no rule admits TCP 443 from Handler in a"
        in asked(cut, "functions", "the Kubernetes API").cut
    )
    assert "table pod: no route to the public addresses of eks" in asked(cut, "functions", "AWS").cut


def test_a_function_outside_of_the_vpc_reaches_aws_and_the_api_only_if_it_is_open_to_all() -> None:
    outside = Functions("Sweep", (), frozenset({"lambda"}), call_api=True)
    assert (
        asked(cluster(network(), functions=(outside,)), "functions", "AWS").seen_as == "addresses of Lambda"
    )
    found = asked(cluster(network(), functions=(outside,)), "functions", "the Kubernetes API")
    assert "it admits 203.0.113.0/24, and the function is outside of the VPC" in found.cut
    everyone = Api(True, True, (ANYWHERE,), (PLANE_A,))
    assert asked(
        cluster(network(), api=everyone, functions=(outside,)), "functions", "the Kubernetes API"
    ).reached


# ---------------------------------------------------------------------------- other networks, and ways in

PREMISES = Route(cidr("10.128.0.0/16"), "transit", "tgw")
THERE = "10.128.0.0/16 behind a transit gateway"


def premises(*subnets: str) -> ClusterView:
    """A cluster whose subnets route to a network on premises; the pods leave by themselves."""
    of = replace(network(), attachments={"tgw": ("node-a", "node-b")})
    for subnet in subnets:
        table = of.subnets[subnet].table
        of = replace(
            of,
            tables={
                **of.tables,
                table: replace(of.tables[table], routes=(*of.tables[table].routes, PREMISES)),
            },
        )
    return cluster(of, pods=(Party("a", POD_A), Party("b", POD_B)))


def test_a_network_that_routes_lead_to_is_a_need_of_whom_they_serve() -> None:
    view = premises("node-a", "node-b")
    assert asked(view, "nodes", THERE).needed
    assert asked(view, "nodes", THERE).reached
    pods = asked(view, "pods", THERE)
    assert (pods.needed, pods.reached) == (False, False)
    assert asked(premises("node-a"), "nodes", THERE).cut == (
        "nodes in b: igw: 10.128.0.0/16 is not on the internet"
    )


def test_a_network_that_only_a_default_route_leads_to_is_not_a_need() -> None:
    view = premises("node-a", "node-b")
    pods = replace(view, network=with_table(view.network, "pod", default_route("nat", "nat-a")))
    found = asked(pods, "pods", THERE)
    assert (found.needed, found.cut[:9], found.stops[0].answer.stopped_at) == (False, "pods in a", "igw")


def test_a_network_that_sees_pods_must_route_their_range_back() -> None:
    found = asked(premises("pod-a"), "pods", THERE)
    assert found.reached
    assert found.seen_as == "their own addresses (100.64.0.0/24, 100.64.1.0/24)"
    assert f"{THERE} routes 100.64.0.0/24 back, and lets it in" in found.assumes


def test_people_reach_the_api_over_the_vpc_where_a_group_of_its_interfaces_admits_them() -> None:
    people = with_group(network(), group("people", admits("10.8.0.0/16", 443)))
    people = with_table(people, "node-a", Route(cidr("10.8.0.0/16"), "private", "vgw"))
    api = Api(True, False, (), (replace(PLANE_A, groups=("cluster", "people")),))
    found = asked(cluster(people, api=api), "10.8.0.0/16 behind a private gateway", "the Kubernetes API")
    assert (found.needed, found.reached) == (False, True)
    bare = with_group(network(), group("people", admits("10.8.0.0/16", 443)))
    assert not asked(cluster(bare, api=api), "people at 10.8.0.0/16", "the Kubernetes API").reached


def test_the_public_endpoint_is_a_row_of_its_own() -> None:
    assert (
        asked(cluster(network()), "the internet", "the Kubernetes API").seen_as
        == "public addresses (203.0.113.0/24)"
    )
    off = cluster(network(), api=Api(True, False, (), (PLANE_A,)))
    assert (
        asked(off, "the internet", "the Kubernetes API").cut
        == "to the API's public endpoint: the API's public endpoint: it is off"
    )


def test_nobody_else_in_the_vpc_reaches_pods_until_the_group_admits_them() -> None:
    assert not asked(cluster(network()), "others in the VPC", "pods").reached
    wide = with_group(network(), group("cluster", admits("cluster"), admits("10.0.0.0/16")))
    assert asked(cluster(wide), "others in the VPC", "pods").reached
