"""What agents refuse when they start, and what they silently do instead."""

from __future__ import annotations

from typing import Final

from .behaviour import Behaviour

ALWAYS: Final = Behaviour(
    "Every release known here does it.",
    source="the source of the rule that asks",
)
BIG_TCP_NEEDS_VETH: Final = Behaviour(
    "Agents refuse BIG TCP with netkit devices.",
    source="validateConfig in pkg/datapath/linux/bigtcp/bigtcp.go, which asks for veth up to 1.16",
    until="1.17",
)
BEST_EFFORT_XDP: Final = Behaviour(
    "XDP acceleration may be 'best-effort': devices whose driver lacks it go without.",
    source="NodePortAccelerationBestEffort in pkg/option/config.go, from 1.14",
    since="1.14",
)
EGRESS_GATEWAY_REFUSES_KVSTORE: Final = Behaviour(
    "Agents refuse the egress gateway unless identities are custom resources.",
    source="https://github.com/cilium/cilium/pull/26189",
    since="1.14",
)
EGRESS_GATEWAY_REFUSES_SLICES: Final = Behaviour(
    "Agents refuse the egress gateway with CiliumEndpointSlices; before, it missed pods.",
    source="https://github.com/cilium/cilium/pull/27984",
    since="1.15",
)
ENVOY_NEEDS_REPLACEMENT: Final = Behaviour(
    "Agents lead traffic to CiliumEnvoyConfigs only where they replace kube-proxy; before, they turned the "
    "part on that they needed.",
    source="initKubeProxyReplacementOptions in daemon/cmd/kube_proxy_replacement.go, which lost the switch "
    "with 1.16; https://docs.cilium.io/en/stable/network/servicemesh/l7-traffic-management/#prerequisites",
    since="1.16",
)
IDENTITIES_IN_BOTH: Final = Behaviour(
    "Identities may be kept as custom resources and in etcd, to move from one to the other.",
    source="https://github.com/cilium/cilium/pull/31920",
    since="1.17",
)
IPSEC_EXCLUDES_REPLACEMENT: Final = Behaviour(
    "Agents refuse IPsec where they replace kube-proxy.",
    source="https://github.com/cilium/cilium/pull/31760",
    until="1.16",
)
IPSEC_NEEDS_TRANSPARENT_DNS: Final = Behaviour(
    "Agents refuse IPsec with a DNS proxy that is not transparent.",
    source="initAndValidateDaemonConfig in daemon/cmd/daemon.go, daemon/cmd/daemon_main.go before",
    since="1.16",
)
LOAD_BALANCING_ALWAYS_CHECKED: Final = Behaviour(
    "Agents check how they spread the traffic of Services even where kube-proxy does it.",
    source="NewConfig in pkg/loadbalancer/config.go, daemon/cmd/kube_proxy_replacement.go before",
    since="1.18",
)
LOCAL_REDIRECTS_WANT_REPLACEMENT: Final = Behaviour(
    "Cilium documents local redirect policies for agents that replace kube-proxy.",
    source="https://docs.cilium.io/en/v1.16/network/kubernetes/local-redirect-policy/#prerequisites",
    until="1.18",
)
NETKIT: Final = Behaviour(
    "The devices of pods may be netkit devices.",
    source="https://github.com/cilium/cilium/pull/32429",
    since="1.16",
)
NETKIT_DETECTED: Final = Behaviour(
    "Agents may decide themselves between netkit and veth devices of pods.",
    source="https://github.com/cilium/cilium/pull/43062",
    since="1.20",
)
NETKIT_NEEDS_HOST_ROUTING: Final = Behaviour(
    "Agents refuse netkit devices without eBPF host routing; before, they ran in a combination that Cilium "
    "documents as unsupported.",
    source="https://github.com/cilium/cilium/pull/44713 and https://github.com/cilium/cilium/pull/46032",
    since="1.20",
)
POLICY_MAPS_CAPPED: Final = Behaviour(
    "Agents lower a policy map that is too large; before, they refused it.",
    source="checkMapSizeLimits in pkg/option/config.go",
    since="1.14",
)
WIREGUARD_EXCLUDES_PROXY: Final = Behaviour(
    "Agents refuse WireGuard with the proxy of layer 7.",
    source="https://github.com/cilium/cilium/pull/19401",
    until="1.14",
)
