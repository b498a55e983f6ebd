"""What an agent would be configured with: the chart's values, and the options that go past the chart.

The chart writes each value into the ConfigMap under the name of an option. ``extraConfig`` stands behind
these lines and wins, and so do the arguments in ``extraArgs`` over all of the ConfigMap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rules.agent_options import arguments
from cdk_eks_cilium.versions.cilium import CiliumVersion

#: The options of the agent by the chart's value, as templates/cilium-configmap.yaml of each chart writes
#: them. Where there are several names, releases differ. An option without a value stands for itself.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "eni.awsEnablePrefixDelegation": ("aws-enable-prefix-delegation",),
    "bpf.masquerade": ("enable-bpf-masquerade",),
    "enableIPv4Masquerade": ("enable-ipv4-masquerade",),
    "encryption.nodeEncryption": ("encrypt-node",),
    "gatewayAPI.enabled": ("enable-gateway-api",),
    "kubeProxyReplacement": ("kube-proxy-replacement",),
    "localRedirectPolicies.enabled": ("enable-local-redirect-policy",),
    "MTU": ("mtu",),
    "bandwidthManager.bbr": ("enable-bbr",),
    "bandwidthManager.enabled": ("enable-bandwidth-manager",),
    "bgp.announce.podCIDR": ("bgp-announce-pod-cidr",),
    "bpf.ctAnyMax": ("bpf-ct-global-any-max",),
    "bpf.ctTcpMax": ("bpf-ct-global-tcp-max",),
    "bpf.datapathMode": ("datapath-mode",),
    "bpf.hostLegacyRouting": ("enable-host-legacy-routing",),
    "bpf.lbMapMax": ("bpf-lb-map-max",),
    "bpf.lbModeAnnotation": ("bpf-lb-mode-annotation",),
    "bpf.mapDynamicSizeRatio": ("bpf-map-dynamic-size-ratio",),
    "bpf.monitorAggregation": ("monitor-aggregation",),
    "bpf.natMax": ("bpf-nat-global-max",),
    "bpf.policyMapMax": ("bpf-policy-map-max",),
    "bpf.tproxy": ("enable-bpf-tproxy",),
    "ciliumEndpointSlice.enabled": ("enable-cilium-endpoint-slice",),
    "dnsProxy.enableTransparentMode": ("dnsproxy-enable-transparent-mode",),
    "egressGateway.enabled": ("enable-egress-gateway", "enable-ipv4-egress-gateway"),
    "enable-ipsec": ("enable-ipsec",),
    "enable-remote-node-masquerade": ("enable-remote-node-masquerade",),
    "enable-srv6": ("enable-srv6",),
    "enable-wireguard": ("enable-wireguard",),
    "enableIPv4BIGTCP": ("enable-ipv4-big-tcp",),
    "enableIPv6BIGTCP": ("enable-ipv6-big-tcp",),
    "enableIPv6Masquerade": ("enable-ipv6-masquerade",),
    "enableMasqueradeRouteSource": ("enable-masquerade-to-route-source",),
    "encryption.ipsec.encryptedOverlay": ("enable-ipsec-encrypted-overlay",),
    "encryption.strictMode.cidr": ("encryption-strict-mode-cidr",),
    "encryption.strictMode.egress.cidr": ("encryption-strict-egress-cidr",),
    "encryption.strictMode.egress.enabled": ("enable-encryption-strict-mode-egress",),
    "encryption.strictMode.enabled": ("enable-encryption-strict-mode",),
    "encryption.strictMode.ingress.enabled": ("enable-encryption-strict-mode-ingress",),
    "envoyConfig.enabled": ("enable-envoy-config",),
    "highScaleIPcache.enabled": ("enable-high-scale-ipcache",),
    "hostFirewall.enabled": ("enable-host-firewall",),
    "hubble.eventBufferCapacity": ("hubble-event-buffer-capacity",),
    "identityAllocationMode": ("identity-allocation-mode",),
    "installIptablesRules": ("install-iptables-rules",),
    "installNoConntrackIptablesRules": ("install-no-conntrack-iptables-rules",),
    "ipMasqAgent.enabled": ("enable-ip-masq-agent",),
    "ipv4NativeRoutingCIDR": ("ipv4-native-routing-cidr",),
    "ipv6.enabled": ("enable-ipv6",),
    "l2announcements.enabled": ("enable-l2-announcements",),
    "l2podAnnouncements.enabled": ("enable-l2-pod-announcements",),
    "l7Proxy": ("enable-l7-proxy",),
    "loadBalancer.acceleration": ("bpf-lb-acceleration", "node-port-acceleration"),
    "loadBalancer.algorithm": ("bpf-lb-algorithm", "node-port-algorithm"),
    "loadBalancer.l7.backend": ("loadbalancer-l7",),
    "loadBalancer.mode": ("bpf-lb-mode", "node-port-mode"),
    "loadBalancer.serviceTopology": ("enable-service-topology",),
    "maglev.tableSize": ("bpf-lb-maglev-table-size",),
    "multicast-enabled": ("multicast-enabled",),
    "nodePort.enabled": ("enable-node-port",),
    "nodePort.range": ("node-port-range",),
    "policyAuditMode": ("policy-audit-mode",),
    "vtep.enabled": ("enable-vtep",),
}

_VALUE_OF: Final = {option: path for path, options in OPTIONS.items() for option in options}
#: Values that a typed field and overrides fill together.
_TYPED: Final = {"eni.eniTags": "eni.tags"}
# As Go reads a switch: https://pkg.go.dev/strconv#ParseBool
_SWITCHES: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}


class Configuration:
    """What the agents of an installation get.

    Attributes:
        version: Their release.
        values: The typed values and the overrides behind it.
    """

    def __init__(self, values: CiliumValues, version: CiliumVersion) -> None:
        self.version = version
        self.values = values
        self._effective = EffectiveValues.of(values, version)
        self._options = {path: (value, where) for path, value, where in _given(values.overrides)}

    def get(self, path: str) -> Any:
        """The value at *path*, or of its option; `MISSING` where the agent has its own default."""
        if path in self._options:
            return self._options[path][0]
        value = self._effective.get(path)
        return _switch(value)

    def on(self, path: str) -> bool:
        """Whether the value at *path* turns something on."""
        value = self.get(path)
        return value is not MISSING and bool(value)

    def off(self, path: str) -> bool:
        """Whether the value at *path* is there and turns something off."""
        return self.get(path) is False

    def text(self, path: str) -> str:
        """The value at *path* as text; empty if it is missing."""
        value = self.get(path)
        return "" if value is MISSING or value is None else str(value)

    def number(self, path: str) -> float | None:
        """The number at *path*; None for anything else."""
        try:
            return float(self.text(path))
        except ValueError:
            return None

    def option(self, name: str) -> Any:
        """The value of an option of the agent, by its own name; None where the agent has its own default."""
        decided = {
            "enable-ipsec": self.ipsec,
            "enable-wireguard": self.wireguard,
            # Older charts have another name for it.
            "enable-local-redirect-policy": self.on("localRedirectPolicies.enabled")
            or self.on("localRedirectPolicy"),
            "kube-proxy-replacement": self._effective.get("kubeProxyReplacement"),
        }
        value = decided[name] if name in decided else self.get(_VALUE_OF[name])
        return None if value is MISSING else value

    def by_option(self, path: str) -> bool:
        """Whether the value comes from an option that goes past the chart."""
        return path in self._options

    def place(self, path: str) -> str:
        """Where a person set the value at *path*: below the values, without their own place."""
        if path in self._options:
            return f"overrides.{self._options[path][1]}"
        return _TYPED[path] if path in _TYPED and not self.has_override(path) else f"overrides.{path}"

    def has_override(self, path: str) -> bool:
        """Whether overrides or options set the value at *path*."""
        given: Any = self.values.overrides
        for name in path.split("."):
            given = given.get(name, MISSING) if isinstance(given, Mapping) else MISSING
        return given is not MISSING or path in self._options

    @property
    def replaces_kube_proxy(self) -> bool:
        """Whether agents do what kube-proxy does; charts up to 1.13 call it ``strict``."""
        return self._effective.get("kubeProxyReplacement") in (True, "true", "strict")

    @property
    def node_ports(self) -> bool:
        """Whether agents serve node ports by eBPF, with the whole replacement or apart from it."""
        return self.replaces_kube_proxy or self.on("nodePort.enabled")

    @property
    def masquerades(self) -> bool:
        """Whether anything translates the addresses of pods."""
        return self.on("enableIPv4Masquerade") or (
            self.on("ipv6.enabled") and self.on("enableIPv6Masquerade")
        )

    @property
    def ebpf_masquerading(self) -> bool:
        """Whether eBPF translates the addresses of pods."""
        return self.masquerades and self.on("bpf.masquerade")

    @property
    def ebpf_host_routing(self) -> bool:
        """Whether packets of pods skip the node's own network stack.

        pkg/kpr/initializer/kube_proxy_replacement.go, daemon/cmd/kube_proxy_replacement.go before 1.19.
        """
        by_netfilter = self.masquerades and not self.on("bpf.masquerade")
        return self.replaces_kube_proxy and not by_netfilter and not self.on("bpf.hostLegacyRouting")

    @property
    def endpoint_slices(self) -> bool:
        """Whether agents share CiliumEndpoints in slices; older charts have another name for it."""
        return self.on("ciliumEndpointSlice.enabled") or self.on("enableCiliumEndpointSlice")

    @property
    def ipsec(self) -> bool:
        """Whether IPsec encrypts."""
        by_chart = self.on("encryption.enabled") and self.text("encryption.type") == "ipsec"
        return self.on("enable-ipsec") if self.by_option("enable-ipsec") else by_chart

    @property
    def wireguard(self) -> bool:
        """Whether WireGuard encrypts."""
        by_chart = self.on("encryption.enabled") and self.text("encryption.type") == "wireguard"
        return self.on("enable-wireguard") if self.by_option("enable-wireguard") else by_chart


def _given(overrides: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Each option past the chart: its value's path, its value, and where it stands; the last one wins."""
    extra = overrides.get("extraConfig")
    for option, value in extra.items() if isinstance(extra, Mapping) else ():
        if option in _VALUE_OF:
            yield _VALUE_OF[option], _switch(value), f"extraConfig.{option}"
    for each in arguments(overrides, ["extraArgs"]):
        if each.name in _VALUE_OF:
            yield _VALUE_OF[each.name], _switch(each.value), f"extraArgs[{each.place}]"


def _switch(value: Any) -> Any:
    return _SWITCHES.get(value, value) if isinstance(value, str) else value
