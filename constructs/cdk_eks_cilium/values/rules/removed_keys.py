"""What to write instead of chart values that are gone.

The catalogue of keys has the release that removed each. This table, which a script cannot derive, has the
key that took over. The sources are the comments in the charts that deprecate a key, and the refusals in
their ``validate.yaml``. The tests hold every key named here against the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cdk_eks_cilium.versions.chart_catalogue import Catalogue

_PROXY: Final = "it is part of kube-proxy replacement: use kube_proxy_replacement"
_ALWAYS: Final = "remove it: agents always do so"
_SECRETS: Final = "create the Secrets yourself, or let clustermesh.apiserver.tls.auto make them"

_STRICT: Final = "encryption.strictMode"

#: The key that took over, for a key or for everything below a section.
RENAMED: Final[Mapping[str, str]] = {
    "bgp": "bgpControlPlane",
    "bpf.clockProbe": "bpfClockProbe",
    "bpf.hostRouting": "bpf.hostLegacyRouting",
    "clustermesh.apiserver.etcd.image": "clustermesh.apiserver.image",
    "clustermesh.apiserver.kvstoremesh.image": "clustermesh.apiserver.image",
    "clustermesh.apiserver.tls.ca.cert": "tls.ca.cert",
    "clustermesh.apiserver.tls.ca.key": "tls.ca.key",
    "clustermesh.enableMCSAPISupport": "clustermesh.mcsapi.enabled",
    "datapathMode": "bpf.datapathMode",
    "enableCiliumEndpointSlice": "ciliumEndpointSlice.enabled",
    "encryption.interface": "encryption.ipsec.interface",
    "encryption.keyFile": "encryption.ipsec.keyFile",
    "encryption.mountPath": "encryption.ipsec.mountPath",
    "encryption.secretName": "encryption.ipsec.secretName",
    f"{_STRICT}.allowRemoteNodeIdentities": f"{_STRICT}.egress.allowRemoteNodeIdentities",
    f"{_STRICT}.cidr": f"{_STRICT}.egress.cidr",
    f"{_STRICT}.enabled": f"{_STRICT}.egress.enabled",
    "hubble.flowBufferSize": "hubble.eventBufferCapacity",
    "hubble.tls.ca.cert": "tls.ca.cert",
    "hubble.tls.ca.key": "tls.ca.key",
    "identityGCInterval": "operator.identityGCInterval",
    "identityHeartbeatTimeout": "operator.identityHeartbeatTimeout",
    "ipam.operator.clusterPoolIPv4PodCIDR": "ipam.operator.clusterPoolIPv4PodCIDRList",
    "ipam.operator.clusterPoolIPv6PodCIDR": "ipam.operator.clusterPoolIPv6PodCIDRList",
    "l2podAnnouncements.interface": "l2podAnnouncements.interfacePattern",
    "proxy.prometheus.enabled": "envoy.prometheus.enabled",
    "proxy.prometheus.port": "envoy.prometheus.port",
    "securityContext.extraCapabilities": "securityContext.capabilities.ciliumAgent",
}

#: What to do where no key took over, as a clause.
ENDED: Final[Mapping[str, str]] = {
    "clustermesh.apiserver.tls.admin": _SECRETS,
    "clustermesh.apiserver.tls.remote": _SECRETS,
    "clustermesh.apiserver.tls.server": _SECRETS,
    "enableK8sEndpointSlice": _ALWAYS,
    "enableK8sTerminatingEndpoint": _ALWAYS,
    "enableRuntimeDeviceDetection": _ALWAYS,
    "encryption.wireguard.userspaceFallback": "remove it: agents use the WireGuard of the kernel",
    "eni.updateEC2AdapterLimitViaAPI": "remove it: the operator always asks EC2",
    "externalIPs": _PROXY,
    "hostPort": _PROXY,
    "nodePort.enabled": _PROXY,
    "remoteNodeIdentity": _ALWAYS,
    "sessionAffinity": _PROXY,
    "tunnel": "use routingMode and tunnelProtocol",
}


def way_out(path: str, catalogue: Catalogue) -> str:
    """What to write instead of the removed key *path*, as a clause.

    A successor that no longer has an effect in this chart is not proposed.
    """
    for gone in _upwards(path):
        if gone in RENAMED:
            key = catalogue.find(RENAMED[gone])
            return f"use {key.path!r}" if key and key.read else "remove it"
        if gone in ENDED:
            return ENDED[gone]
    return "remove it"


def _upwards(path: str) -> list[str]:
    """The path itself, then the sections around it, from the inside."""
    parts = path.split(".")
    return [".".join(parts[:size]) for size in range(len(parts), 0, -1)]
