"""What depends on how packets go between pods and the network."""

from __future__ import annotations

from ipaddress import IPv4Network
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


def _no_native_cidr(given: Configuration) -> bool:
    text = given.text("ipv4NativeRoutingCIDR")
    try:
        IPv4Network(text or "10.0.0.0/8", strict=False)
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
        broken=lambda given: (
            given.text("bpf.datapathMode") not in ("", "veth", "netkit", "netkit-l2", "auto")
        ),
        rule="must be 'veth', 'netkit' or 'netkit-l2': agents do not start with another one, and 'lb-only' "
        "has no pods",
        fix="remove it",
        source="pkg/datapath/connector/config.go, earlier daemon/cmd/daemon_main.go",
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
