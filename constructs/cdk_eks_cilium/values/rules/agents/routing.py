"""What depends on how packets go between pods and the network."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Final

from cdk_eks_cilium.versions import behaviour

from .configuration import Configuration
from .rule import Caution, Contradiction

_HOST_ROUTING: Final = "set kube_proxy_replacement, and egress 'pod' or masquerade 'ebpf'; or remove it"
_BIG_TCP: Final = "enableIPv4BIGTCP enableIPv6BIGTCP"
_BIG_TCP_SOURCE: Final = (
    "validateConfig in pkg/datapath/linux/bigtcp/bigtcp.go; "
    "https://docs.cilium.io/en/stable/operations/performance/tuning/#ipv4-big-tcp"
)


def _big_tcp(given: Configuration) -> bool:
    return any(map(given.on, _BIG_TCP.split()))


def _netkit(given: Configuration) -> bool:
    return given.text("bpf.datapathMode") in ("netkit", "netkit-l2")


def _unknown_devices(given: Configuration) -> bool:
    known = ["", "veth"]
    if behaviour.agents.NETKIT.holds(given.version):
        known += ["netkit", "netkit-l2"]
    if behaviour.agents.NETKIT_DETECTED.holds(given.version):
        known += ["auto"]
    return given.text("bpf.datapathMode") not in known


def _no_native_cidr(given: Configuration) -> bool:
    text = given.text("ipv4NativeRoutingCIDR")
    try:
        IPv4Network(text or "10.0.0.0/8", strict=False)
    except ValueError:
        return True
    return bool(text) and "/" not in text


def _no_native_ipv6_cidr(given: Configuration) -> bool:
    text = given.text("ipv6NativeRoutingCIDR")
    try:
        IPv6Network(text or "::/0", strict=False)
    except ValueError:
        return True
    return bool(text) and "/" not in text


CONTRADICTIONS: Final = (
    Contradiction(
        id="CEK2310",
        name="BIG TCP without eBPF host routing",
        setting=_BIG_TCP,
        broken=lambda given: _big_tcp(given) and not given.ebpf_host_routing,
        rule="needs eBPF host routing: the node's own network stack does not take packets of this size",
        fix=_HOST_ROUTING,
        source=_BIG_TCP_SOURCE,
    ),
    Contradiction(
        id="CEK2311",
        name="BIG TCP with IPsec",
        setting=_BIG_TCP,
        broken=lambda given: _big_tcp(given) and given.ipsec,
        rule="does not go with IPsec: agents do not start with both",
        fix="use encryption 'wireguard', or remove it",
        source=_BIG_TCP_SOURCE,
    ),
    Contradiction(
        id="CEK2312",
        name="BIG TCP with netkit",
        setting=_BIG_TCP,
        broken=lambda given: _big_tcp(given) and given.text("bpf.datapathMode") not in ("", "veth"),
        rule="needs bpf.datapathMode 'veth': agents of Cilium {version} do not start with another one",
        fix="remove one of them, or use Cilium {until} or newer",
        source=_BIG_TCP_SOURCE,
        releases=behaviour.agents.BIG_TCP_NEEDS_VETH,
    ),
    Contradiction(
        id="CEK2313",
        name="BBR without eBPF host routing",
        setting="bandwidthManager.bbr",
        broken=lambda given: (
            given.values.bandwidth_manager is None
            and given.on("bandwidthManager.enabled")
            and given.on("bandwidthManager.bbr")
            and not given.ebpf_host_routing
        ),
        rule="needs eBPF host routing: agents do not start with BBR on the node's own stack",
        fix=_HOST_ROUTING,
        source="pkg/datapath/linux/bandwidth/bandwidth.go",
    ),
    Contradiction(
        id="CEK2314",
        name="netkit without eBPF host routing",
        setting="bpf.datapathMode",
        broken=lambda given: _netkit(given) and not given.ebpf_host_routing,
        rule="needs eBPF host routing: agents of Cilium {since} and newer do not start with netkit on the "
        "node's own stack",
        fix=_HOST_ROUTING,
        source="pkg/datapath/connector/config.go, pkg/kpr/initializer/kube_proxy_replacement.go",
        releases=behaviour.agents.NETKIT_NEEDS_HOST_ROUTING,
    ),
    Contradiction(
        id="CEK2316",
        name="unknown devices of pods",
        setting="bpf.datapathMode",
        broken=_unknown_devices,
        rule=f"must be 'veth', from Cilium {behaviour.agents.NETKIT.since} on 'netkit' or 'netkit-l2', and "
        f"from {behaviour.agents.NETKIT_DETECTED.since} on 'auto': agents do not start with another one, and "
        "'lb-only' has no pods",
        fix="remove it",
        source="newConfig in pkg/datapath/connector/config.go, initEnv in daemon/cmd/daemon_main.go before",
    ),
    Contradiction(
        id="CEK2317",
        name="native routing range that is not a range",
        setting="ipv4NativeRoutingCIDR",
        broken=_no_native_cidr,
        rule="must be an IPv4 range: agents do not start with anything else",
        fix="for example '10.0.0.0/8', or remove it",
        source="Populate in pkg/option/config.go",
    ),
    Contradiction(
        id="CEK2318",
        name="IPv6 past the chart",
        setting="ipv6.enabled",
        broken=lambda given: given.by_option("ipv6.enabled") and given.on("ipv6.enabled"),
        rule="must be set by overrides.ipv6.enabled, from which the operator's permissions follow; agents "
        f"below Cilium {behaviour.datapath.IPV6_WITH_ENI.since} do not start with IPv6 in ENI mode at all",
        fix=f"remove it, or set ipv6.enabled with Cilium {behaviour.datapath.IPV6_WITH_ENI.since} or newer",
        source="Validate in pkg/option/config.go; https://github.com/cilium/cilium/pull/46619",
    ),
    Contradiction(
        id="CEK2319",
        name="native routing range of IPv6 that is not a range",
        setting="ipv6NativeRoutingCIDR",
        broken=_no_native_ipv6_cidr,
        rule="must be an IPv6 range: agents do not start with anything else",
        fix="for example 'fd00::/8', or remove it",
        source="Populate in pkg/option/config.go",
    ),
    Contradiction(
        id="CEK2379",
        name="unreachable nodes skipped without routes to nodes",
        setting="directRoutingSkipUnreachable",
        broken=lambda given: (
            given.on("directRoutingSkipUnreachable") and not given.on("autoDirectNodeRoutes")
        ),
        rule="needs autoDirectNodeRoutes: agents do not start without it",
        fix="remove it, the VPC routes between the nodes",
        source="Populate in pkg/option/config.go",
    ),
    Contradiction(
        id="CEK2385",
        name="netkit with the proxy in eBPF, past the chart",
        setting="bpf.tproxy bpf.datapathMode",
        broken=lambda given: (
            _netkit(given)
            and given.on("bpf.tproxy")
            and any(map(given.by_option, ("bpf.tproxy", "bpf.datapathMode")))
        ),
        rule="does not go with netkit: agents do not start with bpf.tproxy and bpf.datapathMode 'netkit'",
        fix="remove one of the two",
        source="canUseNetkit in pkg/datapath/connector/config.go; "
        "https://github.com/cilium/cilium/issues/39892",
        releases=behaviour.refusals.NETKIT_WITHOUT_TPROXY,
    ),
    Contradiction(
        id="CEK2388",
        name="translation between IPv4 and IPv6 without IPv6",
        setting="nat46x64Gateway.enabled",
        broken=lambda given: given.on("nat46x64Gateway.enabled") and not given.on("ipv6.enabled"),
        rule="needs ipv6.enabled: agents do not start without it",
        fix="remove it",
        source="Populate in pkg/option/config.go",
    ),
)

CAUTIONS: Final = (
    Caution(
        name="netkit on the node's own stack",
        setting="bpf.datapathMode",
        met=lambda given: (
            _netkit(given)
            and not given.ebpf_host_routing
            and not behaviour.agents.NETKIT_NEEDS_HOST_ROUTING.holds(given.version)
        ),
        text="Cilium documents netkit for eBPF host routing alone, and later releases refuse it otherwise; "
        "set kube_proxy_replacement, and egress 'pod' or masquerade 'ebpf'",
        source="https://docs.cilium.io/en/stable/operations/performance/tuning/#netkit-device-mode",
    ),
)
