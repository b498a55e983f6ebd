"""The labels that tell workloads apart, and stay when pods are replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.policy_analysis.evaluation.labels import (
    CLUSTER,
    NAMESPACE,
    NAMESPACE_LABELS,
    SERVICE_ACCOUNT,
)
from cdk_eks_cilium.policy_analysis.flows import Party
from cdk_eks_cilium.policy_analysis.replay.cluster import plain_labels
from cdk_eks_cilium.policy_analysis.workloads import Inventory

Chosen = tuple[tuple[str, str], ...]
"""Labels with their values, in the order of their keys."""

# What people choose by, the recommended labels of Kubernetes first:
# https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
_PREFERRED: Final = (
    "app.kubernetes.io/name",
    "k8s-app",
    "app",
    "app.kubernetes.io/component",
    "app.kubernetes.io/instance",
    "component",
    "tier",
    "role",
    "name",
)

# Labels that change with a roll-out, a pod or a release of a chart.
_CHANGING: Final = re.compile(
    r"(rollouts-)?pod-template-(hash|generation)|controller-revision-hash|(batch\.kubernetes\.io/)?(controller-uid"
    r"|job-name)|batch\.kubernetes\.io/job-completion-index|statefulset\.kubernetes\.io/pod-name"
    r"|apps\.kubernetes\.io/pod-index|app\.kubernetes\.io/(version|managed-by)|helm\.sh/.*|chart|heritage|version"
    r"|.*(checksum|revision|[-./]hash)$"
)


@dataclass(frozen=True)
class Choice:
    """How to choose a workload.

    Attributes:
        labels: Labels that must all hold; empty if no label stays.
        also: The other workloads that these labels choose, because they have the same.
    """

    labels: Chosen
    also: tuple[str, ...] = ()


class StableLabels:
    """Chooses workloads by few labels.

    Args:
        parties: Every pod that was seen.
        described: What files describe: their workloads must be told apart, too.
    """

    def __init__(self, parties: Iterable[Party], described: Inventory) -> None:
        self._namespaces: dict[str, str] = {}
        self._labels: dict[str, dict[str, str]] = {}
        for party in sorted(parties, key=lambda one: (one.name, one.labels)):
            self._namespaces[party.name] = party.namespace
            own = {key: value for key, value in plain_labels(party).items() if _stays(key)}
            known = self._labels.setdefault(party.name, own)
            # What only some pods of a workload have does not choose the workload.
            self._labels[party.name] = {key: value for key, value in known.items() if own.get(key) == value}
        for workload in described.workloads:
            if str(workload) not in self._labels and not workload.host_network:
                self._namespaces[str(workload)] = workload.namespace
                self._labels[str(workload)] = {
                    **{key: value for key, value in workload.labels.items() if _stays(key)},
                    SERVICE_ACCOUNT: workload.service_account,
                }
        self._choices: dict[str, Choice] = {}

    def of(self, party: Party) -> Choice:
        """How to choose the workload of a pod."""
        found = self._choices.get(party.name)
        if found is None:
            found = self._choices[party.name] = self._choose(party.name)
        return found

    def _choose(self, name: str) -> Choice:
        own = self._labels[name]
        others = {
            other: labels
            for other, labels in self._labels.items()
            if other != name and self._namespaces[other] == self._namespaces[name]
        }
        chosen: dict[str, str] = {}
        for key in _by_preference(own):
            left = {other: labels for other, labels in others.items() if labels.get(key) == own[key]}
            if not chosen or len(left) < len(others):
                chosen[key], others = own[key], left
            if not others:
                break
        return Choice(_spelled(chosen), tuple(sorted(others)) if chosen else ())


def _stays(key: str) -> bool:
    if key in (NAMESPACE, CLUSTER) or key.startswith(NAMESPACE_LABELS):
        return False
    return _CHANGING.fullmatch(key) is None


def _by_preference(labels: Mapping[str, str]) -> Sequence[str]:
    """The keys, those first that people choose by. The account that pods run as comes last."""
    first = [key for key in _PREFERRED if key in labels]
    rest = sorted(labels.keys() - {*first, SERVICE_ACCOUNT})
    account = [SERVICE_ACCOUNT] if labels.get(SERVICE_ACCOUNT, "default") != "default" else []
    return [*first, *rest, *account]


def _spelled(labels: Mapping[str, str]) -> Chosen:
    return tuple(
        sorted((f"k8s:{key}" if key == SERVICE_ACCOUNT else key, value) for key, value in labels.items())
    )
