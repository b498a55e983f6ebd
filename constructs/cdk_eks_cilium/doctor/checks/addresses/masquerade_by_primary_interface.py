"""Whether pods are masqueraded at the primary interface of nodes, and there alone."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cdk_eks_cilium.doctor.checks.views.addresses import Ranges
from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, NO_ENI, config, is_on, release, uses_eni
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import ClusterNode, cluster_nodes
from cdk_eks_cilium.doctor.checks.views.eni_nodes import eni_nodes
from cdk_eks_cilium.doctor.checks.views.subnets import optional
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import (
    CILIUM_NODE_CONFIGS,
    CILIUM_NODES,
    DAEMON_SETS,
    KUBE_SYSTEM_CONFIG_MAPS,
    NODES,
)
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

OPTION: Final = "egress-masquerade-interfaces"
# belief: NODE-bottlerocket-interface, NODE-al2023-interface
_PRIMARY: Final = "eth0"
_FIXED: Final = ("bottlerocket", "al2")
_REST_ETH: Final = re.compile(r"eth[1-9]\d*")
_PANICS: Final = (1, 19, 0)

_FIX: Final = (
    "# Name the primary interface exactly: eth0 on Bottlerocket and AL2, on AL2023 what a node shows:\n"
    "kubectl debug node/NODE -it --image=busybox -- ip -brief link\n"
    "# Or let pods leave by themselves: with this library, cilium.egress: pod. Then replace the nodes."
)


@check(
    "masquerade-by-primary-interface",
    "pods are masqueraded at the primary interface of nodes alone",
    reads=(KUBE_SYSTEM_CONFIG_MAPS, NODES, CILIUM_NODES, CILIUM_NODE_CONFIGS, DAEMON_SETS),
    symptom="pods do not reach the internet, or policies between nodes see the world instead of pods",
    answers=("CILIUM-exact-interface", "CILIUM-masquerade-needs-interface", "NODE-al2023-interface"),
    links=(
        "https://github.com/cilium/cilium/issues/39515",
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/datapath/iptables/iptables.go",
        "https://docs.cilium.io/en/stable/network/concepts/masquerading/",
    ),
)
def masquerade_by_primary_interface(seen: Seen) -> Iterator[Outcome]:
    """With masquerading, pods leave the VPC by the node's first interface with the node's address.

    The rule of iptables is bound to names of interfaces. A name that the image does not have masquerades
    nothing. A name or wildcard that fits the interfaces of pods also masquerades traffic between pods of two
    nodes, where pods live outside the primary range of the VPC: identities are lost. CiliumNodeConfigs can
    set the name for some nodes.
    """
    options = config(seen)
    reason = _why_not(options)
    if reason:
        yield Skip(reason)
        return
    overrides = optional(seen, CILIUM_NODE_CONFIGS) or ()
    secondary = _pods_are_elsewhere(seen)
    wrong: dict[str, list[tuple[ClusterNode, str]]] = defaultdict(list)
    unsure = 0
    for node in seen.derived(cluster_nodes):
        names = _names(node, options, overrides)
        problem = _problem(node, names, secondary, seen)
        if problem:
            wrong[problem].append((node, " ".join(names)))
        elif node.image not in _FIXED:
            unsure += 1
    for problem, found in wrong.items():
        evidence = tuple(
            Evidence(
                f"Node {node.name}",
                "status.nodeInfo.osImage",
                f"{at(node.object, 'status.nodeInfo.osImage', 'no image')} with {OPTION} {names!r}",
                "the exact name of its primary interface",
            )
            for node, names in found
        )
        evidence = (Evidence(CONFIG, OPTION, options.get(OPTION, "")), *evidence)
        yield Finding(Severity.ERROR, f"{problem} on {counted(len(found), 'node')}", evidence, _FIX)
    if not wrong:
        note = f"; {counted(unsure, 'node')} whose image does not tell the name" if unsure else ""
        yield Fine(f"at {options.get(OPTION)}{note}")


def _why_not(options: Mapping[str, str]) -> str:
    if not uses_eni(options):
        return NO_ENI
    # Releases before 1.18 masquerade by default, and charts write the option in any case.
    if not is_on(options, "enable-ipv4-masquerade", otherwise=True):
        return "pods are not masqueraded; way-out-of-pod-subnets looks at their routes"
    if is_on(options, "enable-bpf-masquerade"):
        return "eBPF masquerades, by devices"
    return ""


def _pods_are_elsewhere(seen: Seen) -> bool:
    """Whether pods live outside the VPC's primary range, the only one that is not masqueraded by default."""
    for node in seen.derived(eni_nodes):
        for each in node.pod_interfaces:
            if each.vpc_primary and each.own and each.own not in Ranges((each.vpc_primary,)):
                return True
    return False


def _names(node: ClusterNode, options: Mapping[str, str], overrides: Sequence[Object]) -> list[str]:
    labels = labels_of(node.object)
    text = options.get(OPTION, "")
    for each in overrides:
        wanted = at(each, "spec.nodeSelector.matchLabels") or {}
        own = at(each, "spec.defaults") or {}
        if OPTION in own and wanted.items() <= labels.items():
            text = own[OPTION]
    return str(text).split()


def _problem(node: ClusterNode, names: list[str], secondary: bool, seen: Seen) -> str:
    commas = [name for name in names if "," in name]
    if commas:
        return f"a comma does not separate names, so that {commas[0]!r} fits no interface"
    if not names:
        number = seen.derived(release)
        if number is not None and number >= _PANICS:
            return "agents stop, because no interface is named"
        return "traffic between pods of two nodes is masqueraded, because no interface is named" * secondary
    patterns = [name for name in names if name.endswith("+")]
    if patterns and secondary:
        return f"traffic between pods of two nodes is masqueraded: {named(patterns)} fits interfaces of pods"
    if node.image in _FIXED:
        if secondary and any(_REST_ETH.fullmatch(name) for name in names):
            return f"traffic between pods of two nodes is masqueraded: {named(names)} has interfaces of pods"
        if not any(fnmatch.fnmatchcase(_PRIMARY, name.replace("+", "*")) for name in names):
            return f"pods are not masqueraded: the primary interface is {_PRIMARY}, not {named(names)}"
    if node.image == "al2023" and all(name == _PRIMARY for name in names):
        return f"pods are not masqueraded: AL2023 has no {_PRIMARY}"
    return ""
