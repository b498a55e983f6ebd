"""The chart values the library answers for, which `CiliumValues.overrides` may not set.

Each entry says why and what to use instead. They are what addresses, routes, permissions and node
groups elsewhere in the deployment rely on: changing one alone breaks nodes, not templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.model.addresses import PERMISSIONS, SUBNETS_AND_INTERFACE
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS
from cdk_eks_cilium.values.rendering.cni_config import ANNOTATION
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .agent_options import option_problems


class Owned(NamedTuple):
    """Why a value is not for overrides, and what is."""

    reason: str
    fix: str


_REMOVE: Final = "remove it"
_ROUTING = Owned("pods have VPC addresses and are routed natively", _REMOVE)
_NODES = Owned(SUBNETS_AND_INTERFACE, "pass pod subnets to the construct")
_CNI_FILE = Owned("the CNI configuration is where agents learn the pod subnets", _REMOVE)
_ONLY_CNI = Owned("Cilium is the only CNI of these clusters", _REMOVE)
_TAGS = Owned("the operator's permissions are bound to the tags of its interfaces", "choose other tag keys")
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
_LIMITS = Owned(PERMISSIONS, _REMOVE)
_FILTER = Owned(
    "it filters the operator's view of existing interfaces, and hides nodes that have none there yet",
    "pod subnets are the construct's own",
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
    ("ipam", "mode"): _ROUTING,
    ("ipv4", "enabled"): Owned("pods have IPv4 addresses of the VPC", _REMOVE),
    ("k8s", "requireIPv4PodCIDR"): _POD_CIDR,
    ("k8s", "requireIPv6PodCIDR"): _POD_CIDR,
    ("tunnel",): _ROUTING,
    ("tunnelProtocol",): _ROUTING,
    ("routingMode",): _ROUTING,
    ("eni", "enabled"): _ROUTING,
    ("eni", "updateEC2AdapterLimitViaAPI"): _LIMITS,
    ("eni", "iamRole"): _ROLE,
    ("eni", "eniTags", "io.cilium/cluster-name"): _TAGS,
    ("eni", "eniTags", "io.cilium/cilium-managed"): _TAGS,
    ("eni", "subnetIDsFilter"): _FILTER,
    ("eni", "subnetTagsFilter"): _FILTER,
    ("eni", "nodeSpec", "subnetIDs"): _NODES,
    ("eni", "nodeSpec", "subnetTags"): _NODES,
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
    ("cluster", "name"): Owned(
        "the operator's permissions are bound to the name", "pass the cluster's name to the construct"
    ),
    ("bpf", "masquerade"): Owned(
        "what translates addresses also decides which interface is named, and how",
        "use masquerade='ebpf' (Cilium 1.18 or newer), or remove it",
    ),
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


def typed_keys(version: CiliumVersion | None = None) -> Iterator[tuple[tuple[str, ...], Owned]]:
    """The values that a typed field answers for: other rules, and parts of the deployment, read them there.

    Args:
        version: The chart's. A field that it does not know leaves the raw value alone. By default any.
    """
    for field in TYPED_FIELDS:
        if version is None or field.known_from is None or version.at_least(field.known_from):
            for mark in field.owned:
                for key in mark.keys:
                    yield tuple(key.split(".")), Owned(mark.reason, mark.fix or field.hint)


def owned(version: CiliumVersion, *, devices: bool = False) -> dict[tuple[str, ...], Owned]:
    """Every owned value with its reason.

    Args:
        version: The chart's.
        devices: Whether the library itself writes ``devices``.
    """
    return {**OWNED, **dict(typed_keys(version)), **({("devices",): _DEVICES} if devices else {})}


def owned_problems(
    overrides: Mapping[str, Any], where: str, version: CiliumVersion, *, devices: bool = False
) -> list[Problem]:
    """One problem for each value in *overrides* that the library answers for.

    Args:
        overrides: Raw chart values.
        where: Path of the overrides, ``cilium.overrides``.
        version: The chart's.
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
    for path, (reason, fix) in owned(version, devices=devices).items():
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
