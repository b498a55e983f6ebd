"""The pods that controllers make for workloads: which of them their namespace admits.

They are not objects here. A pod that was admitted stays, whatever its namespace asks of pods later, until its
workload has another template or wants fewer of them.
"""

# belief: K8S-pods-are-admitted

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from rehearsal.kubernetes import limit_ranges
from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.pod_security import policy_of, violation
from rehearsal.kubernetes.quotas import Quotas, Usage, labels_of, pod_usage
from rehearsal.kubernetes.validation.values import mapping


class Admitted(NamedTuple):
    """How many pods there may be, and why no more of them; the reason is empty if all are admitted."""

    number: int
    reason: str


@dataclass(frozen=True)
class _Made:
    namespace: str
    generation: int
    digest: str
    count: int
    usage: Usage


class Pods:
    """The pods of workloads.

    Args:
        store: Has the namespaces and their labels.
        quotas: Say whether there is room.
        minor: The cluster's minor release.
    """

    def __init__(self, store: Objects, quotas: Quotas, minor: int) -> None:
        self._store, self._quotas, self._minor = store, quotas, minor
        self._made: dict[tuple[str, str], _Made] = {}
        quotas.pods = self.usage

    # belief: K8S-pods-are-admitted
    def admitted(self, owner: Object, wanted: int, place: str = "") -> Admitted:
        """Make the pods of a workload, as far as its namespace admits them.

        Args:
            owner: The workload.
            wanted: How many pods it wants.
            place: The node of a DaemonSet's pod.
        """
        metadata, generation = owner["metadata"], owner["metadata"].get("generation", 0)
        key, namespace = (metadata["uid"], place), metadata["namespace"]
        before = self._made.get(key)
        # This is asked after every request: most workloads are as they were.
        if before and (before.generation, before.count) == (generation, wanted):
            return Admitted(wanted, "")
        template = copy.deepcopy(mapping(owner, "spec", "template"))
        digest = digest_of(template)
        limit_ranges.complete(self._store, namespace, template)
        made = _Made(namespace, generation, digest, 0, pod_usage(template))
        if before and before.digest == digest:
            made = replace(made, count=min(before.count, wanted))
        self._made[key], reason = made, ""
        while made.count < wanted and not (reason := self._refusal(namespace, template, made.usage)):
            made = replace(made, count=made.count + 1)
            self._made[key] = made
        return Admitted(made.count, reason)

    def _refusal(self, namespace: str, template: Object, usage: Usage) -> str:
        level = policy_of(labels_of(self._store, namespace)).enforce
        if words := violation(template, level, self._minor):
            return words.replace("violate ", "violates ", 1)
        if problem := limit_ranges.problem(self._store, namespace, template):
            return problem
        return self._quotas.problem(namespace, usage | {"count/pods": Fraction(1)}, template) or ""

    def usage(self, namespace: str) -> Usage:
        """What the pods of a namespace use together."""
        total: Usage = {}
        for made in self._made.values():
            if made.namespace == namespace:
                for name, amount in (made.usage | {"count/pods": Fraction(1)}).items():
                    total[name] = total.get(name, Fraction(0)) + amount * made.count
        return total

    def forget(self, owners: set[str], places: set[str]) -> None:
        """Let all pods go but for the pods of these workloads, by uid, and of these nodes."""
        for uid, place in list(self._made):
            if uid not in owners or (place and place not in places):
                del self._made[uid, place]


def digest_of(template: Object) -> str:
    """A short name for a template, as ReplicaSets have it in theirs."""
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def hindrance(kind: str, namespace: str, name: str, reason: str) -> Iterator[str]:
    """What keeps a workload from running whose pods are refused, with the fix."""
    fix = (
        "take the label pod-security.kubernetes.io/enforce off the namespace"
        if "PodSecurity" in reason
        else "raise the quota, or ask for less"
    )
    if reason:
        yield f"namespace {namespace} refuses the pods of {kind} {name}: {reason}; {fix}"
