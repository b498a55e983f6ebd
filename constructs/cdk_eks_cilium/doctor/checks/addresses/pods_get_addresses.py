"""Whether pods get addresses, and why some wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.doctor.checks.addresses.nodes_have_addresses import nodes_without_addresses
from cdk_eks_cilium.doctor.checks.addresses.prefixes_known_to_agents import gaps_of_nodes
from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.pods import pod_index
from cdk_eks_cilium.doctor.checks.views.words import OPERATOR_LOG, RESTART_AGENT, commands, counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, EVENTS, NODES, PODS
from cdk_eks_cilium.doctor.engine.reader import Object, UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

_DESCRIBE: Final = "kubectl get ciliumnode {node} --output yaml"
_RESTART: Final = RESTART_AGENT.replace("{}", "{node}")


@dataclass(frozen=True)
class Cause:
    """Why a sandbox fails.

    Attributes:
        words: What the message of the event contains, in lower case; one of them is enough.
        meaning: What it means, as a clause.
        fix: What to do; ``{node}`` is the node.
        empty: Whether it means that the node has no free address.
    """

    words: tuple[str, ...]
    meaning: str
    fix: str
    empty: bool = False


CAUSES: Final = (
    Cause(
        # pkg/ipam/pool.go, from 1.20 on: https://github.com/cilium/cilium/issues/47910.
        ("all cidr ranges are exhausted",),
        "their node has no free address in the ranges that its agent knows",
        f"{_DESCRIBE}\n# Where status.eni.enis has prefixes that spec.ipam.pools.allocated lacks:\n"
        f"{_RESTART}",
        empty=True,
    ),
    Cause(
        # pkg/ipam/crd.go; the second text from https://github.com/cilium/cilium/pull/42369 on.
        ("no more ips available", "no ips currently available on the node"),
        "their node has no free address, and the operator has not given it more",
        f"{_DESCRIBE}\n{OPERATOR_LOG} | grep {{node}}",
        empty=True,
    ),
    Cause(
        # plugins/cilium-cni/cmd/cmd.go.
        ("unable to connect to cilium agent", "unable to connect to cilium daemon"),
        "the agent of their node does not answer",
        _RESTART.replace("delete pod", "get pods"),
    ),
    Cause(
        # The agent's own limit of API calls: https://docs.cilium.io/en/stable/configuration/api-rate-limiting/.
        ("putendpointidtoomanyrequests",),
        "the agent of their node has too many new pods at a time",
        "# It goes away by itself. For many pods at a time raise the agent's limit, --api-rate-limit.",
    ),
    Cause(
        ('"aws-cni"', 'plugin type="aws-cni"', "add cmd: failed to assign an ip address"),
        "the runtime of their node asks aws-node's CNI, not Cilium",
        "# Remove 10-aws.conflist from /etc/cni/net.d of the node, or replace the node.\n"
        "kubectl cordon {node}",
    ),
    Cause(
        ("cilium-cni",),
        "Cilium's CNI fails",
        "kubectl --namespace kube-system logs --selector k8s-app=cilium --container cilium-agent",
    ),
)
"""What events tell, the first that fits. Other messages are not of the network."""


@check(
    "pods-get-addresses",
    "pods get their addresses",
    reads=(EVENTS, PODS, NODES, CILIUM_NODES),
    symptom="pods stay in ContainerCreating with FailedCreatePodSandBox",
    answers=("prefixes-unknown-to-agents", "prefixes-fall-back-deadlock"),
    links=(
        "https://github.com/cilium/cilium/issues/47910",
        "https://github.com/cilium/cilium/issues/46598",
        "https://github.com/cilium/cilium/pull/42369",
    ),
)
def pods_get_addresses(seen: Seen) -> Iterator[Outcome]:
    """A pod that cannot get an address has the event FailedCreatePodSandBox, with what Cilium's CNI answered.

    Events live for an hour. Pods of nodes that other checks tell of are left to those: nodes-ready,
    nodes-have-addresses and prefixes-known-to-agents.
    """
    waiting = seen.derived(pod_index).waiting
    elsewhere = {empty: _told_elsewhere(seen, empty) for empty in (True, False)}
    by_cause: dict[Cause, dict[str, Object]] = defaultdict(dict)
    explained = 0
    for event in seen.list(EVENTS):
        if event.get("reason") != "FailedCreatePodSandBox":
            continue
        found = event.get("involvedObject") or {}
        pod = f"{found.get('namespace', '')}/{found.get('name', '')}"
        cause = _cause(str(event.get("message", "")))
        if pod not in waiting or cause is None:
            continue
        if waiting[pod] in elsewhere[cause.empty]:
            explained += 1
        else:
            by_cause[cause][pod] = event
    for cause, events in by_cause.items():
        yield _finding(cause, events, {pod: waiting[pod] for pod in events})
    if not by_cause:
        others = f", {counted(explained, 'event')} of nodes that other checks tell of" if explained else ""
        yield Fine(f"{counted(len(waiting), 'pod')} waiting{others}")


def _cause(message: str) -> Cause | None:
    text = message.lower()
    return next((each for each in CAUSES if any(word in text for word in each.words)), None)


def _told_elsewhere(seen: Seen, empty: bool) -> set[str]:
    """The nodes that other checks tell of; *empty* is for causes that mean a node without a free address."""
    names = {node.name for node in seen.derived(cluster_nodes) if not node.ready}
    if empty:
        try:
            names |= {
                *seen.derived(gaps_of_nodes),
                *(each.name for each in seen.derived(nodes_without_addresses)),
            }
        except UnreadError:
            # Without CiliumNodes the events are all there is.
            return names
    return names


def _finding(cause: Cause, events: dict[str, Object], nodes: dict[str, str]) -> Finding:
    evidence = tuple(
        Evidence(f"Pod {pod} on {nodes[pod]}", "event FailedCreatePodSandBox", _short(event), "no such event")
        for pod, event in events.items()
    )
    every = list(dict.fromkeys(nodes.values()))
    summary = f"{counted(len(events), 'pod')} without an address on {named(every)}: {cause.meaning}"
    fix = "\n".join(commands(line.replace("{node}", "{}"), every[:1]) for line in cause.fix.splitlines())
    return Finding(Severity.ERROR, summary, evidence, fix)


def _short(event: Object) -> str:
    message: Any = event.get("message", "")
    # The runtime begins with an id of 64 letters, and the cause is at the end.
    _, found, rest = str(message).rpartition("failed (add): ")
    times = event.get("count") or at(event, "series.count")
    return f"{rest if found else message}{f' ({times} times)' if times else ''}"
