"""Pods that policies mention but no file describes: such pods may exist, so they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Final

from cdk_eks_cilium.policy.model import (
    CiliumNetworkPolicy,
    KubernetesClusterNetworkPolicy,
    LabelSelector,
    Policy,
)
from cdk_eks_cilium.policy_analysis.evaluation import tier_rules
from cdk_eks_cilium.policy_analysis.evaluation.compiled import subject_selector
from cdk_eks_cilium.policy_analysis.evaluation.labels import (
    NAMESPACE,
    NAMESPACE_LABELS,
    SERVICE_ACCOUNT,
    Matcher,
    bare_key,
    is_reserved,
    matcher,
    workload_labels,
)
from cdk_eks_cilium.policy_analysis.evaluation.selectors import Surroundings, peer_selector
from cdk_eks_cilium.policy_analysis.identity_labels import is_known
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

MENTIONED: Final = "mentioned"
"""The kind of a workload that only policies mention."""

ANY_NAMESPACE: Final = "any namespace"
"""The namespace of pods whose selector leaves it open; a namespace of a cluster has no space in its name."""

_NAME_LABEL: Final = "kubernetes.io/metadata.name"
_MOST_VALUES: Final = 16


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

    def pods(self) -> Iterator[MentionedPod]:
        """Pods with exactly the labels that it requires, one for each value of its first ``In`` terms."""
        base = {bare_key(key): value for key, value in (self.selector.match_labels or {}).items()}
        base |= {bare_key(key): value for key, value in self.further.items()}
        choices: list[list[tuple[str, str]]] = []
        for one in self.selector.match_expressions or ():
            key = bare_key(one.key)
            if key in base:
                continue
            if one.operator == "In" and one.values:
                choices.append([(key, value) for value in one.values])
            elif one.operator == "Exists":
                choices.append([(key, "")])
        for labels in islice(product(*choices), _MOST_VALUES):
            yield _made({**dict(labels), **base})


@dataclass(frozen=True)
class MentionedPod:
    """A pod that stands for the pods that a selector chooses.

    Attributes:
        workload: The pod.
        namespace_labels: The labels of its namespace, if the namespace stands for all with these labels; None
            for a namespace that the selector names.
    """

    workload: Workload
    namespace_labels: Mapping[str, str] | None = None


def _made(wanted: dict[str, str]) -> MentionedPod:
    of_namespace = {
        key.removeprefix(NAMESPACE_LABELS): wanted.pop(key)
        for key in [*wanted]
        if key.startswith(NAMESPACE_LABELS)
    }
    namespace = wanted.pop(NAMESPACE, "") or of_namespace.get(_NAME_LABEL, "")
    account = wanted.pop(SERVICE_ACCOUNT, "default")
    labels = {key: value for key, value in wanted.items() if is_known(key)}
    words = [f"{key}={value}" if value else key for key, value in sorted(labels.items())]
    words += [f"serviceaccount={account}"] if account != "default" else []
    name = ",".join(words) or "any pod"
    if namespace:
        return MentionedPod(Workload(namespace, name, labels, account, kind=MENTIONED))
    listed = ",".join(f"{key}={value}" if value else key for key, value in sorted(of_namespace.items()))
    namespace = f"any namespace with {listed}" if listed else ANY_NAMESPACE
    return MentionedPod(Workload(namespace, name, labels, account, kind=MENTIONED), of_namespace)


def mentioned_peers(
    policies: Iterable[Policy], inventory: Inventory, *, version: CiliumVersion | None = None
) -> Inventory:
    """Add pods to an inventory for the selectors that choose no pod in it.

    Such a pod has the labels that its selector requires, and is named after them. Where a selector names no
    namespace, the pod's namespace is called `ANY_NAMESPACE`, or after the labels that the selector requires
    of the namespace. A selector that no pod of the cluster can match gets no pod.

    Args:
        policies: The policies.
        inventory: The pods that are known.
        version: The release of Cilium; by default the newest.
    """
    around = Surroundings(inventory, version)
    choices = sorted(pod_choices(policies, around), key=lambda one: (-len(one.selector.keys), repr(one)))
    # A selector with fewer labels may choose the pods of a selector with more.
    for choice in choices:
        chosen = choice.matcher
        near = (each for each in inventory.workloads if chosen.namespace in (None, each.namespace))
        # A pod that the selector may choose counts, too.
        if any(chosen.matches(workload_labels(each, inventory)) is not False for each in near):
            continue
        for made in choice.pods():
            inventory = _with(made, chosen, inventory)
    return inventory


def _with(made: MentionedPod, chosen: Matcher, inventory: Inventory) -> Inventory:
    """The inventory with a pod, if a selector chooses it."""
    name = made.workload.namespace
    if made.namespace_labels is not None and name not in inventory.namespaces:
        inventory = replace(inventory, namespaces={**inventory.namespaces, name: made.namespace_labels})
    if chosen.matches(workload_labels(made.workload, inventory)) is False:
        return inventory
    return replace(inventory, workloads=(*inventory.workloads, made.workload))


def pod_choices(policies: Iterable[Policy], around: Surroundings) -> Iterator[PodChoice]:
    """Every selector of pods: of the pods that policies are for, and of their peers.

    The selectors of ClusterNetworkPolicies count in releases that enforce them.
    """
    with_tiers = behaviour.policy.CLUSTER_NETWORK_POLICIES.holds(around.version)
    for policy in policies:
        if isinstance(policy, KubernetesClusterNetworkPolicy):
            if with_tiers:
                yield from (PodChoice(each, {}) for each in tier_rules.selectors_of(policy))
            continue
        namespace = policy.namespace if isinstance(policy, CiliumNetworkPolicy) else None
        for _, rule in policy.rules():
            if rule.node_selector is not None:
                continue
            subject = PodChoice(*subject_selector(rule, namespace))
            if not is_reserved(subject.selector):
                yield subject
            for _, _, item in rule.items():
                if item.peer_kind in ("from_endpoints", "to_endpoints"):
                    for selector in getattr(item, item.peer_kind):
                        if not is_reserved(selector):
                            yield PodChoice(*peer_selector(selector, namespace, around))
