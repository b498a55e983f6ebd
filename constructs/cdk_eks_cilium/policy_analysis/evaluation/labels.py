"""The labels of either side of a flow in Cilium, with their sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.policy.model import LabelSelector
from cdk_eks_cilium.policy_analysis.identity_labels import is_known
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload

from .flow import Endpoint
from .meaning import Meaning, known, unknown

NAMESPACE: Final = "io.kubernetes.pod.namespace"
NAMESPACE_LABELS: Final = "io.cilium.k8s.namespace.labels."
CLUSTER: Final = "io.cilium.k8s.policy.cluster"
SERVICE_ACCOUNT: Final = "io.cilium.k8s.policy.serviceaccount"

_SOURCES: Final = ("k8s", "any", "reserved", "cidr", "container", "unspec", "mesos", "fqdn", "node")

Labels = Mapping[str, str]
"""Values by key, each under ``source:key`` and under the key alone: selectors may use either."""


class PodLabels(dict[str, str]):
    """The labels of a pod in a namespace that nobody described.

    Its own labels are known. Of the namespace's labels only the name is: all others may be there or not.

    Attributes:
        namespace: The namespace.
    """

    def __init__(self, labels: Mapping[str, str], namespace: str) -> None:
        super().__init__(labels)
        self.namespace = namespace

    def is_unknown(self, key: str) -> bool:
        """Whether nobody described a label; *key* as in `normal_key`."""
        return key not in self and key.removeprefix("k8s:").startswith(NAMESPACE_LABELS)


def undescribed(labels: Labels) -> str | None:
    """The namespace of a pod if nobody described that namespace's labels."""
    return labels.namespace if isinstance(labels, PodLabels) else None


def normal_key(key: str) -> str:
    """The key as `Labels` has it: without ``any:``, with any other source.

    An empty source, which older releases take, is any (`GetExtendedKeyFrom` in Cilium's ``pkg/labels``).
    """
    source, colon, rest = key.partition(":")
    return rest if colon and source in ("", "any") else key


def bare_key(key: str) -> str:
    """The key without its source."""
    source, colon, rest = key.partition(":")
    return rest if colon and (not source or source in _SOURCES) else key


def workload_labels(workload: Workload, inventory: Inventory) -> Labels:
    """The labels that Cilium gives a pod."""
    if workload.host_network:
        return reserved_labels("remote-node")
    labels = {key: value for key, value in workload.labels.items() if is_known(key)}
    labels[NAMESPACE] = workload.namespace
    labels[CLUSTER] = inventory.cluster_name
    labels[SERVICE_ACCOUNT] = workload.service_account
    for key, value in inventory.namespace_labels(workload.namespace).items():
        labels[f"{NAMESPACE_LABELS}{key}"] = value
    both = {**labels, **{f"k8s:{key}": value for key, value in labels.items()}}
    return both if workload.namespace in inventory.namespaces else PodLabels(both, workload.namespace)


def reserved_labels(*names: str) -> Labels:
    """The labels of an entity."""
    return {key: "" for name in names for key in (name, f"reserved:{name}")}


def endpoint_labels(endpoint: Endpoint, inventory: Inventory) -> Labels:
    """The labels of a side of a flow."""
    if endpoint.workload is not None:
        return workload_labels(endpoint.workload, inventory)
    if endpoint.kind == "foreign":
        both = {**dict(endpoint.labels), **{f"k8s:{key}": value for key, value in endpoint.labels}}
        return PodLabels(both, endpoint.undescribed) if endpoint.undescribed else both
    if endpoint.kind == "entity":
        # EKS's API server is outside the cluster, so it is part of the world, too.
        further = ("world",) if endpoint.name == "kube-apiserver" else ()
        return reserved_labels(endpoint.name, *further)
    return reserved_labels("world")


@dataclass(frozen=True)
class Matcher:
    """A selector, compiled. Equal selectors are equal.

    Attributes:
        exact: Labels that must be there, with keys as in `normal_key`.
        expressions: Further terms: key, operator and values.
    """

    exact: tuple[tuple[str, str], ...]
    expressions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()

    @property
    def namespace(self) -> str | None:
        """The only namespace whose pods it can match; None if there are several."""
        exact = dict(self.exact)
        return exact.get(f"k8s:{NAMESPACE}", exact.get(NAMESPACE))

    def terms(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """All its terms, each as key, operator and values."""
        for key, value in self.exact:
            yield key, "In", (value,)
        yield from self.expressions

    def matches(self, labels: Labels) -> bool | None:
        """Whether it matches an endpoint's labels.

        None if that depends on labels of its namespace, which nobody described.
        """
        unsure = False
        for key, value in self.exact:
            if labels.get(key) != value:
                if not is_label_unknown(labels, key):
                    return False
                unsure = True
        for key, operator, values in self.expressions:
            if is_label_unknown(labels, key):
                unsure = True
            elif not _holds(labels.get(key), operator, values):
                return False
        return None if unsure else True

    def meaning(self, labels: Labels) -> Meaning:
        """Whether it matches, with the namespace that nobody described if that is unknown."""
        found = self.matches(labels)
        return unknown(f"Namespace {undescribed(labels)}") if found is None else known(found)


def matcher(selector: LabelSelector, further: Mapping[str, str] | None = None) -> Matcher:
    """Compile a selector, with *further* labels that must hold."""
    exact = {normal_key(key): value for key, value in (selector.match_labels or {}).items()}
    exact |= further or {}
    expressions = tuple(
        (normal_key(one.key), str(one.operator), tuple(one.values or ()))
        for one in selector.match_expressions or ()
    )
    return Matcher(tuple(exact.items()), expressions)


def is_label_unknown(labels: Labels, key: str) -> bool:
    """Whether nobody described a label of an endpoint; *key* as in `normal_key`."""
    return isinstance(labels, PodLabels) and labels.is_unknown(key)


def _holds(value: str | None, operator: str, values: tuple[str, ...]) -> bool:
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None


def names_namespace(selector: LabelSelector) -> bool:
    """Whether a selector names namespaces."""
    return any(bare_key(key) == NAMESPACE for key in selector.keys)


def names_namespace_labels(selector: LabelSelector) -> bool:
    """Whether a selector has labels of namespaces."""
    return any(bare_key(key).startswith(NAMESPACE_LABELS) for key in selector.keys)


def is_reserved(selector: LabelSelector) -> bool:
    """Whether a selector has labels of entities."""
    return any(key.startswith("reserved:") for key in selector.keys)
