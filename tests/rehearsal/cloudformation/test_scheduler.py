from __future__ import annotations

import threading
from typing import Any

import networkx as nx

from rehearsal.cloudformation.catalogue import traits
from rehearsal.cloudformation.graph import creation_graph
from rehearsal.cloudformation.scheduler import Schedule, held_back


def chain(*edges: tuple[str, str]) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_edges_from(edges)
    return graph


class Log:
    """Remembers the order in which actions were done; the named ones fail."""

    def __init__(self, *failing: str) -> None:
        self.order: list[str] = []
        self._failing = failing
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            self.order.append(name)
        if name in self._failing:
            raise RuntimeError(name)


def test_what_is_needed_goes_first() -> None:
    log = Log()
    assert Schedule(chain(("a", "b"), ("b", "c")), log).run() == {}
    assert log.order == ["a", "b", "c"]


def test_independent_actions_run_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=600)
    graph = chain(("root", "a"), ("root", "b"), ("root", "c"))
    failures = Schedule(graph, lambda name: None if name == "root" else (meeting.wait(), None)[1]).run()
    assert failures == {}


def test_after_a_failure_nothing_more_starts() -> None:
    log = Log("b")
    failures = Schedule(chain(("a", "b"), ("b", "c")), log).run()
    assert list(failures) == ["b"]
    assert log.order == ["a", "b"]


def test_a_failure_is_reported_while_others_still_run() -> None:
    told = threading.Event()

    def act(name: str) -> None:
        if name == "bad":
            raise RuntimeError(name)
        assert told.wait(600)

    graph = chain(("x", "y"))
    graph.add_nodes_from(["bad"])
    failures = Schedule(graph, act, on_failure=told.set).run()
    assert list(failures) == ["bad"]


def test_keeping_on_spares_only_what_depends_on_the_failure() -> None:
    log = Log("a")
    Schedule(chain(("a", "b"), ("c", "d")), log, keep_going=True).run()
    assert sorted(log.order) == ["a", "c", "d"]


def test_a_held_action_waits_and_goes_when_nothing_else_can() -> None:
    log = Log()
    graph = chain(("late", "last"))
    graph.add_nodes_from(["early"])
    Schedule(graph, log, held={"late": frozenset({"early"})}).run()
    assert log.order == ["early", "late", "last"]
    log = Log()
    Schedule(chain(("a", "b")), log, held={"a": frozenset({"b"})}).run()
    assert log.order == ["a", "b"]


def resource(kind: str, *needs: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "DependsOn": list(needs), "Properties": properties}


def holds(**resources: dict[str, Any]) -> dict[str, frozenset[str]]:
    return held_back(resources, creation_graph({"Resources": resources}))


def test_a_cidr_block_waits_for_subnets_that_do_not_depend_on_it() -> None:
    given = holds(
        Block=resource("AWS::EC2::VPCCidrBlock"),
        Right=resource("AWS::EC2::Subnet", "Block"),
        Wrong=resource("AWS::EC2::Subnet"),
    )
    assert given == {"Block": frozenset({"Wrong"})}


def test_a_release_waits_for_node_groups_that_do_not_depend_on_it() -> None:
    given = holds(
        Chart=resource("Custom::AWSCDK-EKS-HelmChart"),
        Right=resource("AWS::EKS::Nodegroup", "Chart"),
        Wrong=resource("AWS::EKS::Nodegroup"),
    )
    assert given == {"Chart": frozenset({"Wrong"})}


def test_a_node_group_waits_for_coredns_but_not_for_kube_proxy() -> None:
    given = holds(
        Workers=resource("AWS::EKS::Nodegroup"),
        Dns=resource("AWS::EKS::Addon", AddonName="coredns"),
        Proxy=resource("AWS::EKS::Addon", AddonName="kube-proxy"),
    )
    assert given == {"Workers": frozenset({"Dns"})}


def test_node_groups_and_subnets_start_before_the_rest_and_custom_resources_last() -> None:
    kinds = ["Custom::Thing", "AWS::IAM::Role", "AWS::EKS::Nodegroup"]
    assert sorted(kinds, key=lambda kind: traits(kind).precedence) == [
        "AWS::EKS::Nodegroup",
        "AWS::IAM::Role",
        "Custom::Thing",
    ]


def test_an_attachment_waits_for_routes_to_a_transit_gateway_that_do_not_depend_on_it() -> None:
    given = holds(
        Attachment=resource("AWS::EC2::TransitGatewayVpcAttachment"),
        Right=resource("AWS::EC2::Route", "Attachment", TransitGatewayId="tgw-1"),
        Wrong=resource("AWS::EC2::Route", TransitGatewayId="tgw-1"),
        Internet=resource("AWS::EC2::Route", GatewayId="igw-1"),
    )
    assert given == {"Attachment": frozenset({"Wrong"})}
