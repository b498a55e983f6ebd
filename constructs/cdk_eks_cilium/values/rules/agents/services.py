"""How agents spread the traffic of Services."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.versions import behaviour

from .configuration import Configuration
from .rule import Caution, Contradiction

_MODES: Final = ("snat", "dsr", "hybrid")
_ALGORITHMS: Final = ("random", "maglev")
_ACCELERATIONS: Final = ("disabled", "native", "testing-only")
#: The prime numbers that agents take for the table of Maglev.
_MAGLEV_SIZES: Final = (251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071)
#: The last port that Linux gives to outgoing connections (net.ipv4.ip_local_port_range).
_LAST_EPHEMERAL: Final = 60999
_LOAD_BALANCING: Final = "daemon/cmd/kube_proxy_replacement.go, pkg/loadbalancer/config.go later"


def _accelerations(given: Configuration) -> tuple[str, ...]:
    best_effort = behaviour.agents.BEST_EFFORT_XDP.holds(given.version)
    return (*_ACCELERATIONS, "best-effort") if best_effort else _ACCELERATIONS


def _no_port_range(given: Configuration) -> bool:
    text = given.text("nodePort.range")
    parts = text.split(",")
    if not text:
        return False
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return True
    first, last = map(int, parts)
    return not first < last <= 65535 or first > _LAST_EPHEMERAL


CONTRADICTIONS: Final = (
    Contradiction(
        id="CEK2320",
        name="answers that go past the load balancer",
        setting="loadBalancer.mode",
        broken=lambda given: given.node_ports and given.text("loadBalancer.mode") in ("dsr", "hybrid"),
        rule="must be 'snat' with kube_proxy_replacement on EC2: with 'dsr' and 'hybrid' nodes send packets "
        "on whose addresses are not theirs, and EC2's source/destination check drops them",
        fix="remove it; externalTrafficPolicy 'Local' keeps the addresses of clients",
        source="https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/"
        "#direct-server-return-dsr; "
        "https://github.com/cilium/cilium/issues/13600, https://github.com/cilium/cilium/issues/14243; "
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html",
    ),
    Contradiction(
        id="CEK2321",
        name="unknown way to send packets on",
        setting="loadBalancer.mode",
        broken=lambda given: given.text("loadBalancer.mode") not in ("", *_MODES),
        rule="must be one of snat, dsr, hybrid: agents do not start with another mode",
        fix="remove it",
        source=_LOAD_BALANCING,
    ),
    Contradiction(
        id="CEK2322",
        name="unknown choice of backends",
        setting="loadBalancer.algorithm",
        broken=lambda given: given.text("loadBalancer.algorithm") not in ("", *_ALGORITHMS),
        rule="must be 'random' or 'maglev': agents do not start with another algorithm",
        fix="remove it",
        source=_LOAD_BALANCING,
    ),
    Contradiction(
        id="CEK2323",
        name="unknown acceleration",
        setting="loadBalancer.acceleration",
        broken=lambda given: given.text("loadBalancer.acceleration") not in ("", *_accelerations(given)),
        rule="must be one that agents of Cilium {version} know: they do not start with another one",
        fix="use 'disabled', or remove it",
        source=_LOAD_BALANCING,
    ),
    Contradiction(
        id="CEK2324",
        name="XDP on EC2's network interfaces",
        setting="loadBalancer.acceleration",
        broken=lambda given: given.node_ports and given.text("loadBalancer.acceleration") == "native",
        rule="must not be 'native' on EC2's interfaces: their driver takes XDP up to an MTU of 3498 and with "
        "half of its queues, the nodes have 9001 and all of them, and agents do not start",
        fix="remove it; 'best-effort' tries",
        source="https://github.com/cilium/cilium/pull/19593; https://github.com/cilium/cilium/issues/12138",
    ),
    Contradiction(
        id="CEK2325",
        name="table of Maglev of another size",
        setting="maglev.tableSize",
        broken=lambda given: (
            given.text("loadBalancer.algorithm") == "maglev"
            and bool(given.text("maglev.tableSize"))
            and given.number("maglev.tableSize") not in _MAGLEV_SIZES
        ),
        rule=f"must be one of the prime numbers {', '.join(map(str, _MAGLEV_SIZES))} with "
        "loadBalancer.algorithm 'maglev': agents do not start with another one",
        fix="remove it",
        source="daemon/cmd/kube_proxy_replacement.go, pkg/maglev/maglev.go later",
    ),
    Contradiction(
        id="CEK2326",
        name="range of node ports that is not one",
        setting="nodePort.range",
        broken=_no_port_range,
        rule="must be two ports, the lower one first, which do not lie behind the ports of outgoing "
        "connections: agents do not start otherwise",
        fix="for example '30000,32767', or remove it",
        source="populateNodePortRange in pkg/option/config.go; checkNodePortAndEphemeralPortRanges",
    ),
    Contradiction(
        id="CEK2327",
        name="the proxy as a load balancer beside kube-proxy",
        setting="envoyConfig.enabled",
        broken=lambda given: given.on("envoyConfig.enabled") and not given.node_ports,
        rule="needs kube_proxy_replacement, which leads the traffic to the proxy",
        fix="set kube_proxy_replacement to true, or remove it",
        source="https://docs.cilium.io/en/stable/network/servicemesh/l7-traffic-management/#prerequisites",
        releases=behaviour.agents.ENVOY_NEEDS_REPLACEMENT,
    ),
    Contradiction(
        id="CEK2328",
        name="Services through the proxy beside kube-proxy",
        setting="loadBalancer.l7.backend",
        broken=lambda given: given.text("loadBalancer.l7.backend") == "envoy" and not given.node_ports,
        rule="needs kube_proxy_replacement, which leads the traffic to the proxy",
        fix="set kube_proxy_replacement to true, or remove it",
        source="https://docs.cilium.io/en/stable/network/servicemesh/envoy-load-balancing/#prerequisites",
        releases=behaviour.agents.ENVOY_NEEDS_REPLACEMENT,
    ),
)

CAUTIONS: Final = (
    Caution(
        name="Services that ask for DSR",
        setting="bpf.lbModeAnnotation",
        met=lambda given: given.on("bpf.lbModeAnnotation") and given.node_ports,
        text="EC2's source/destination check drops the packets of Services whose annotation asks for 'dsr'; "
        "keep to 'snat'",
        source="https://github.com/cilium/cilium/issues/13600",
    ),
    Caution(
        name="topology of Services beside kube-proxy",
        setting="loadBalancer.serviceTopology",
        met=lambda given: given.on("loadBalancer.serviceTopology") and not given.replaces_kube_proxy,
        text="has no effect on Services that kube-proxy serves; set kube_proxy_replacement to true",
        source="https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/#topology-aware-hints",
    ),
    Caution(
        name="XDP that does not come about",
        setting="loadBalancer.acceleration",
        met=lambda given: given.node_ports and given.text("loadBalancer.acceleration") == "best-effort",
        text="is off on the nodes of this library: their interfaces take XDP up to an MTU of 3498, and have "
        "9001",
        source="https://github.com/cilium/cilium/pull/19593",
    ),
)
