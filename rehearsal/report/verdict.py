"""Checks the end state: the cluster after the creation, and leftovers after the destruction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis, Verdict
from cdk_eks_cilium.doctor.engine.finding import Severity
from cdk_eks_cilium.values.upgrade import path
from cdk_eks_cilium.versions import CiliumVersion, minors, version_problems
from rehearsal.aws.account import Account, Cluster
from rehearsal.aws.handler import Handler
from rehearsal.cloudformation.catalogue import handlers, traits
from rehearsal.cloudformation.state import Retained, StackState
from rehearsal.observed.examination import examined
from rehearsal.observed.plan import is_cilium
from rehearsal.reachability.answers import Reachability
from rehearsal.reachability.table import faults, needs_in_short

_MARKS: Final = {"warning": "warn", "unknown": "-", "skipped": "-"}
_SHOWN: Final = 3
"""How many observations a line has; the JSON and the page have all."""


@dataclass(frozen=True)
class EndStateFinding:
    """One check of the end state.

    Attributes:
        check: What was checked.
        good: Whether it is as it should be.
        detail: The observation, or the fault.
        phase: After which phase it was judged, as `RehearsalReport.phases` names it; empty for what is
            judged of all phases together, and before a rehearsal says it.
        id: The id of the doctor's check that judged it; empty for what the rehearsal alone judges.
        verdict: What the doctor says: ``ok``, ``warning``, ``error``, ``unknown`` or ``skipped``.
        evidence: What shows it.
        fix: What to do: commands, one a line.
    """

    check: str
    good: bool
    detail: str = ""
    phase: str = ""
    id: str = ""
    verdict: str = ""
    evidence: tuple[str, ...] = ()
    fix: str = ""

    @property
    def mark(self) -> str:
        """The word before it: ``ok``, ``BAD``, ``warn``, or ``-`` for what was not judged."""
        if not self.good:
            return "BAD"
        return _MARKS.get(self.verdict, "ok")


@dataclass(frozen=True)
class Judged:
    """How IAM judged the calls of functions, of CDK's handlers and of Cilium's operator.

    Attributes:
        calls: How many calls it judged.
        roles: The names of the roles that made them.
        denials: What it denied, in words.
        unjudged: What it did not judge, and why.
    """

    calls: int = 0
    roles: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()


def after_create(account: Account, stacks: Iterable[StackState]) -> list[EndStateFinding]:
    """Judges every cluster of the deployment by the doctor's checks."""
    known = list(stacks)
    return [finding for cluster in account.clusters.values() for finding in _judge(account, cluster, known)]


def _judge(account: Account, cluster: Cluster, stacks: list[StackState]) -> Iterator[EndStateFinding]:
    old = [name for name, node in cluster.nodes.items() if node.before]
    if old:
        states = {name: cluster.kubernetes.node_state(name) for name in old}
        wrong = [name for name, state in states.items() if not state.ready or state.cni != "aws-node"]
        detail = ", ".join(wrong) or f"{len(old)} nodes"
        yield EndStateFinding(f"{cluster.name}: every old node is Ready by aws-node", not wrong, detail)
        if cluster.kubernetes.get("DaemonSet", "cilium", "kube-system") is None:
            return  # a migration that has only begun
    yield from _spoilt(cluster)
    yield from _of_doctor(cluster.name, examined(account, cluster, stacks))


# belief: CILIUM-aws-node-spoils-prefixes
def _spoilt(cluster: Cluster) -> Iterator[EndStateFinding]:
    """Nodes on which aws-node ran first, if any: the rehearsal knows the past, and checks do not."""
    ours = [name for name, node in cluster.nodes.items() if not node.before]
    states = {name: cluster.kubernetes.node_state(name) for name in ours}
    wrong = [name for name, state in states.items() if state.cni == "aws-node"]
    if wrong:
        detail = "aws-node ran on it before Cilium, so it never gets prefixes; remove it earlier"
        told = " | ".join(f"{name}: {detail}" for name in wrong)
        yield EndStateFinding(f"{cluster.name}: no node ran aws-node", False, told)


def _of_doctor(cluster: str, diagnosis: Diagnosis) -> Iterator[EndStateFinding]:
    """What the doctor says: a finding for each check, and one for each reason not to judge."""
    silent: dict[tuple[Verdict, str], list[str]] = {}
    for result in diagnosis.results:
        check, verdict = result.check, result.verdict
        for reason in result.unknown:
            silent.setdefault((Verdict.UNKNOWN, reason), []).append(check.id)
        if verdict is Verdict.SKIPPED:
            silent.setdefault((verdict, result.detail), []).append(check.id)
        elif verdict is Verdict.OK:
            yield EndStateFinding(
                f"{cluster}: {check.title}", True, result.detail, id=check.id, verdict=verdict
            )
        for found in result.findings:
            evidence = tuple(map(str, found.evidence))
            yield EndStateFinding(
                f"{cluster}: {check.title}",
                found.severity is not Severity.ERROR,
                " | ".join([found.summary, *evidence[:_SHOWN]]),
                id=check.id,
                verdict=str(found.severity),
                evidence=evidence,
                fix=found.fix,
            )
    for (verdict, reason), ids in silent.items():
        yield EndStateFinding(f"{cluster}: {verdict}: {reason}", True, ", ".join(ids), verdict=verdict)


# belief: CILIUM-one-minor
def before_update(
    before: Iterable[Mapping[str, Mapping[str, Any]]], after: Iterable[Mapping[str, Mapping[str, Any]]]
) -> list[EndStateFinding]:
    """Checks the way of each release of Cilium: an update must not skip a minor, up or down.

    A release from a chart among the assets does not name its version, and is not checked.

    Args:
        before: The resources of each stack that runs.
        after: The resources of each stack that it is updated to.
    """
    old, new = _cilium_releases(before), _cilium_releases(after)
    order = minors()
    findings = []
    for name in old.keys() & new.keys():
        one, other = (CiliumVersion.of(each) for each in (old[name], new[name]))
        skipped = abs(order.index(one.minor) - order.index(other.minor)) > 1
        if one != other:
            way = " -> ".join(map(str, (one, *(stop for _, stop in path(one, other))))) if skipped else ""
            detail = f"{one} -> {other}" + (f" skips a minor: go {way}, one deploy each" if skipped else "")
            findings.append(EndStateFinding("Cilium goes one minor at a time", not skipped, detail))
    return findings


def _cilium_releases(stacks: Iterable[Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """The version of each release of Cilium that names one, by logical id."""
    releases = {
        name: resource.get("Properties") or {}
        for resources in stacks
        for name, resource in resources.items()
        if resource["Type"] == "Custom::AWSCDK-EKS-HelmChart"
    }
    named = {name: each.get("Version") for name, each in releases.items() if is_cilium(each)}
    return {
        name: version
        for name, version in named.items()
        if isinstance(version, str) and not any(version_problems("", version))
    }


def after_asking(clusters: Iterable[Reachability]) -> list[EndStateFinding]:
    """Whether each cluster reaches what it needs: a finding for each need that is cut, or one for all."""
    findings = []
    for each in clusters:
        cut = [EndStateFinding(f"{each.cluster}: {what}", False, why) for what, why in faults(each)]
        check = f"{each.cluster}: the network lets through what the cluster needs"
        findings += cut or [EndStateFinding(check, True, needs_in_short(each))]
    return findings


def after_calls(account: Account) -> EndStateFinding:
    """Whether IAM allowed every call of functions and of the operator, from creation to destruction."""
    access = account.access
    roles = {call.caller.role for call in access.calls}
    detail = f"{len(access.calls)} calls by {len(roles)} roles"
    denied = " | ".join(map(str, access.denials))
    return EndStateFinding("IAM allows every call", not access.denials, denied or detail)


def judged(account: Account) -> Judged:
    """How IAM judged all calls."""
    access = account.access
    return Judged(
        len(access.calls),
        tuple(sorted({call.caller.role for call in access.calls})),
        tuple(map(str, access.denials)),
        tuple(sorted(access.unjudged)),
    )


# ---------------------------------------------------------------------------- after the destruction


def after_destroy(account: Account, retained: Iterable[Retained] = ()) -> list[EndStateFinding]:
    """Lists what is left in the account. Resources that AWS deletes later by itself are listed as good.

    Args:
        account: The account.
        retained: Resources that policies kept; those inside a cluster were deleted with the cluster.
    """
    every = [leftover for handler in _each_handler() for leftover in handler.leftovers(account)]
    left = [leftover.what for leftover in every if not leftover.pending]
    pending = [leftover.what for leftover in every if leftover.pending]
    findings = [EndStateFinding("nothing is left", not left, ", ".join(left) or "the account is as before")]
    kept = [str(each) for each in retained if account.clusters or not traits(each.type).in_cluster]
    if kept:
        findings.append(EndStateFinding("no policy retains anything", False, ", ".join(kept)))
    if pending:
        findings.append(EndStateFinding("pending deletion", True, ", ".join(pending)))
    return findings


def _each_handler() -> Iterable[Handler]:
    """Every handler once, also if it has several types."""
    return {id(handler): handler for handler in handlers().values()}.values()
