"""Whether the kernels of nodes are new enough for the release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import config, is_on, release, text_of
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.words import counted, node_evidence, replacements
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

_NUMBER: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")

# Documentation/operations/system_requirements.rst of each minor, such as
# https://docs.cilium.io/en/v1.18/operations/system_requirements/.
_LEAST: Final = (
    ((1, 18, 0), (5, 10, 0)),
    ((1, 16, 0), (5, 4, 0)),
    ((1, 13, 0), (4, 19, 57)),
    ((0, 0, 0), (4, 9, 17)),
)
_FAULT: Final = "ebpf-masquerade-on-arm64"
_FAULT_SINCE: Final = (1, 20, 0)


@check(
    "kernel-new-enough",
    "the kernel of each node is new enough for Cilium",
    reads=(NODES, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="agents restart again and again on some nodes, or pods of some nodes reach no other node",
    answers=(_FAULT,),
    links=(
        "https://docs.cilium.io/en/stable/operations/system_requirements/",
        "https://github.com/cilium/cilium/issues/47718",
    ),
)
def kernel_new_enough(seen: Seen) -> Iterator[Outcome]:
    """Each minor of Cilium needs a least kernel, which comes with the image of the node.

    From 1.20 on the kernels of some arm64 nodes refuse the program of eBPF masquerading.
    """
    number = release(seen)
    if number is None:
        yield Unknown("no image of the agents tells its release")
        return
    nodes = seen.derived(cluster_nodes)
    least = next(kernel for since, kernel in _LEAST if number >= since)
    old = [node for node in nodes if (kernel := _kernel(node.object)) is not None and kernel < least]
    wanted = ".".join(map(str, least))
    if old:
        evidence = tuple(
            Evidence(
                f"Node {node.name}",
                "status.nodeInfo.kernelVersion",
                str(at(node.object, "status.nodeInfo.kernelVersion")),
                f"{wanted} or newer",
            )
            for node in old
        )
        summary = f"{counted(len(old), 'node')} with a kernel too old for Cilium {text_of(number)}"
        fix = "# Choose a newer image for their groups.\n" + replacements([node.name for node in old])
        yield Finding(Severity.ERROR, summary, evidence, fix)
    arm = [node for node in nodes if at(node.object, "status.nodeInfo.architecture") == "arm64"]
    if arm and number >= _FAULT_SINCE and is_on(config(seen), "enable-bpf-masquerade"):
        names = [node.name for node in arm]
        yield Finding(
            Severity.WARNING,
            f"{counted(len(arm), 'arm64 node')} with eBPF masquerading",
            node_evidence(names, "status.nodeInfo.architecture", "arm64", "amd64 with eBPF masquerading"),
            "# See whether the agents of these nodes load their programs:\n"
            "kubectl --namespace kube-system logs --selector k8s-app=cilium --container cilium-agent "
            "| grep -i verifier",
            fault=_FAULT,
        )
    if not old:
        yield Fine(f"{counted(len(nodes), 'node')} with {wanted} or newer")


def _kernel(node: Any) -> tuple[int, int, int] | None:
    match = _NUMBER.match(str(at(node, "status.nodeInfo.kernelVersion", "")))
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None
