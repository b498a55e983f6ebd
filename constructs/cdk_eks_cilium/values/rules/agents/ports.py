"""The ports of nodes that agents listen on: they share the node's network with each other and the kubelet."""

from __future__ import annotations

from typing import Final

from .configuration import Configuration
from .rule import Caution, Contradiction

_LAST: Final = 65535
#: The port of each server that runs on every node, and what turns it on besides.
_SERVERS: Final = {
    "clusterHealthPort": "",
    "healthPort": "",
    "hubble.listenAddress": "hubble.enabled",
    "prometheus.port": "prometheus.enabled",
}
_KUBELET: Final = 10250


def _port(given: Configuration, path: str) -> int | None:
    text = given.text(path).rpartition(":")[2]
    return int(text) if text.isascii() and text.isdigit() else None


def _running(given: Configuration) -> dict[str, int]:
    ports = {path: _port(given, path) for path, switch in _SERVERS.items() if not switch or given.on(switch)}
    return {path: port for path, port in ports.items() if port is not None}


def _taken(given: Configuration, path: str) -> bool:
    running = _running(given)
    others = {*(port for other, port in running.items() if other != path), _KUBELET}
    return given.has_override(path) and running.get(path) in others


def _shared(path: str) -> Contradiction:
    return Contradiction(
        id="CEK2393",
        name="two servers on one port of a node",
        setting=path,
        broken=lambda given: _taken(given, path),
        rule="must be a port that nothing else on the node listens on: agents and the kubelet share the "
        "node's network, and agents do not start otherwise",
        fix="choose another port, or remove it",
        source="hostNetwork in templates/cilium-agent/daemonset.yaml of every chart; "
        "https://docs.cilium.io/en/stable/operations/system_requirements/#firewall-rules",
    )


def _no_port(path: str) -> Contradiction:
    return Contradiction(
        id="CEK2394",
        name="ports that do not exist",
        setting=path,
        broken=lambda given: (_port(given, path) or 0) > _LAST,
        rule=f"must be at most {_LAST}, the last port there is: agents do not start otherwise",
        fix="choose another port, or remove it",
        source="https://pkg.go.dev/net#Listen",
    )


CONTRADICTIONS: Final = (*map(_shared, _SERVERS), *map(_no_port, (*_SERVERS, "dnsProxy.proxyPort")))

CAUTIONS: Final[tuple[Caution, ...]] = ()
