"""Pods, by node and by address: one pass over what can be tens of thousands of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at, condition, labels_of, name_of
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_OVER: Final = ("Succeeded", "Failed")


@dataclass
class PodsOfNodes:
    """Pods that run or should run.

    Attributes:
        on_host: How many pods of the host's network each node has.
        with_address: Pods with an address of their own, as name, node and address.
        waiting: The nodes of pods that have a node and no address, by the pods' names.
        agents: The pods of Cilium's agents, by node.
        operators: The pods of cilium-operator.
    """

    on_host: Counter[str] = field(default_factory=Counter)
    with_address: list[tuple[str, str, str]] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    agents: dict[str, list[Object]] = field(default_factory=lambda: defaultdict(list))
    operators: list[Object] = field(default_factory=list)


def pod_index(seen: Seen) -> PodsOfNodes:
    """The pods of the cluster. Ask with ``seen.derived``; a check that asks reads `PODS`.

    Raises:
        UnreadError: The pods cannot be read.
    """
    index = PodsOfNodes()
    for pod in seen.list(PODS):
        status = pod.get("status") or {}
        if status.get("phase") in _OVER:
            continue
        node = at(pod, "spec.nodeName", "")
        if at(pod, "spec.hostNetwork"):
            _host(index, pod, node)
        elif status.get("podIP"):
            index.with_address.append((name_of(pod), node, status["podIP"]))
        elif node:
            index.waiting[name_of(pod)] = node
    return index


def is_ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    return condition(pod, "Ready").get("status") == "True"


def restarts(pods: Sequence[Object]) -> int:
    """How often the containers of some pods have started again."""
    return sum(
        each.get("restartCount") or 0 for pod in pods for each in at(pod, "status.containerStatuses") or ()
    )


def why_not_ready(pod: Object) -> str:
    """What the containers of a pod wait for, such as ``CrashLoopBackOff``; empty where nothing tells."""
    for each in at(pod, "status.containerStatuses") or ():
        state: Mapping[str, Mapping[str, str]] = each.get("state") or {}
        for part in ("waiting", "terminated"):
            if reason := (state.get(part) or {}).get("reason"):
                return reason
    return ""


def _host(index: PodsOfNodes, pod: Object, node: str) -> None:
    if node:
        index.on_host[node] += 1
    if at(pod, "metadata.namespace") != KUBE_SYSTEM:
        return
    labels = labels_of(pod)
    # The labels of the chart, in every release since 1.12.
    if labels.get("k8s-app") == "cilium":
        index.agents[node].append(pod)
    elif labels.get("io.cilium/app") == "operator":
        index.operators.append(pod)
