"""What does not go together with encryption between nodes."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Final

from cdk_eks_cilium.versions import behaviour

from .configuration import Configuration
from .rule import Caution, Contradiction

_STRICT: Final = "encryption.strictMode.egress.enabled encryption.strictMode.enabled"
_STRICT_CIDRS: Final = ("encryption.strictMode.egress.cidr", "encryption.strictMode.cidr")
_DAEMON: Final = "daemon/cmd/daemon.go, earlier daemon/cmd/daemon_main.go"


def _strict(given: Configuration) -> bool:
    return any(map(given.on, _STRICT.split()))


def _no_strict_range(given: Configuration) -> bool:
    texts = [text for text in map(given.text, _STRICT_CIDRS) if text]
    try:
        return not [IPv4Network(text, strict=False) for text in texts]
    except ValueError:
        return True


CONTRADICTIONS: Final = (
    Contradiction(
        id="CEK2340",
        name="IPsec where agents replace kube-proxy",
        setting="encryption.enabled enable-ipsec",
        broken=lambda given: given.ipsec and given.node_ports,
        rule="does not go with kube_proxy_replacement as IPsec: agents of Cilium {version} do not start "
        "with both",
        fix="set encryption.type to 'wireguard', or use Cilium {until} or newer",
        source="daemon/cmd/kube_proxy_replacement.go",
        releases=behaviour.agents.IPSEC_EXCLUDES_REPLACEMENT,
    ),
    Contradiction(
        id="CEK2341",
        name="IPsec with the host firewall",
        setting="hostFirewall.enabled",
        broken=lambda given: (
            given.ipsec and given.on("hostFirewall.enabled") and not given.values.host_firewall
        ),
        rule="does not go with IPsec: agents refuse the two together",
        fix="use WireGuard, or remove it",
        source=_DAEMON,
    ),
    Contradiction(
        id="CEK2342",
        name="encrypted overlay without a tunnel",
        setting="encryption.ipsec.encryptedOverlay",
        broken=lambda given: given.ipsec and given.on("encryption.ipsec.encryptedOverlay"),
        rule="needs a VXLAN tunnel, and these clusters route natively: agents do not start",
        fix="remove it",
        source="daemon/cmd/daemon.go",
    ),
    Contradiction(
        id="CEK2343",
        name="strict encryption of what arrives without a tunnel",
        setting="encryption.strictMode.ingress.enabled",
        broken=lambda given: given.on("encryption.strictMode.ingress.enabled"),
        rule="needs a tunnel, and these clusters route natively: agents do not start",
        fix="remove it; encryption.strictMode.egress works",
        source="initAndValidateDaemonConfig in daemon/cmd/daemon.go",
    ),
    Contradiction(
        id="CEK2344",
        name="strict encryption without WireGuard",
        setting=_STRICT,
        broken=lambda given: _strict(given) and not given.wireguard,
        rule="needs encryption 'wireguard': without it nothing is encrypted, and nothing is dropped for that",
        fix="set encryption to 'wireguard', or remove it",
        source="https://docs.cilium.io/en/stable/security/network/encryption-wireguard/",
    ),
    Contradiction(
        id="CEK2345",
        name="strict encryption of no range",
        setting=_STRICT,
        broken=lambda given: _strict(given) and given.wireguard and _no_strict_range(given),
        rule="needs a cidr beside it that is an IPv4 range: agents do not start without one",
        fix="set it to the range of the pods, such as '100.64.0.0/16'",
        source="Populate in pkg/option/config.go",
    ),
    Contradiction(
        id="CEK2346",
        name="IPsec with a DNS proxy that is not transparent",
        setting="dnsProxy.enableTransparentMode",
        broken=lambda given: (
            given.ipsec and given.off("dnsProxy.enableTransparentMode") and not given.off("l7Proxy")
        ),
        rule="must be true with IPsec: agents do not start otherwise",
        fix="remove it",
        source=_DAEMON,
        releases=behaviour.agents.IPSEC_NEEDS_TRANSPARENT_DNS,
    ),
    Contradiction(
        id="CEK2347",
        name="two kinds of encryption",
        setting="enable-ipsec enable-wireguard",
        broken=lambda given: given.ipsec and given.wireguard,
        rule="must not be on with the other kind of encryption: agents do not start with both",
        fix="remove it, and use encryption",
        source=_DAEMON,
    ),
    Contradiction(
        id="CEK2348",
        name="the proxy without rules of iptables",
        setting="installIptablesRules",
        broken=lambda given: given.off("installIptablesRules") and not given.off("l7Proxy"),
        rule="must be true with l7_proxy: agents do not start without the rules that lead traffic to the "
        "proxy",
        fix="remove it",
        source="daemon/cmd/daemon_main.go",
    ),
    Contradiction(
        id="CEK2349",
        name="WireGuard with the proxy",
        setting="encryption.enabled enable-wireguard",
        broken=lambda given: given.wireguard and not given.off("l7Proxy"),
        rule="does not go with l7Proxy as WireGuard: agents of Cilium {version} do not start with both",
        fix="set overrides.l7Proxy to false, or use Cilium {until} or newer",
        source="https://github.com/cilium/cilium/pull/19401; daemon/cmd/daemon_main.go before",
        releases=behaviour.agents.WIREGUARD_EXCLUDES_PROXY,
    ),
    Contradiction(
        id="CEK2382",
        name="ztunnel past the chart",
        setting="enable-ztunnel",
        broken=lambda given: given.on("enable-ztunnel"),
        rule="must not be set: the chart then leaves out the pods and the keys of ztunnel, without which "
        "nothing is encrypted",
        fix="remove it, and use encryption",
        source="templates/ztunnel and templates/cilium-agent/daemonset.yaml of the charts that have it",
    ),
    Contradiction(
        id="CEK2383",
        name="IPsec with an address for the router",
        setting="local-router-ipv4 local-router-ipv6",
        broken=lambda given: (
            given.ipsec and bool(given.text("local-router-ipv4") or given.text("local-router-ipv6"))
        ),
        rule="does not go with IPsec: agents do not start with both",
        fix="remove it",
        source=_DAEMON,
    ),
)

CAUTIONS: Final = (
    Caution(
        name="bandwidth manager with IPsec",
        setting="bandwidthManager.enabled",
        met=lambda given: (
            given.ipsec and given.values.bandwidth_manager is None and given.on("bandwidthManager.enabled")
        ),
        text="has no effect with IPsec: agents only log that they turn it off; use WireGuard, or remove it",
        source="probe in pkg/datapath/linux/bandwidth/bandwidth.go, daemon/cmd/daemon_main.go before",
    ),
)
