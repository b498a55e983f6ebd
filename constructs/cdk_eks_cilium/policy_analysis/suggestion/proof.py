"""The proof: what was seen passes, and what was not seen is refused, apart from what is named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import (
    Endpoint,
    Enforcement,
    Evaluation,
    Matrix,
    PortSet,
    Reach,
)
from cdk_eks_cilium.policy_analysis.flows import Conversation, Party
from cdk_eks_cilium.policy_analysis.replay.cluster import SeenCluster
from cdk_eks_cilium.policy_analysis.replay.judging import Judge, requested_of
from cdk_eks_cilium.versions.cilium import CiliumVersion

MOST_PODS = 300
"""Workloads whose pairs are probed."""


@dataclass(frozen=True)
class Proof:
    """What the suggested policies do.

    Attributes:
        passing: How many conversations pass.
        failing: The conversations that do not pass, or are not known to, each with the reason.
        probes: How many pairs of sides were probed at every port.
        open: What passes though it was not seen, each with the pair and the ports.
        left_out: How many workloads were not probed, because there are more than `MOST_PODS`.
    """

    passing: int
    failing: tuple[str, ...]
    probes: int
    open: tuple[str, ...]
    left_out: int = 0

    def as_json(self) -> dict[str, Any]:
        """The proof as plain data."""
        return {
            "passing": self.passing,
            "failing": list(self.failing),
            "probes": self.probes,
            "open": list(self.open),
            "left_out": self.left_out,
        }


def prove(
    policies: Sequence[Policy],
    cluster: SeenCluster,
    conversations: Iterable[Conversation],
    *,
    version: CiliumVersion | None = None,
    enforcement: Enforcement = "default",
) -> Proof:
    """Replay conversations against policies, and probe what was not seen."""
    known = sorted(conversations, key=conversation_order)
    requested = frozenset(found for one in known if (found := requested_of(one)) is not None)
    evaluation = Evaluation(policies, cluster.inventory, version=version, enforcement=enforcement)
    judge = Judge(evaluation, cluster, requested)
    failing = []
    for one in known:
        answer = judge.judge(one)
        for ruling in (answer.egress, answer.ingress):
            if ruling is not None and not ruling.allowed:
                why = "; ".join(ruling.missing) or ruling.reason
                failing.append(f"{one}: {ruling.word} in {ruling.direction}: {why}")
                break
    probes, wider, left_out = _probed(evaluation, cluster, known)
    return Proof(len(known) - len(failing), tuple(failing), probes, tuple(wider), left_out)


def _probed(
    evaluation: Evaluation, cluster: SeenCluster, conversations: Iterable[Conversation]
) -> tuple[int, list[str], int]:
    """Every port between every two sides, without what was seen.

    Pods of one workload with other labels, as each roll-out gives them, are one in what was seen.
    """
    seen: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    owners: dict[Endpoint, str] = {}
    for one in conversations:
        ends: list[list[Endpoint]] = []
        for end in (_nameless(one.source), one.destination):
            ends.append([_plain(side) for side in cluster.endpoints(end)])
            owners |= {side: _owner(side, end) for side in ends[-1]}
        for source, destination in product(*ends):
            key = owners[source], owners[destination]
            seen.setdefault(key, []).append((one.protocol, one.port, one.port))
    sides = sorted(owners, key=lambda each: (each.kind, each.name))
    workloads = [side for side in sides if side.workload is not None]
    pods = workloads[:MOST_PODS]
    others = [Endpoint.entity(name) for name in ("world", "host", "remote-node", "kube-apiserver")]
    matrix = Matrix(evaluation, [*pods, *others])
    probes, found = 0, []
    for source in matrix.endpoints:
        for destination in matrix.endpoints:
            if not _is_shut(evaluation, source, destination):
                continue
            probes += 1
            reach = matrix.reach(source, destination)
            ends_seen = owners.get(source, str(source)), owners.get(destination, str(destination))
            known = PortSet.of(seen.get(ends_seen, ()))
            if left := (reach.ports | reach.limited) - known:
                found.append(f"{source} -> {destination} {left}{_only(reach, left)}")
            # Nobody knows whether a name has the address of an entity, so that is not a finding.
            if (left := reach.unknown - known) and source.workload and destination.workload:
                found.append(f"{source} -> {destination} {left} may pass: {', '.join(reach.missing)}")
    return probes, found, len(workloads) - len(pods)


def _only(reach: Reach, left: PortSet) -> str:
    texts = [text for ports, text in reach.limits if ports & left]
    return f", only for {' and '.join(texts)}" if texts else ""


def _is_shut(evaluation: Evaluation, source: Endpoint, destination: Endpoint) -> bool:
    """Whether policies isolate a pod of a pair, so that something must be refused there."""
    if source == destination:
        return False
    leaves = source.workload is not None and evaluation.is_isolated(source.workload, "egress")
    arrives = destination.workload is not None and evaluation.is_isolated(destination.workload, "ingress")
    return leaves or (arrives and not source.is_own_node)


def _owner(side: Endpoint, end: Party) -> str:
    """The workload of a pod; a side that is not a pod by itself."""
    return end.name if side.workload is not None else str(side)


def _nameless(party: Party) -> Party:
    return Party("world", party.name) if party.kind == "world" else party


def _plain(endpoint: Endpoint) -> Endpoint:
    """A side as the probes know it: the world is one side."""
    if endpoint.workload is not None or endpoint.kind == "foreign":
        return endpoint
    return Endpoint.entity("world" if endpoint.kind != "entity" else endpoint.name)


def conversation_order(one: Conversation) -> tuple[Any, ...]:
    """An order of conversations that their texts give."""
    return str(one), one.source.labels, one.destination.labels, one.destination.name
