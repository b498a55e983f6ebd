"""Flows as ``hubble observe -o jsonpb`` prints them, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]


def pod(
    name: str, labels: Mapping[str, str] | None = None, *, namespace: str = "shop", cluster: str = "default"
) -> Json:
    """A pod of a Deployment; by default with the label ``app``."""
    given = labels if labels is not None else {"app": name}
    texts = [f"k8s:{key}={value}" for key, value in given.items()]
    texts += [
        f"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name={namespace}",
        f"k8s:io.cilium.k8s.policy.cluster={cluster}",
        "k8s:io.cilium.k8s.policy.serviceaccount=default",
        f"k8s:io.kubernetes.pod.namespace={namespace}",
    ]
    return {
        "ID": 101,
        "identity": 20001,
        "namespace": namespace,
        "labels": sorted(texts),
        "pod_name": f"{name}-6d4cf56db6-x2x7z",
        "workloads": [{"name": name, "kind": "Deployment"}],
    }


def reserved(*names: str) -> Json:
    """What has a reserved identity."""
    return {"identity": 2, "labels": [f"reserved:{name}" for name in names]}


WORLD = reserved("world")


def flow(source: Json, destination: Json, port: int = 80, protocol: str = "TCP", /, **fields: Any) -> Json:
    """A packet that arrived at its destination; *fields* replace fields, and None removes one."""
    layer: Json = {"source_port": 40001, "destination_port": port}
    if protocol == "TCP":
        layer["flags"] = {"SYN": True}
    if protocol.startswith("ICMP"):
        layer = {"type": port}
    record: Json = {
        "time": "2026-11-30T12:00:00.000000001Z",
        "uuid": "6f8b1c9e-0000-4000-8000-000000000001",
        "verdict": "FORWARDED",
        "ethernet": {"source": "0a:00:00:00:00:01", "destination": "0a:00:00:00:00:02"},
        "IP": {"source": "100.64.0.1", "destination": "100.64.0.2", "ipVersion": "IPv4"},
        "l4": {protocol: layer},
        "source": source,
        "destination": destination,
        "Type": "L3_L4",
        "node_name": "node-1",
        "event_type": {"type": 4, "sub_type": 101},
        "traffic_direction": "INGRESS",
        "trace_observation_point": "TO_ENDPOINT",
        "is_reply": False,
        "Summary": "TCP Flags: SYN",
    }
    record |= fields
    return {key: value for key, value in record.items() if value is not None}


DROPPED: Json = {
    "verdict": "DROPPED",
    "drop_reason": 133,
    "drop_reason_desc": "POLICY_DENIED",
    "event_type": {"type": 1, "sub_type": 133},
    "trace_observation_point": None,
    "is_reply": None,
}
"""The fields of a packet that a policy dropped."""

LEAVING: Json = {"traffic_direction": "EGRESS", "trace_observation_point": "TO_NETWORK"}
"""The fields of a packet that left its source."""


def request(method: str, url: str, headers: Mapping[str, str] | None = None, **fields: Any) -> Json:
    """The fields of an HTTP request that a proxy saw."""
    listed = [{"key": key, "value": value} for key, value in (headers or {}).items()]
    http: Json = {"method": method, "url": url, "protocol": "HTTP/1.1", "headers": listed}
    return _proxied({"type": "REQUEST", "http": http}) | fields


def question(name: str, **fields: Any) -> Json:
    """The fields of a DNS question that a proxy saw."""
    return _proxied({"type": "REQUEST", "dns": {"query": name, "qtypes": ["A"]}}) | LEAVING | fields


def _proxied(layer: Json) -> Json:
    return {"Type": "L7", "l7": layer, "event_type": {"type": 129}, "trace_observation_point": None}


def line(record: Json) -> str:
    """A flow as a line."""
    return json.dumps(
        {"flow": record, "node_name": record.get("node_name", ""), "time": record.get("time", "")},
        separators=(",", ":"),
    )


def lines(records: Sequence[Json]) -> str:
    """Flows as lines."""
    return "".join(f"{line(each)}\n" for each in records)
