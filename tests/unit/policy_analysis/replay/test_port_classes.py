from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy import load_policies, read_text
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis import Inventory
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow, Ruling
from cdk_eks_cilium.policy_analysis.replay.port_classes import PortClasses
from cdk_eks_cilium.policy_analysis.workloads import NamedPort, Workload
from tests.unit.policy_analysis.evaluation.tier_worlds import tiered_parts
from tests.unit.policy_analysis.evaluation.worlds import drawn_parts

POLICY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {}
  ingress:
  - toPorts: [{ports: [{port: "443", protocol: TCP}, {port: "8000", endPort: 8100, protocol: TCP}]}]
"""
PORTS = (0, 1, 52, 53, 54, 78, 79, 80, 81, 82, 442, 443, 444, 5000, 8079, 8080, 8081, 40000, 65535)


def classes(inventory: Inventory | None = None) -> PortClasses:
    return PortClasses(load_policies(read_text(POLICY, "x")), inventory or Inventory())


@pytest.mark.parametrize(("one", "other"), [(1, 442), (444, 7999), (8001, 8099), (8101, 65535), (8000, 8000)])
def test_ports_between_the_ports_of_policies_are_one(one: int, other: int) -> None:
    assert classes().number("TCP", one) == classes().number("TCP", other)


@pytest.mark.parametrize(("one", "other"), [(442, 443), (443, 444), (7999, 8000), (8100, 8101)])
def test_ports_of_policies_are_told_apart(one: int, other: int) -> None:
    assert classes().number("UDP", one) != classes().number("UDP", other)


def test_ports_with_names_are_told_apart() -> None:
    known = Inventory((Workload("shop", "api", ports=(NamedPort("web", 3000),)),))
    assert classes().number("TCP", 3000) == classes().number("TCP", 3001)
    assert classes(known).number("TCP", 3000) != classes(known).number("TCP", 3001)


def test_each_type_of_icmp_is_told_apart() -> None:
    assert classes().number("ICMP", 8) != classes().number("ICMP", 13)


@given(st.one_of(drawn_parts(), tiered_parts()), st.sampled_from(["TCP", "UDP"]), st.data())
@settings(max_examples=60, deadline=None)
def test_policies_say_the_same_of_ports_of_one_class(
    parts: tuple[list[Policy], Inventory], protocol: str, data: st.DataObject
) -> None:
    evaluation, ports = Evaluation(*parts), PortClasses(*parts)
    pods = [Endpoint.pod(each) for each in parts[1].workloads]
    sides = st.sampled_from([*pods, Endpoint.address("203.0.113.9"), Endpoint.fqdn("www.example.com")])
    source, destination = data.draw(st.sampled_from(pods)), data.draw(sides)
    answers: dict[int, list[Ruling | None]] = {}
    for port in PORTS:
        found = evaluation.explain(Flow(source, destination, port, protocol))
        rulings = [each and replace(each, change="") for each in (found.egress, found.ingress)]
        assert rulings == answers.setdefault(ports.number(protocol, port), rulings)
