from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy_analysis.flows import Sighting, Unjudged, decode
from tests.hubble_flows import DROPPED, LEAVING, WORLD, Json, flow, pod, question, request, reserved

WEB, API = pod("web"), pod("api")


def seen(record: Json) -> Sighting:
    found = decode({"flow": record})
    assert isinstance(found, Sighting)
    return found


def why(record: Json) -> str:
    found = decode({"flow": record})
    assert isinstance(found, Unjudged)
    return found.reason


def test_a_packet_that_arrived_passed_at_its_destination() -> None:
    found = seen(flow(WEB, API, 8443))
    assert (found.direction, found.outcome) == ("ingress", "forwarded")
    assert str(found.conversation) == "shop/web -> shop/api TCP 8443"


def test_a_packet_that_left_passed_at_its_source() -> None:
    assert seen(flow(WEB, API, **LEAVING)).direction == "egress"


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"verdict": "REDIRECTED"}, "forwarded"),
        ({"verdict": "AUDIT"}, "audited"),
        (DROPPED, "denied"),
        (DROPPED | {"drop_reason": 181, "drop_reason_desc": "POLICY_DENY"}, "denied"),
        (DROPPED | {"drop_reason_desc": None}, "denied"),
        (request("GET", "http://api/x", verdict="DROPPED"), "denied"),
    ],
)
def test_outcomes_of_policies_are_known(fields: Json, outcome: str) -> None:
    assert seen(flow(WEB, API, **fields)).outcome == outcome


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"is_reply": True}, "an answer, which passes with its connection"),
        ({"is_reply": None, "reply": True}, "an answer, which passes with its connection"),
        (
            {"trace_observation_point": "FROM_ENDPOINT"},
            "seen before a policy decided (from-endpoint)",
        ),
        (
            {"Type": "SOCK", "verdict": "TRANSLATED"},
            "an event of a socket, whose packets have records of their own (type SOCK)",
        ),
        ({"verdict": "TRANSLATED"}, "an address was translated, and no policy decided (verdict TRANSLATED)"),
        ({"verdict": "TRACED"}, "no policy had decided yet (verdict TRACED)"),
        ({"verdict": "ERROR"}, "a proxy failed (verdict ERROR)"),
        ({"verdict": None}, "without a verdict"),
        (
            DROPPED | {"drop_reason_desc": "STALE_OR_UNROUTABLE_IP"},
            "dropped for another reason than a policy (STALE_OR_UNROUTABLE_IP)",
        ),
        (
            DROPPED | {"drop_reason_desc": None, "drop_reason": 151},
            "dropped for another reason than a policy (151)",
        ),
        (
            DROPPED | {"drop_reason_desc": "AUTH_REQUIRED"},
            "dropped for another reason than a policy (AUTH_REQUIRED)",
        ),
        ({"l4": {"VRRP": {}}}, "protocol VRRP, which has no ports"),
        ({"l4": None}, "protocol unknown, which has no ports"),
        (
            {"l4": {"ICMPv4": {"type": 3, "code": 4}}},
            "an ICMP error or neighbour discovery, which passes without a policy",
        ),
        ({"destination": {}}, "the identity of a side is not in the record"),
        ({"source": reserved("host"), "destination": WORLD}, "neither side is a pod"),
        ({"destination": WORLD}, "seen where no pod has a policy"),
        (
            {"destination": WORLD, "destination_service": {"name": "api", "namespace": "shop"}} | LEAVING,
            "it went to the address of a Service, and pods are judged behind it",
        ),
        (
            {"Type": "L7", "l7": {"type": "REQUEST", "kafka": {"topic": "orders"}}},
            "a request of kafka, which is not judged",
        ),
    ],
)
def test_other_records_are_left_out_with_the_reason(fields: Json, reason: str) -> None:
    assert why(flow(WEB, API, **fields)) == reason


def test_a_reply_that_is_unknown_is_none() -> None:
    # Drops have no is_reply: the agent did not look the connection up.
    assert seen(flow(WEB, API, **DROPPED)).outcome == "denied"


@pytest.mark.parametrize(
    ("fields", "direction"),
    [({}, "ingress"), ({"trace_observation_point": "TO_STACK"}, "egress")],
)
def test_an_unknown_direction_follows_from_where_it_was_seen(fields: Json, direction: str) -> None:
    assert seen(flow(WEB, API, traffic_direction=None, **fields)).direction == direction


def test_types_of_icmp_stand_in_for_ports() -> None:
    found = seen(flow(WEB, API, 8, "ICMPv4")).conversation
    assert (found.protocol, found.port) == ("ICMP", 8)
    found = seen(flow(WEB, API, 128, "ICMPv6")).conversation
    assert (found.protocol, found.port) == ("ICMPv6", 128)


def test_a_request_has_its_query_because_envoy_matches_it() -> None:
    fields = request("POST", "http://api.shop:8080/orders?new=1", {"X-Token": "1"})
    found = seen(flow(WEB, API, 8080, **fields)).conversation.request
    assert found is not None
    assert (found.method, found.path, found.host) == ("POST", "/orders?new=1", "api.shop:8080")
    assert found.headers == (("X-Token", "1"),)


def test_a_redacted_header_marks_the_conversation() -> None:
    fields = request("GET", "http://api/", {"X-Token": "HUBBLE_REDACTED"})
    assert seen(flow(WEB, API, **fields)).conversation.is_redacted


def test_a_question_is_a_name_without_its_dot() -> None:
    found = seen(
        flow(WEB, pod("coredns", namespace="kube-system"), 53, "UDP", **question("Pay.Example.com."))
    )
    assert found.conversation.question == "pay.example.com"


def test_names_of_addresses_are_those_of_the_destination() -> None:
    record = flow(WEB, WORLD, 443, destination_names=["pay.example.com."], **LEAVING)
    assert str(seen(record).conversation) == "shop/web -> fqdn pay.example.com TCP 443"


def test_both_spellings_of_protojson_are_read() -> None:
    plain = flow(WEB, API, **DROPPED)
    camel = {_camel(key): value for key, value in plain.items()}
    camel["l4"] = {"TCP": {"sourcePort": 40001, "destinationPort": 80}}
    camel["source"] = {_camel(key): value for key, value in WEB.items()}
    assert seen(camel) == seen(plain)


def test_enumerations_may_be_numbers() -> None:
    record = flow(WEB, API, verdict=1, traffic_direction=2, trace_observation_point=None)
    assert (seen(record).direction, seen(record).outcome) == ("egress", "forwarded")


def test_a_flow_may_stand_without_its_wrapper() -> None:
    assert isinstance(decode(flow(WEB, API)), Sighting)


@pytest.mark.parametrize("data", [{"lost_events": {}}, {"node_status": {}}, {"nodeStatus": {}}])
def test_lines_without_a_flow_are_no_records(data: dict[str, Any]) -> None:
    assert decode(data) is None


@pytest.mark.parametrize("data", [{}, {"kind": "Pod"}, {"flow": {"verdict": "FORWARDED", "l4": "TCP"}}])
def test_other_json_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"flow|object"):
        decode(data)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
