"""What a record of Hubble means, from its JSON.

Fields are from `api/v1/flow/flow.proto` in Cilium, as protojson writes them: with their names there
(``hubble observe -o jsonpb``, exported files), or in camel case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from cdk_eks_cilium.policy_analysis.evaluation import Direction, HttpRequest

from .fields import in_camel_case
from .parties import party_of
from .record import Conversation, Example, Outcome, Party, Sighting, Unjudged

# Enumerations of flow.proto by number, for exporters that write numbers.
_VERDICTS: Final = ("", "FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED", "TRACED", "TRANSLATED")
_DIRECTIONS: Final = ("", "INGRESS", "EGRESS")
_POLICY_DROPS: Final = {133: "POLICY_DENIED", 181: "POLICY_DENY"}

_PASSED: Final = frozenset({"FORWARDED", "REDIRECTED"})
_NO_VERDICT: Final = {
    "ERROR": "a proxy failed (verdict ERROR)",
    "TRACED": "no policy had decided yet (verdict TRACED)",
    "TRANSLATED": "an address was translated, and no policy decided (verdict TRANSLATED)",
}

# Points before the policy of the endpoint; a record from another point of the same packet tells the outcome.
_BEFORE: Final = "FROM_"

# ICMP errors pass with the connection that they are about (`ct_extract_ports4`, CT_RELATED, in Cilium's
# bpf/lib/conntrack.h), and agents answer neighbour discovery (bpf/lib/icmp6.h).
_RELATED: Final = {
    "ICMPv4": frozenset({3, 4, 5, 11, 12}),
    "ICMPv6": frozenset({1, 2, 3, 4, *range(133, 138)}),
}
_PORTS: Final = ("TCP", "UDP", "SCTP")

ANSWER: Final = Unjudged("an answer, which passes with its connection")
"""The meaning of every answer, whatever else its record has."""

SOCKET_EVENT: Final = Unjudged("an event of a socket, whose packets have records of their own (type SOCK)")
"""The meaning of every event of a socket that is not an answer, whatever else its record has."""


def decode(data: Mapping[str, Any]) -> Sighting | Unjudged | None:
    """Say what the object of a line means.

    Returns:
        None if the line has no flow, which is the case for lost events and for the states of nodes.

    Raises:
        ValueError: If it is not from Hubble.
    """
    flow = data.get("flow")
    if not isinstance(flow, Mapping):
        if "IP" not in data and "l4" not in data:
            if {"lost_events", "lostEvents", "node_status", "nodeStatus"} & data.keys():
                return None
            raise ValueError("it has no flow")
        flow = data  # `hubble observe -o json` of old releases
    return _decode(flow, str(flow.get("time") or data.get("time") or ""))


def _decode(flow: Mapping[str, Any], time: str) -> Sighting | Unjudged:
    if _is_reply(flow):
        return ANSWER
    outcome = _outcome(flow)
    if isinstance(outcome, Unjudged):
        return outcome
    at = _at(flow)
    if isinstance(at, Unjudged):
        return at
    protocol, port = at
    addresses = _mapping(flow, "IP")
    source = party_of(_mapping(flow, "source"), _text(addresses.get("source")), _list(flow, "source_names"))
    destination = party_of(
        _mapping(flow, "destination"),
        _text(addresses.get("destination")),
        _list(flow, "destination_names"),
    )
    unknown = next((one for one in (source, destination) if isinstance(one, Unjudged)), None)
    if unknown is not None:
        return unknown
    assert isinstance(source, Party)
    assert isinstance(destination, Party)
    direction = _direction(flow, source, destination)
    if isinstance(direction, Unjudged):
        return direction
    if destination.kind == "world" and _mapping(flow, "destination_service"):
        return Unjudged("it went to the address of a Service, and pods are judged behind it")
    seen = _request(flow)
    if isinstance(seen, Unjudged):
        return seen
    request, question = seen
    conversation = Conversation(source, destination, protocol, port, request, question)
    return Sighting(conversation, direction, outcome, example_of(flow, time))


def _get(data: Mapping[str, Any], name: str) -> Any:
    """A field by its name in the proto, in either spelling."""
    found = data.get(name)
    return data.get(in_camel_case(name)) if found is None else found


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = _get(data, name)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ValueError(f"{name} is not an object")
    return found


def _list(data: Mapping[str, Any], name: str) -> Sequence[str]:
    found = _get(data, name)
    return [str(each) for each in found] if isinstance(found, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Any, words: Sequence[str]) -> str:
    """A value of an enumeration, which protojson writes by name or by number."""
    if isinstance(value, int) and 0 <= value < len(words):
        return words[value]
    return _text(value)


def _is_reply(flow: Mapping[str, Any]) -> bool:
    # `reply` alone is older than `is_reply`, and does not tell a request from what is unknown.
    found = _get(flow, "is_reply")
    if isinstance(found, Mapping):
        found = found.get("value")
    return bool(found if found is not None else flow.get("reply"))


def _outcome(flow: Mapping[str, Any]) -> Outcome | Unjudged:
    verdict = _word(flow.get("verdict"), _VERDICTS)
    if flow.get("Type") in ("SOCK", 3):
        return SOCKET_EVENT
    if verdict in _PASSED:
        point = _text(_get(flow, "trace_observation_point"))
        if point.startswith(_BEFORE):
            return Unjudged(f"seen before a policy decided ({point.lower().replace('_', '-')})")
        return "forwarded"
    if verdict == "AUDIT":
        return "audited"
    if verdict == "DROPPED":
        return _dropped(flow)
    return Unjudged(_NO_VERDICT.get(verdict, "without a verdict"))


def _dropped(flow: Mapping[str, Any]) -> Outcome | Unjudged:
    if flow.get("l7") is not None:
        return "denied"  # by the proxy, which has no drop reasons (`decodeVerdict` in parser/seven)
    reason = _get(flow, "drop_reason_desc") or _get(flow, "drop_reason")
    if isinstance(reason, int):
        reason = _POLICY_DROPS.get(reason, str(reason))
    if reason in _POLICY_DROPS.values():
        return "denied"
    return Unjudged(f"dropped for another reason than a policy ({reason or 'unknown reason'})")


def _at(flow: Mapping[str, Any]) -> tuple[str, int] | Unjudged:
    """Protocol and port, or ICMP type."""
    layer = _mapping(flow, "l4")
    for name in _PORTS:
        if name in layer:
            return name, int(_get(_mapping(layer, name), "destination_port") or 0)
    for name, related in _RELATED.items():
        if name in layer:
            kind = int(_mapping(layer, name).get("type") or 0)
            if kind in related:
                return Unjudged("an ICMP error or neighbour discovery, which passes without a policy")
            return ("ICMP" if name == "ICMPv4" else name), kind
    return Unjudged(f"protocol {', '.join(layer) or 'unknown'}, which has no ports")


def _direction(flow: Mapping[str, Any], source: Party, destination: Party) -> Direction | Unjudged:
    """Where it was seen. Only a pod has policies."""
    if "pod" not in (source.kind, destination.kind):
        return Unjudged("neither side is a pod")
    word = _word(_get(flow, "traffic_direction"), _DIRECTIONS)
    if not word:
        # The direction of forwarded packets is unknown where the agent did not know their connection.
        arrived = _get(flow, "trace_observation_point") in ("TO_ENDPOINT", 101)
        word = "INGRESS" if arrived or source.kind != "pod" else "EGRESS"
    if word == "INGRESS":
        return "ingress" if destination.kind == "pod" else Unjudged("seen where no pod has a policy")
    return "egress" if source.kind == "pod" else Unjudged("seen where no pod has a policy")


def _request(flow: Mapping[str, Any]) -> tuple[HttpRequest | None, str | None] | Unjudged:
    layer = _mapping(flow, "l7")
    if not layer:
        return None, None
    if http := _mapping(layer, "http"):
        parts = urlsplit(_text(http.get("url")))
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        headers = tuple(
            (_text(each.get("key")), _text(each.get("value")))
            for each in http.get("headers") or ()
            if isinstance(each, Mapping)
        )
        return HttpRequest(_text(http.get("method")) or "GET", path, parts.netloc, headers), None
    if dns := _mapping(layer, "dns"):
        return None, _text(dns.get("query")).rstrip(".").lower()
    other = next((name for name in layer if name not in ("type", "latency_ns", "latencyNs")), "unknown")
    return Unjudged(f"a request of {other}, which is not judged")


def example_of(flow: Mapping[str, Any], time: str) -> Example:
    """The record of a flow, for people."""
    addresses = _mapping(flow, "IP")

    def name(side: str) -> str:
        endpoint = _mapping(flow, side)
        pod = _text(_get(endpoint, "pod_name"))
        return f"{_text(endpoint.get('namespace'))}/{pod}" if pod else _text(addresses.get(side)) or "unknown"

    return Example(time, name("source"), name("destination"), _text(_get(flow, "node_name")))
