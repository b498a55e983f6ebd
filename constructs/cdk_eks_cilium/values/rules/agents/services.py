"""How agents spread the traffic of Services."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Final

from cdk_eks_cilium.versions import behaviour

from .configuration import Configuration
from .rule import Caution, Contradiction

_MODES: Final = ("snat", "dsr", "hybrid")
_ALGORITHMS: Final = ("random", "maglev")
_ACCELERATIONS: Final = ("disabled", "native", "testing-only")
#: The prime numbers that agents take for the table of Maglev.
_MAGLEV_SIZES: Final = (251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071)
#: The ports that Linux gives to outgoing connections: net.ipv4.ip_local_port_range in
#: https://docs.kernel.org/networking/ip-sysctl.html
_FIRST_EPHEMERAL: Final = 32768
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
    return not first < last <= 65535 or (given.node_ports and first > _LAST_EPHEMERAL)


def _unprotected_ports(given: Configuration) -> bool:
    last = given.text("nodePort.range").rpartition(",")[2]
    overlaps = last.isascii() and last.isdigit() and int(last) >= _FIRST_EPHEMERAL
    return overlaps and given.node_ports and given.off("nodePort.autoProtectPortRange")


def _no_ranges(given: Configuration) -> bool:
    return not all(map(_is_range, given.words("localRedirectPolicies.addressMatcherCIDRs")))


def _is_range(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


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
    Contradiction(
        id="CEK2329",
        name="hybrid mode where Services choose their own",
        setting="loadBalancer.mode",
        broken=lambda given: (
            not given.node_ports
            and given.on("bpf.lbModeAnnotation")
            and given.text("loadBalancer.mode") == "hybrid"
        ),
        rule="must not be 'hybrid' with bpf.lbModeAnnotation: agents of Cilium {since} and newer do not "
        "start with both, even beside kube-proxy",
        fix="remove one of them",
        source="NewConfig in pkg/loadbalancer/config.go",
        releases=behaviour.agents.LOAD_BALANCING_ALWAYS_CHECKED,
    ),
    Contradiction(
        id="CEK2337",
        name="Geneve for the answers of Services without Geneve",
        setting="loadBalancer.dsrDispatch",
        broken=lambda given: (
            given.replaces_kube_proxy
            and given.on("bpf.lbModeAnnotation")
            and given.text("loadBalancer.dsrDispatch") == "geneve"
        ),
        rule="must not be 'geneve' with bpf.lbModeAnnotation: it needs the tunnel protocol Geneve, and "
        "agents of Cilium {since} and newer do not start without it",
        fix="remove one of them",
        source="InitKubeProxyReplacementOptions in pkg/kpr/initializer/kube_proxy_replacement.go",
        releases=behaviour.agents.LOAD_BALANCING_ALWAYS_CHECKED,
    ),
    Contradiction(
        id="CEK2338",
        name="node ports that outgoing connections may take",
        setting="nodePort.autoProtectPortRange",
        broken=_unprotected_ports,
        rule=f"must be true for a nodePort.range that reaches {_FIRST_EPHEMERAL}, where Linux takes ports "
        "for outgoing connections: agents do not start otherwise",
        fix="remove it, or end nodePort.range before",
        source="checkNodePortAndEphemeralPortRanges in daemon/cmd/kube_proxy_replacement.go, later in "
        "pkg/kpr/initializer/kube_proxy_replacement.go",
    ),
    Contradiction(
        id="CEK2339",
        name="Gateway API or Ingress beside kube-proxy",
        setting="gatewayAPI.enabled ingressController.enabled",
        broken=lambda given: (
            any(map(given.has_override, ("gatewayAPI.enabled", "ingressController.enabled")))
            and (given.on("gatewayAPI.enabled") or given.on("ingressController.enabled"))
            and not given.node_ports
        ),
        rule="needs kube_proxy_replacement, which leads the traffic to the proxy: the operator serves no "
        "Gateway without it",
        fix="set kube_proxy_replacement to true, or remove it",
        source="initGatewayAPIController in operator/pkg/gateway-api/cell.go; "
        "https://docs.cilium.io/en/stable/network/servicemesh/ingress/#prerequisites",
        releases=behaviour.agents.ENVOY_NEEDS_REPLACEMENT,
    ),
    Contradiction(
        id="CEK2377",
        name="ranges of local redirects that are not ranges",
        setting="localRedirectPolicies.addressMatcherCIDRs",
        broken=_no_ranges,
        rule="must be ranges with their lengths: agents do not start with anything else",
        fix="for example ['169.254.169.254/32'], or remove it",
        source="AddressMatcherCIDRs in pkg/loadbalancer/redirectpolicy/config.go, a list of netip.Prefix",
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
        name="local redirects beside kube-proxy",
        setting="localRedirectPolicies.enabled localRedirectPolicy",
        met=lambda given: bool(given.option("enable-local-redirect-policy")) and not given.node_ports,
        text="Cilium documents local redirect policies for agents that replace kube-proxy, and "
        "skipRedirectFromBackend for load balancing by sockets alone; set kube_proxy_replacement to true",
        source="https://docs.cilium.io/en/v1.16/network/kubernetes/local-redirect-policy/#prerequisites, "
        "which later releases no longer say",
        releases=behaviour.agents.LOCAL_REDIRECTS_WANT_REPLACEMENT,
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
