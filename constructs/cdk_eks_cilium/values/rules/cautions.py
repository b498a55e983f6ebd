"""What works, but with a catch: known faults of versions, and values with side effects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.merge import override
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.known_faults import Fault, faults_met

from .agents import agent_warnings
from .agents.configuration import Configuration
from .chart import crds
from .combinations import ebpf_host_routing_works
from .override_rules import unread_warnings
from .owned import repeated

#: Collectors that count requests in the proxy.
_SEEN_BY_THE_PROXY = ("dns", "http", "httpV2", "kafka")

_EGRESS_ENDS: Final = (
    "egress: 'node' ends with Cilium 1.21, where pods leave by their own interface with any setting "
    "(https://github.com/cilium/cilium/pull/47008); change to 'pod' before you upgrade to it, which gives "
    "the pod subnets routes and replaces the nodes"
)


def warnings(values: CiliumValues, version: CiliumVersion) -> list[str]:
    """What works with *values* on *version*, but with a catch. The defaults get no warning."""
    return [
        *_version_warnings(values, version),
        *_address_warnings(values, version),
        *_traffic_warnings(values, version),
        *_encryption_warnings(values),
        *_policy_warnings(values),
        *agent_warnings(values, version),
        *unread_warnings(values.overrides, version),
    ]


def endings(values: CiliumValues) -> list[str]:
    """What works with *values*, and ends with a later minor of Cilium."""
    return [_EGRESS_ENDS] if values.egress.kind == "node" else []


def notes(values: CiliumValues, version: CiliumVersion) -> list[str]:
    """What to know without a need to act: needless overrides, and what is too early for a warning.

    That is what ends later than with the next minor, and known faults that need more than this configuration,
    such as a full subnet. Unlike warnings they may be about the defaults.
    """
    later = [] if behaviour.datapath.LAST_NODE_EGRESS.holds(version) else endings(values)
    faults = [fault.told(version) for fault in _faults(values, version) if fault.later]
    return [*later, *faults, *needless_overrides(values, version)]


def needless_overrides(values: CiliumValues, version: CiliumVersion) -> list[str]:
    """The overrides that repeat what the library sets anyway."""
    return [
        f"overrides set {path} to what the deployment sets anyway; it may be removed"
        for path in repeated(values, version)
    ]


def _faults(values: CiliumValues, version: CiliumVersion) -> Iterator[Fault]:
    return faults_met(version, Configuration(values, version).option)


def _version_warnings(values: CiliumValues, version: CiliumVersion) -> Iterator[str]:
    if version.end_of_life:
        yield f"Cilium {version} has reached its end of life: no more fixes, security included"
    if behaviour.datapath.LAST_NODE_EGRESS.holds(version):
        yield from endings(values)
    yield from (fault.told(version) for fault in _faults(values, version) if not fault.later)


def _address_warnings(values: CiliumValues, version: CiliumVersion) -> Iterator[str]:
    if values.profile == "article":
        return
    released = behaviour.datapath.PREFIXES_RELEASED
    if values.eni.prefix_delegation and values.eni.release_excess_ips and not released.holds(version):
        yield (
            f"eni.release_excess_ips: Cilium {version} never gives a prefix back, {released.since} does "
            "(https://github.com/cilium/cilium/issues/32209)"
        )
    if values.eni.security_group_ids:
        yield (
            "eni.security_group_ids: pods are then outside the cluster's security group, unless you name it "
            "too; the groups must let in what nodes, other pods and the control plane send to pods"
        )
    if override(values, "eni", "nodeSpec", "securityGroupTags", otherwise=()):
        yield (
            "overrides.eni.nodeSpec.securityGroupTags: pods are then outside the cluster's security group, "
            "unless it has these tags too; the groups must let in what nodes, other pods and the control "
            "plane send to pods"
        )
    if override(values, "ipv6", "enabled") is True:
        yield "overrides.ipv6.enabled: IPv6 in ENI mode is beta and needs dual-stack pod subnets"


def _traffic_warnings(values: CiliumValues, version: CiliumVersion) -> Iterator[str]:
    if values.masquerade == "ebpf":
        yield (
            "masquerade: Cilium does not document eBPF masquerading with pods on a secondary CIDR; test "
            "which addresses the peers of pods see, in the VPC and outside, before you rely on it"
        )
    if values.hubble.tls.method == "certmanager" and crds.CERTIFICATES not in values.existing_crds:
        yield (
            "hubble.tls: cert-manager and its CRDs must be in the cluster before this release, which fails "
            "without them; on a new cluster deploy with the default first, and then with "
            f"{crds.CERTIFICATES} in existing_crds"
        )
    if values.gateway_api and crds.GATEWAYS not in values.existing_crds:
        yield (
            "gateway_api: the CRDs of Gateway API must be in the cluster before this release, or there is no "
            "GatewayClass until the next upgrade, and the operator serves no Gateway until it restarts "
            "(https://docs.cilium.io/en/stable/network/servicemesh/gateway-api/gateway-api/#prerequisites)"
        )


def _encryption_warnings(values: CiliumValues) -> Iterator[str]:
    if values.encryption is None or values.encryption.type != "ipsec":
        return
    name = values.encryption.secret_name or "cilium-ipsec-keys"
    yield (
        f"encryption: agents do not start, and nodes do not get Ready, before the Secret kube-system/{name} "
        "exists; on a new cluster deploy without encryption, make the Secret, and then turn encryption on"
    )
    if ebpf_host_routing_works(values) and values.host_routing != "legacy":
        yield (
            "encryption: IPsec with eBPF host routing needs a kernel with the fix of CVE-2025-37959, or "
            "host_routing 'legacy'"
        )


def _policy_warnings(values: CiliumValues) -> Iterator[str]:
    if values.cluster_network_policies and crds.POLICIES not in values.existing_crds:
        yield (
            "cluster_network_policies: the CRD of ClusterNetworkPolicy must be in the cluster before this "
            "release, which does not install it; on a new cluster deploy without it, apply the CRD of "
            "https://github.com/kubernetes-sigs/network-policy-api, and then deploy with it and "
            f"{crds.POLICIES} in existing_crds"
        )
    if values.policy_enforcement == "never":
        yield "policy_enforcement: with 'never' no network policy has any effect"
    if values.policy_enforcement == "always":
        yield (
            "policy_enforcement: with 'always' every pod is isolated, CoreDNS and Hubble too, until a policy "
            "lets its traffic through; have these policies ready before the first node"
        )
    if not values.l7_proxy:
        yield "l7_proxy: without it policies with DNS names or HTTP rules are refused or let nothing through"
        blind = [each for each in values.hubble.metrics if each.partition(":")[0] in _SEEN_BY_THE_PROXY]
        if blind:
            yield f"hubble.metrics: {', '.join(blind)} count what the proxy sees, and l7_proxy is off"
