"""What depends on who translates the addresses of pods."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.versions import behaviour

from .rule import Caution, Contradiction

_WAY: Final = (
    "use egress 'node' with masquerade 'ebpf' and kube_proxy_replacement (Cilium {known} or newer), "
    "or remove it"
)

CONTRADICTIONS: Final = (
    Contradiction(
        id="CEK2300",
        name="ip-masq-agent without eBPF masquerading",
        setting="ipMasqAgent.enabled",
        broken=lambda given: given.on("ipMasqAgent.enabled") and not given.ebpf_masquerading,
        rule="needs masquerade 'ebpf': agents do not start with ip-masq-agent where iptables or nothing "
        "translates addresses",
        fix=_WAY,
        source="daemon/cmd/daemon.go; https://github.com/cilium/cilium/issues/35501",
    ),
    Contradiction(
        id="CEK2301",
        name="egress gateway without eBPF masquerading",
        setting="egressGateway.enabled",
        broken=lambda given: given.on("egressGateway.enabled") and not given.ebpf_masquerading,
        rule="needs masquerade 'ebpf': agents do not start with the egress gateway where iptables or "
        "nothing translates addresses",
        fix=_WAY,
        source="pkg/egressgateway/manager.go, earlier daemon/cmd/daemon.go; "
        "https://github.com/cilium/cilium/issues/31634",
    ),
    Contradiction(
        id="CEK2302",
        name="egress gateway with CiliumEndpointSlices",
        setting="egressGateway.enabled",
        broken=lambda given: given.on("egressGateway.enabled") and given.endpoint_slices,
        rule="does not go with ciliumEndpointSlice.enabled: agents of Cilium {since} and newer do not start "
        "with both",
        fix="turn one of them off",
        source="pkg/egressgateway/manager.go; https://github.com/cilium/cilium/issues/24833",
        releases=behaviour.agents.EGRESS_GATEWAY_REFUSES_SLICES,
    ),
    Contradiction(
        id="CEK2303",
        name="egress gateway with identities outside of custom resources",
        setting="egressGateway.enabled",
        broken=lambda given: (
            given.on("egressGateway.enabled") and given.text("identityAllocationMode") not in ("", "crd")
        ),
        rule="needs identityAllocationMode 'crd': agents of Cilium {since} and newer do not start with "
        "another one",
        fix="remove identityAllocationMode, or this",
        source="pkg/egressgateway/manager.go",
        releases=behaviour.agents.EGRESS_GATEWAY_REFUSES_KVSTORE,
    ),
    Contradiction(
        id="CEK2304",
        name="source address of the route with eBPF masquerading",
        setting="enableMasqueradeRouteSource",
        broken=lambda given: given.on("enableMasqueradeRouteSource") and given.ebpf_masquerading,
        rule="does not go with masquerade 'ebpf': agents do not start, since only iptables asks the route "
        "for the address",
        fix="remove it, or use masquerade 'iptables'",
        source="daemon/cmd/daemon.go",
    ),
    Contradiction(
        id="CEK2305",
        name="pods outside of connection tracking, with a part that needs it",
        setting="installNoConntrackIptablesRules",
        broken=lambda given: (
            given.by_option("installNoConntrackIptablesRules")
            and given.on("installNoConntrackIptablesRules")
            and not (given.replaces_kube_proxy and (given.ebpf_masquerading or not given.masquerades))
        ),
        rule="needs kube_proxy_replacement, and masquerade 'ebpf' or egress 'pod': agents do not start "
        "while netfilter must track the connections of pods",
        fix="remove it",
        source="daemon/cmd/kube_proxy_replacement.go, pkg/kpr/initializer/kube_proxy_replacement.go later",
    ),
    Contradiction(
        id="CEK2306",
        name="masquerading towards nodes without eBPF masquerading",
        setting="enable-remote-node-masquerade",
        broken=lambda given: given.on("enable-remote-node-masquerade") and not given.on("bpf.masquerade"),
        rule="needs masquerade 'ebpf': agents do not start without it",
        fix=_WAY,
        source="daemon/cmd/daemon_main.go",
    ),
)

CAUTIONS: Final = (
    Caution(
        name="connection tracking that the chart leaves on",
        setting="installNoConntrackIptablesRules",
        met=lambda given: (
            not given.by_option("installNoConntrackIptablesRules")
            and given.on("installNoConntrackIptablesRules")
        ),
        text="has no effect: in ENI mode the chart leaves connection tracking on; remove it",
        source="templates/cilium-configmap.yaml of every chart",
    ),
)
