"""Pods that policies mention but no file describes: such pods may exist, so they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from cdk_eks_cilium.policy.model import CiliumNetworkPolicy, LabelSelector, Policy
from cdk_eks_cilium.policy_analysis.evaluation.compiled import subject_selector
from cdk_eks_cilium.policy_analysis.evaluation.labels import (
    NAMESPACE,
    SERVICE_ACCOUNT,
    Matcher,
    bare_key,
    is_known,
    is_reserved,
    matcher,
    workload_labels,
)
from cdk_eks_cilium.policy_analysis.evaluation.selectors import Surroundings, peer_selector
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

MENTIONED: Final = "mentioned"
"""The kind of a workload that only policies mention."""


@dataclass(frozen=True)
class PodChoice:
    """A selector of pods with what Cilium adds to it.

    Attributes:
        selector: The selector.
        further: Labels that must hold, too.
    """

    selector: LabelSelector
    further: dict[str, str]

    @property
    def matcher(self) -> Matcher:
        """Whom it chooses."""
        return matcher(self.selector, self.further)

    @property
    def workload(self) -> Workload | None:
        """Pods with exactly the labels that it requires; None unless it names one namespace."""
        wanted = {bare_key(key): value for key, value in (self.selector.match_labels or {}).items()}
        for one in self.selector.match_expressions or ():
            if one.operator == "In" and one.values:
                wanted.setdefault(bare_key(one.key), one.values[0])
            elif one.operator == "Exists":
                wanted.setdefault(bare_key(one.key), "")
        wanted |= {bare_key(key): value for key, value in self.further.items()}
        namespace = wanted.pop(NAMESPACE, None)
        account = wanted.pop(SERVICE_ACCOUNT, "default")
        labels = {key: value for key, value in wanted.items() if is_known(key)}
        if not namespace:
            return None
        words = [f"{key}={value}" if value else key for key, value in sorted(labels.items())]
        words += [f"serviceaccount={account}"] if account != "default" else []
        return Workload(namespace, ",".join(words) or "any pod", labels, account, kind=MENTIONED)


def mentioned_peers(policies: Iterable[Policy], inventory: Inventory) -> Inventory:
    """Add pods to an inventory for the selectors that choose no pod in it.

    Such a pod has the labels that its selector requires, and is named after them. A selector gets no pod
    if it names no namespace, or if no pod of one namespace can match it.
    """
    choices = sorted(
        pod_choices(policies, Surroundings(inventory)), key=lambda one: (-len(one.selector.keys), repr(one))
    )
    # A selector with fewer labels may choose the pods of a selector with more.
    for choice in choices:
        chosen = choice.matcher
        near = (each for each in inventory.workloads if chosen.namespace in (None, each.namespace))
        # A pod that the selector may choose counts, too.
        if any(chosen.matches(workload_labels(each, inventory)) is not False for each in near):
            continue
        made = choice.workload
        if made is not None and chosen.matches(workload_labels(made, inventory)) is not False:
            inventory = replace(inventory, workloads=(*inventory.workloads, made))
    return inventory


def pod_choices(policies: Iterable[Policy], around: Surroundings) -> Iterator[PodChoice]:
    """Every selector of pods: of the pods that policies are for, and of their peers."""
    for policy in policies:
        namespace = policy.namespace if isinstance(policy, CiliumNetworkPolicy) else None
        for _, rule in policy.rules():
            if rule.node_selector is not None:
                continue
            yield PodChoice(*subject_selector(rule, namespace))
            for _, _, item in rule.items():
                if item.peer_kind in ("from_endpoints", "to_endpoints"):
                    for selector in getattr(item, item.peer_kind):
                        if not is_reserved(selector):
                            yield PodChoice(*peer_selector(selector, namespace, around))
