from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Flow, HttpRequest
from cdk_eks_cilium.policy_analysis.workloads import Workload
from cdk_eks_cilium.problems import InputError

WORLD = Endpoint.entity("world")


def test_an_invalid_address_is_refused() -> None:
    with pytest.raises(InputError, match=r"cidr: must be an IP address, got '10\.0\.0\.0/8'"):
        Endpoint.address("10.0.0.0/8")


def test_an_entity_that_cannot_send_is_refused() -> None:
    with pytest.raises(
        InputError, match="entity: must be an entity that can send or receive, got 'cluster'; use one of"
    ):
        Endpoint.entity("cluster")


def test_everything_wrong_with_a_flow_is_reported_at_once() -> None:
    with pytest.raises(InputError) as raised:
        Flow(WORLD, WORLD, 70000, "tcp")
    assert [str(problem) for problem in raised.value.problems] == [
        "protocol: must be one of TCP, UDP, SCTP, ICMP, ICMPv6, got 'tcp'",
        "port: must be from 0 to 65535, got 70000",
    ]


def test_the_port_of_icmp_is_its_type() -> None:
    with pytest.raises(InputError, match="port: must be from 0 to 255, got 256"):
        Flow(WORLD, WORLD, 256, "ICMP")


def test_names_are_read_as_dns_reads_them() -> None:
    assert Endpoint.fqdn("API.Example.com.") == Endpoint.fqdn("api.example.com")


def test_pods_on_their_nodes_network_are_nodes() -> None:
    assert Endpoint.pod(Workload("a", "agent", host_network=True)).on_node
    assert Endpoint.entity("remote-node").on_node
    assert not Endpoint.pod(Workload("a", "web")).on_node
    assert not WORLD.on_node


def test_a_flow_is_written_as_one_reads_it() -> None:
    flow = Flow(Endpoint.pod(Workload("a", "web")), Endpoint.fqdn("example.com"), 443)
    assert str(flow) == "a/web -> fqdn example.com TCP 443"


def test_header_names_ignore_case() -> None:
    assert HttpRequest(headers=(("X-Token", "1"),)).header("x-token") == "1"
    assert HttpRequest().header("x-token") is None
