"""Pods with the same owner as one workload, where policies cannot tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cdk_eks_cilium.policy.documents import Document

from .identity_labels import is_known
from .owners import STATIC, OwnerKey, Owners, key_of
from .pod_makers import MADE_EACH_TIME
from .workloads import Workload


@dataclass(frozen=True)
class Member:
    """An object that is a pod or makes pods, with the workload that it is by itself."""

    document: Document
    workload: Workload


def grouped(members: Iterable[Member], owners: Owners) -> list[tuple[Workload, Document]]:
    """The workloads, each with the first of its objects, in the order of the objects.

    The objects of one owner are one workload if policies cannot tell their pods apart, and else several. Live
    pods tell more than the template that they were made of, which may have changed since, and to which
    webhooks add labels.
    """
    families: dict[OwnerKey, list[Member]] = {}
    for member in members:
        families.setdefault(owners.root(member.document), []).append(member)
    return [each for key, family in families.items() for each in _workloads(key, family)]


def _workloads(key: OwnerKey, family: Sequence[Member]) -> Iterator[tuple[Workload, Document]]:
    pods = [each for each in family if each.document.kind == "Pod"]
    own = [each for each in family if key_of(each.document) == key]
    if len(own) == len(family):
        # One object, or the same object several times.
        yield from ((each.workload, each.document) for each in own)
        return
    chosen = pods or own or family
    wanted = [_signature(each.workload, key.kind) for each in own]
    groups: dict[Any, list[Member]] = {}
    for each in chosen:
        groups.setdefault(_signature(each.workload, key.kind), []).append(each)
    # The pods that are as their template says keep its name.
    ordered = sorted(groups.items(), key=lambda group: group[0] not in wanted)
    for number, (_, group) in enumerate(ordered):
        name = key.name if not number else min(each.workload.name for each in group)
        yield _merged(key, name, group), group[0].document


def _signature(workload: Workload, kind: str) -> tuple[Any, ...]:
    """What policies can tell pods apart by."""
    leave = MADE_EACH_TIME.get(kind, frozenset())
    labels = frozenset(
        (label, value) for label, value in workload.labels.items() if label not in leave and is_known(label)
    )
    return (labels, workload.service_account, workload.host_network, workload.ports)


def _merged(key: OwnerKey, name: str, group: Sequence[Member]) -> Workload:
    first = group[0].workload
    pods = tuple(pod for each in group for pod in each.workload.pods)
    addresses = tuple(text for each in group for text in each.workload.addresses)
    numbers = dict.fromkeys(number for each in group for number in each.workload.numbers)
    kind = "Pod" if key.kind == STATIC and len(pods) == 1 else key.kind
    return replace(
        first,
        name=name,
        labels=_common(key.kind, group),
        numbers=tuple(numbers),
        kind=kind,
        pods=pods,
        addresses=addresses,
    )


def _common(kind: str, group: Sequence[Member]) -> Mapping[str, str]:
    """The labels that all have, also in the next run or revision."""
    leave = MADE_EACH_TIME.get(kind, frozenset())
    labels = {label: value for label, value in group[0].workload.labels.items() if label not in leave}
    for each in group[1:]:
        other = each.workload.labels
        for label in [label for label, value in labels.items() if other.get(label) != value]:
            del labels[label]
    return labels
