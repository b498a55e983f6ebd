"""The chart values the library answers for, which `CiliumValues.overrides` may not set.

Each entry says why and what to use instead. They are what addresses, routes, permissions and node
groups elsewhere in the deployment rely on: changing one alone breaks nodes, not templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from cdk_eks_cilium.problems import Problem

from .agent_options import option_problems
from .cni_config import ANNOTATION


class Owned(NamedTuple):
    """Why a value is not for overrides, and what is."""

    reason: str
    fix: str


_REMOVE: Final = "remove it"
_ROUTING = Owned("pods have VPC addresses and are routed natively", _REMOVE)
_EGRESS = Owned(
    "how pods leave the VPC also decides their routes", "use egress=Egress.node(...) or Egress.pod()"
)
_NODES = Owned("the pod subnets and the first interface also set max pods and permissions", "")
_CNI_FILE = Owned("the CNI configuration is where agents learn the pod subnets", _REMOVE)
_ONLY_CNI = Owned("Cilium is the only CNI of these clusters", _REMOVE)
_TAGS = Owned("the operator's permissions are bound to the tags of its interfaces", "choose other tag keys")
#: The reason where nothing else depends on the value.
IS_TYPED: Final = "it is a typed value"
_PROXY = Owned("whether kube-proxy runs follows from it", "use kube_proxy_replacement")
_ROLE = Owned("the operator's role names its ServiceAccount", "pass the role to the construct")
_CLOUD = Owned("addresses come from EC2", _REMOVE)
_AGENT = Owned("nodes become ready by it", _REMOVE)
_TAINT = Owned("node groups start nodes with the taint that the operator takes off by it", _REMOVE)
_POD_CIDR = Owned("agents would wait for pod CIDRs of nodes, which EKS gives none", _REMOVE)
_CNI_PATH = Owned("it is where the images of EKS look for a CNI", _REMOVE)
#: Not in the table: only where the library itself writes it.
_DEVICES: Final = Owned(
    "with masquerade 'ebpf' it is the interface that pods leave by", "use egress=Egress.node(...)"
)
_LIMITS = Owned("the operator's permissions follow from it", _REMOVE)
_FILTER = Owned(
    "it filters the operator's view of existing interfaces, and hides nodes that have none there yet",
    "pod subnets are the construct's own",
)
_NODEINIT = Owned(
    "agents remove the rules of aws-node themselves, and node-init blocks them on images without a shell",
    "remove it, or use profile 'article'",
)

OWNED: Final[Mapping[tuple[str, ...], Owned]] = {
    ("agent",): _AGENT,
    ("operator", "enabled"): _AGENT,
    ("sleepAfterInit",): _AGENT,
    ("preflight", "enabled"): Owned(
        "the chart then installs its check in the place of Cilium", "install that as a release of its own"
    ),
    ("agentNotReadyTaintKey",): _TAINT,
    ("operator", "removeNodeTaints"): _TAINT,
    ("operator", "hostNetwork"): Owned(
        "the operator gives nodes their pod addresses, so it runs before there are any", _REMOVE
    ),
    ("operator", "replicas"): Owned(IS_TYPED, "use operator=Operator(replicas=...)"),
    ("ipam", "mode"): _ROUTING,
    ("ipv4", "enabled"): Owned("pods have IPv4 addresses of the VPC", _REMOVE),
    ("k8s", "requireIPv4PodCIDR"): _POD_CIDR,
    ("k8s", "requireIPv6PodCIDR"): _POD_CIDR,
    ("tunnel",): _ROUTING,
    ("tunnelProtocol",): _ROUTING,
    ("routingMode",): _ROUTING,
    ("enableIPv4Masquerade",): _EGRESS,
    ("egressMasqueradeInterfaces",): _EGRESS,
    ("eni", "enabled"): _ROUTING,
    ("eni", "awsEnablePrefixDelegation"): Owned(
        "max pods follows from it", "use eni=Eni(prefix_delegation=...)"
    ),
    ("eni", "awsReleaseExcessIPs"): Owned(
        "the operator's permissions follow from it", "use eni=Eni(release_excess_ips=...)"
    ),
    ("eni", "updateEC2AdapterLimitViaAPI"): _LIMITS,
    ("eni", "iamRole"): _ROLE,
    ("eni", "eniTags", "io.cilium/cluster-name"): _TAGS,
    ("eni", "eniTags", "io.cilium/cilium-managed"): _TAGS,
    ("eni", "subnetIDsFilter"): _FILTER,
    ("eni", "subnetTagsFilter"): _FILTER,
    ("eni", "nodeSpec", "firstInterfaceIndex"): _NODES._replace(fix="use eni=Eni(first_interface_index=...)"),
    ("eni", "nodeSpec", "subnetIDs"): _NODES._replace(fix="pass pod subnets to the construct"),
    ("eni", "nodeSpec", "subnetTags"): _NODES._replace(fix="pass pod subnets to the construct"),
    ("eni", "nodeSpec", "disablePrefixDelegation"): Owned(
        "max pods follows from it", "use eni=Eni(prefix_delegation=...)"
    ),
    ("eni", "nodeSpec", "securityGroups"): Owned(IS_TYPED, "use eni=Eni(security_group_ids=...)"),
    ("eni", "nodeSpec", "usePrimaryAddress"): Owned(IS_TYPED, "use eni=Eni(use_primary_address=...)"),
    ("ipam", "nodeSpec", "ipamMinAllocate"): Owned(IS_TYPED, "use ipam=Ipam(min_allocate=...)"),
    ("ipam", "nodeSpec", "ipamPreAllocate"): Owned(IS_TYPED, "use ipam=Ipam(pre_allocate=...)"),
    ("ipam", "nodeSpec", "ipamMaxAllocate"): Owned(IS_TYPED, "use ipam=Ipam(max_allocate=...)"),
    ("ipam", "nodeSpec", "ipamStaticIPTags"): Owned(
        "the operator's permissions follow from it", "use ipam=Ipam(static_ip_tags=...)"
    ),
    ("cni", "configMap"): _CNI_FILE,
    ("cni", "configMapKey"): _CNI_FILE,
    ("cni", "customConf"): _CNI_FILE,
    ("cni", "readCniConf"): _CNI_FILE,
    ("cni", "install"): _ONLY_CNI,
    ("cni", "chainingMode"): _ONLY_CNI,
    ("cni", "chainingTarget"): _ONLY_CNI,
    ("cni", "binPath"): _CNI_PATH,
    ("cni", "confPath"): _CNI_PATH,
    ("podAnnotations", ANNOTATION): Owned("it restarts the agents with their CNI configuration", _REMOVE),
    ("kubeProxyReplacement",): _PROXY,
    ("k8sServiceHost",): _PROXY,
    ("k8sServicePort",): _PROXY,
    ("cluster", "name"): Owned(
        "the operator's permissions are bound to the name", "pass the cluster's name to the construct"
    ),
    ("cluster", "id"): Owned(IS_TYPED, "use cluster_id"),
    ("bpf", "masquerade"): Owned(
        "what translates addresses also decides which interface is named, and how",
        "use masquerade='ebpf' (Cilium 1.18 or newer), or remove it",
    ),
    ("hubble", "relay", "enabled"): Owned(IS_TYPED, "use hubble=Hubble(relay=...)"),
    ("hubble", "ui", "enabled"): Owned(IS_TYPED, "use hubble=Hubble(ui=...)"),
    ("hubble", "tls", "auto", "method"): Owned(IS_TYPED, "use hubble=Hubble(tls=...)"),
    ("hubble", "tls", "auto", "certValidityDuration"): Owned(
        IS_TYPED, "use hubble=Hubble(tls=HubbleTls(validity_days=...))"
    ),
    ("nodeinit", "enabled"): _NODEINIT,
    ("serviceAccounts", "operator", "create"): _ROLE,
    ("serviceAccounts", "operator", "name"): _ROLE,
    ("namespaceOverride",): Owned(
        "the operator's role trusts its ServiceAccount in kube-system alone", _REMOVE
    ),
    ("aksbyocni", "enabled"): _CLOUD,
    ("azure", "enabled"): _CLOUD,
    ("alibabacloud", "enabled"): _CLOUD,
    ("gke", "enabled"): _CLOUD,
}

#: Owned too where the typed value is known: other rules, and other parts of the deployment, read it there.
TYPED: Final[Mapping[tuple[str, ...], str]] = {
    ("bandwidthManager", "enabled"): "use bandwidth_manager=BandwidthManager(...)",
    ("bandwidthManager", "bbr"): "use bandwidth_manager=BandwidthManager(bbr=...)",
    ("bpf", "hostLegacyRouting"): "use host_routing",
    ("encryption", "enabled"): "use encryption=Encryption.wireguard() or Encryption.ipsec()",
    ("encryption", "type"): "use encryption=Encryption.wireguard() or Encryption.ipsec()",
    ("encryption", "nodeEncryption"): "use encryption=Encryption.wireguard(node_encryption=...)",
    ("encryption", "ipsec", "secretName"): "use encryption=Encryption.ipsec(...)",
    ("envoy", "enabled"): "use envoy=Envoy(daemon_set=...)",
    ("gatewayAPI", "enabled"): "use gateway_api",
    ("hostFirewall", "enabled"): "use host_firewall",
    ("hubble", "export", "static", "enabled"): "use hubble=Hubble(export=FlowExport(...))",
    ("hubble", "metrics", "enabled"): "use hubble=Hubble(metrics=...)",
    ("ingressController", "enabled"): "use ingress_controller=IngressController(...)",
    ("l7Proxy",): "use l7_proxy",
    ("operator", "tolerations"): "use operator=Operator(tolerations=...)",
    ("policyEnforcementMode",): "use policy_enforcement",
    ("prometheus", "enabled"): "use prometheus=Prometheus(agent=...)",
    ("operator", "prometheus", "enabled"): "use prometheus=Prometheus(operator=...)",
    ("envoy", "prometheus", "enabled"): "use prometheus=Prometheus(envoy=...)",
}


def owned(*, typed: bool, devices: bool = False) -> dict[tuple[str, ...], Owned]:
    """Every owned value with its reason.

    Args:
        typed: Whether the version is one that all typed values are known for.
        devices: Whether the library itself writes ``devices``.
    """
    return {
        **OWNED,
        **({path: Owned(IS_TYPED, fix) for path, fix in TYPED.items()} if typed else {}),
        **({("devices",): _DEVICES} if devices else {}),
    }


def owned_problems(
    overrides: Mapping[str, Any], where: str, *, typed: bool, devices: bool = False
) -> list[Problem]:
    """One problem for each value in *overrides* that the library answers for.

    Args:
        overrides: Raw chart values.
        where: Path of the overrides, ``cilium.overrides``.
        typed: Whether the version is one that all typed values are known for.
        devices: Whether the library itself writes ``devices``.
    """
    found = [
        Problem(
            f"{where}.{key}",
            "is one key with dots in it, which the chart does not read",
            fix="write nested mappings: {'" + "': {'".join(key.split(".")) + "': ...}" + "}" * key.count("."),
        )
        for key in overrides
        if "." in key
    ]
    wiped: set[tuple[str, ...]] = set()
    for path, (reason, fix) in owned(typed=typed, devices=devices).items():
        hit, value = _reach(overrides, path)
        at = ".".join([where, *hit])
        if hit == path:
            found.append(Problem(at, f"must not be set: {reason}", value, fix))
        elif hit and hit not in wiped:
            wiped.add(hit)
            rule = f"must be a mapping: anything else wipes out {'.'.join(path)} and more"
            found.append(Problem(at, rule, value, "set single values in it"))
    return [*found, *option_problems(overrides, where, devices=devices)]


def _reach(overrides: Mapping[str, Any], path: tuple[str, ...]) -> tuple[tuple[str, ...], Any]:
    """How far *overrides* go along *path*, if they set what it names: empty if they do not.

    A null or a plain value above the end of the path sets it too, by wiping out its section.
    """
    value: Any = overrides
    for depth, key in enumerate(path):
        if not isinstance(value, Mapping):
            return path[:depth], value
        if key not in value:
            return (), None
        value = value[key]
    return path, value
