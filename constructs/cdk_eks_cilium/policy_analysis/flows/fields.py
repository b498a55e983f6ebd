"""The fields of a flow, and which of them have a part in answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

JUDGED: Final = frozenset(
    {
        "IP",
        "Type",
        "destination",
        "destination_names",
        "destination_service",
        "drop_reason",
        "drop_reason_desc",
        "is_reply",
        "l4",
        "l7",
        "reply",
        "source",
        "trace_observation_point",
        "traffic_direction",
        "verdict",
    }
)
"""Fields that decide what a record means."""

DESCRIPTIVE: Final = frozenset(
    {
        "Summary",
        "cgroup_id",
        "debug_capture_point",
        "egress_allowed_by",
        "egress_denied_by",
        "emitter",
        "ethernet",
        "event_type",
        "file",
        "ingress_allowed_by",
        "ingress_denied_by",
        "interface",
        "ip_trace_id",
        "node_labels",
        "node_name",
        "policy_log",
        "policy_match_type",
        "proxy_port",
        "sock_xlate_point",
        "socket_cookie",
        "time",
        "trace_context",
        "trace_reason",
        "uuid",
    }
)
"""Fields that say where, when and how a packet was seen, or what the policies of that time were."""

NOT_JUDGED: Final[Mapping[str, str]] = {
    "aggregate": "one record stands for several packets, and is counted once",
    "auth_type": "whether the sides proved who they are",
    "extensions": "what vendors of Cilium add",
    "source_names": "the DNS names of callers: Cilium does not know callers by names",
    "source_service": "the Service of a caller: policies do not mean it",
    "tunnel": "the packet around the packet",
}
"""Fields that could matter and are not judged, with what they are."""

_KNOWN: Final = JUDGED | DESCRIPTIVE


def unjudged_fields(flow: Mapping[str, Any]) -> Iterable[str]:
    """The fields of a flow, in the proto's spelling, that are not judged, or that are not known here."""
    for name, value in flow.items():
        if name in _KNOWN or value in (None, "", [], {}, "DISABLED", 0):
            continue
        plain = spelled(name)
        if plain not in _KNOWN:
            yield plain


def judged_fields(flow: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a flow that decide what it means."""
    return {name: value for name, value in flow.items() if name in JUDGED or spelled(name) in JUDGED}


@lru_cache(maxsize=1024)
def spelled(name: str) -> str:
    """A field that may be in camel case as the proto spells it."""
    if name in _KNOWN:
        return name
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@lru_cache(maxsize=1024)
def in_camel_case(name: str) -> str:
    """A field of the proto as protojson writes it by default."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
