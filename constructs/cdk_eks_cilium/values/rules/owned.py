"""The chart values the library answers for, which `CiliumValues.overrides` may not set.

Each entry has the reason and what to use instead. Addresses, routes, permissions and node groups elsewhere
in the deployment rely on them: a change of one value alone breaks nodes, not templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.model.addresses import PERMISSIONS, SUBNETS_AND_INTERFACE
from cdk_eks_cilium.values.model.marks import Owns
from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS
from cdk_eks_cilium.values.rendering.chart import CLUSTER_TAG, MANAGED_TAG, chart_values, implied_values
from cdk_eks_cilium.values.rendering.cni_config import ANNOTATION
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.merge import merged, same
from cdk_eks_cilium.values.rendering.references import References
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .agent_options import option_problems

Path = tuple[str, ...]

_TAGS: Final = Owns(
    "eni.eniTags",
    "the operator's permissions are bound to the tags of its interfaces",
    "choose other tag keys",
)
#: Not in the table: the library writes it only with masquerade 'ebpf'.
_DEVICES: Final = Owns(
    "devices", "with masquerade 'ebpf' it is the interface that pods leave by", "use egress=Egress.node(...)"
)
#: What charts read as their default, though the default is null.
_AS_NOTHING: Final[Mapping[Path, Any]] = {("cni", "chainingMode"): "none", ("bpf", "masquerade"): False}
#: Names that no override can repeat: YAML cannot write the character.
_NOBODY: Final = "\0"
_ELSEWHERE: Final = References(
    cluster_name=_NOBODY, operator_role_arn=_NOBODY, subnet_ids=(_NOBODY,), api_server_host=_NOBODY
)


def _by_path(*marks: Owns) -> dict[Path, Owns]:
    """The values by their paths. Without a fix, the only way is to remove the value."""
    return {
        tuple(key.split(".")): Owns(mark.keys, mark.reason, mark.fix or "remove it")
        for mark in marks
        for key in mark.keys.split()
    }


OWNED: Final[Mapping[Path, Owns]] = {
    **_by_path(
        Owns("agent operator.enabled sleepAfterInit", "nodes become ready by it"),
        Owns(
            "preflight.enabled",
            "the chart then installs its check in place of Cilium",
            "install the check as a release of its own",
        ),
        Owns(
            "agentNotReadyTaintKey operator.removeNodeTaints",
            "the operator needs it to take off the taint that nodes start with",
        ),
        Owns(
            "operator.hostNetwork",
            "the operator gives nodes their pod addresses, so it must run without one",
        ),
        Owns(
            "ipam.mode tunnel tunnelProtocol routingMode eni.enabled",
            "pods have VPC addresses and are routed natively",
        ),
        Owns("ipv4.enabled", "pods have IPv4 addresses of the VPC"),
        Owns(
            "k8s.requireIPv4PodCIDR k8s.requireIPv6PodCIDR",
            "agents would wait for pod CIDRs of nodes, which EKS does not assign",
        ),
        Owns("eni.updateEC2AdapterLimitViaAPI", PERMISSIONS),
        Owns(
            "eni.iamRole serviceAccounts.operator.create serviceAccounts.operator.name",
            "the operator's role names its ServiceAccount",
            "pass the role to the construct",
        ),
        Owns(
            "eni.subnetIDsFilter eni.subnetTagsFilter",
            "it filters the operator's view of existing interfaces, and hides nodes without one there",
            "pass pod subnets to the construct",
        ),
        Owns(
            "eni.nodeSpec.subnetIDs eni.nodeSpec.subnetTags",
            SUBNETS_AND_INTERFACE,
            "pass pod subnets to the construct",
        ),
        Owns(
            "cni.configMap cni.configMapKey cni.customConf cni.readCniConf",
            "the CNI configuration is where agents learn the pod subnets",
        ),
        Owns("cni.install cni.chainingMode cni.chainingTarget", "Cilium is the only CNI of these clusters"),
        Owns("cni.binPath cni.confPath", "it is where the images of EKS look for a CNI"),
        Owns(f"podAnnotations.{ANNOTATION}", "it restarts the agents with their CNI configuration"),
        Owns(
            "cluster.name",
            "the operator's permissions are bound to the name",
            "pass the cluster's name to the construct",
        ),
        Owns(
            "bpf.masquerade",
            "what translates addresses also decides which interface is named, and how",
            f"use masquerade='ebpf' (Cilium {behaviour.chart.KNOWN_VALUES.since} or newer), or remove this",
        ),
        Owns("namespaceOverride", "the operator's role trusts its ServiceAccount in kube-system alone"),
        Owns("aksbyocni.enabled azure.enabled alibabacloud.enabled gke.enabled", "addresses come from EC2"),
    ),
    ("eni", "eniTags", CLUSTER_TAG): _TAGS,
    ("eni", "eniTags", MANAGED_TAG): _TAGS,
}
"""The values that the library itself answers for in every version."""


@cache
def owned(version: CiliumVersion, *, devices: bool = False) -> Mapping[Path, Owns]:
    """Every owned value with its reason.

    Args:
        version: The chart's. Raw values may set what the library has no typed field for in this version.
        devices: Whether the library itself writes ``devices``.
    """
    known = (each for each in TYPED_FIELDS if each.known is None or each.known.holds(version))
    typed = _by_path(*(mark for field in known for mark in field.owned))
    return {**OWNED, **typed, **(_by_path(_DEVICES) if devices else {})}


def owned_problems(values: CiliumValues, where: str, version: CiliumVersion) -> list[Problem]:
    """One problem for each override in *values* that the library answers for.

    An override that repeats what the library sets is not one: see `repeated`.
    """
    found: list[Problem] = []
    wiped: set[Path] = set()
    repeats = set(repeated(values, version))
    devices = values.masquerade == "ebpf"
    for path, mark in owned(version, devices=devices).items():
        hit, value = _reach(values.overrides, path)
        at = ".".join([where, *hit])
        if hit == path and ".".join(path) not in repeats:
            found.append(Problem(at, f"must not be set: {mark.reason}", value, mark.fix, id="CEK2049"))
        elif hit and hit != path and hit not in wiped:
            wiped.add(hit)
            rule = f"must be a mapping: anything else wipes out {'.'.join(path)} and more"
            found.append(Problem(at, rule, value, "set single values in it", id="CEK2050"))
    return [*found, *option_problems(values.overrides, where, devices=devices)]


def repeated(values: CiliumValues, version: CiliumVersion) -> list[str]:
    """The overrides that the library answers for, and that have the very value that it sets, by their paths.

    What only the deployment knows, such as the name of the cluster, is never repeated.
    """
    devices = values.masquerade == "ebpf"
    hits = [
        (path, value)
        for path in owned(version, devices=devices)
        for hit, value in [_reach(values.overrides, path)]
        if hit == path
    ]
    if not hits or values.profile == "article":
        return []
    alone = values.model_copy(update={"overrides": {}})
    written = merged(implied_values(version), chart_values(alone, version, _ELSEWHERE))
    effective = EffectiveValues(written, version)
    return [
        ".".join(path)
        for path, value in hits
        if same(effective.at(path), value) or same(_AS_NOTHING.get(path, MISSING), value)
    ]


def _reach(overrides: Mapping[str, Any], path: Path) -> tuple[Path, Any]:
    """How far *overrides* go along *path*, with the value there; empty if they do not set it.

    A null or a plain value above the end of the path sets it too: it wipes out the section.
    """
    value: Any = overrides
    for depth, key in enumerate(path):
        if not isinstance(value, Mapping):
            return path[:depth], value
        if key not in value:
            return (), None
        value = value[key]
    return path, value
