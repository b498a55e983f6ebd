"""Whether admission webhooks let Cilium's pods start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.doctor.checks.views.pod_index import selected
from cdk_eks_cilium.doctor.checks.views.pods import is_ready
from cdk_eks_cilium.doctor.checks.views.selectors import selects
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import (
    DAEMON_SETS,
    KUBE_SYSTEM,
    MUTATING_WEBHOOKS,
    NAMESPACES,
    PODS,
    SERVICES,
    VALIDATING_WEBHOOKS,
)
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_PER_NAMESPACE: Final = {"": {"pods"}, "cilium.io": {"ciliumendpoints"}, "coordination.k8s.io": {"leases"}}
_FOR_ALL: Final = {"": {"nodes"}, "cilium.io": {"ciliumnodes", "ciliumidentities"}}
"""What kubelets and agents must write for a node to become ready, by group; selectors of namespaces do not
narrow what is judged of the second."""


@check(
    "webhooks",
    "admission webhooks let Cilium's pods start",
    reads=(VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS, SERVICES, PODS, NAMESPACES, DAEMON_SETS),
    symptom="pods are refused: failed calling webhook; after a restart of all nodes nothing comes up",
    answers=("K8S-webhook-objects",),
    links=(
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
        "https://docs.aws.amazon.com/eks/latest/best-practices/control-plane.html",
    ),
)
def webhooks(seen: Seen) -> Iterator[Outcome]:
    """A webhook with failurePolicy Fail refuses what it cannot be asked about.

    Where its pods are pods of Cilium, and it also judges the pods of kube-system, each waits for the other
    once all nodes restart. A webhook of the control plane has an address instead of a Service, and is not
    counted.
    """
    spaces = {name_of(each): each for each in seen.list(NAMESPACES)}
    system = spaces.get(KUBE_SYSTEM, {"metadata": {"labels": {"kubernetes.io/metadata.name": KUBE_SYSTEM}}})
    services = {name_of(each): each for each in seen.list(SERVICES)}
    agents = at(seen.one(DAEMON_SETS, "cilium", KUBE_SYSTEM), "spec.template.metadata.labels") or {}
    found = 0
    for reading in (VALIDATING_WEBHOOKS, MUTATING_WEBHOOKS):
        for configuration in seen.list(reading):
            for hook in configuration.get("webhooks") or ():
                if not _matters(hook):
                    continue
                found += 1
                place = f"{reading.kind} {name_of(configuration)}"
                judges_system = _judges(hook, _FOR_ALL) or (
                    selects(hook.get("namespaceSelector"), labels_of(system))
                    and selects(hook.get("objectSelector"), agents)
                )
                yield from _judged(seen, place, hook, services, judges_system)
    yield Fine(f"{counted(found, 'webhook')} about pods or nodes that fail closed")


def _matters(hook: Mapping[str, Any]) -> bool:
    fails = hook.get("failurePolicy", "Fail") == "Fail"
    served = at(hook, "clientConfig.service") is not None
    return fails and served and (_judges(hook, _PER_NAMESPACE) or _judges(hook, _FOR_ALL))


def _judges(hook: Mapping[str, Any], needed: Mapping[str, set[str]]) -> bool:
    """Whether a webhook judges who writes some resources."""
    for rule in hook.get("rules") or ():
        groups, resources = set(rule.get("apiGroups") or ()), set(rule.get("resources") or ())
        writes = {"CREATE", "UPDATE", "*"} & set(rule.get("operations") or ())
        if writes and any(
            {group, "*"} & groups and (names | {"*", "*/*"}) & resources for group, names in needed.items()
        ):
            return True
    return False


def _judged(
    seen: Seen, place: str, hook: Mapping[str, Any], services: Mapping[str, Object], judges_system: bool
) -> Iterator[Outcome]:
    name = f"{at(hook, 'clientConfig.service.namespace')}/{at(hook, 'clientConfig.service.name')}"
    service = services.get(name, {})
    pods = selected(seen, service)
    ready = [pod for pod in pods if is_ready(pod)]
    field = f"webhooks[{hook.get('name', '')}].failurePolicy"
    whole = "all namespaces, kube-system too" if judges_system else "some namespaces"
    if service and not at(service, "spec.selector"):
        yield Unknown(f"{place}: the Service {name} selects no pods, so whether it answers is not known")
    elif not ready and hook.get("matchConditions"):
        yield Unknown(f"{place}: no pod of {name} is ready, and its matchConditions decide what it refuses")
    elif not ready:
        yield Finding(
            Severity.ERROR,
            f"a webhook without a ready pod refuses pods or nodes of {whole}",
            (
                Evidence(place, field, "Fail", "Ignore, or a Service that answers"),
                Evidence(f"Service {name}", "ready pods", "0" if service else "", "1 or more"),
            ),
            f"# Fix the pods of {name}. If they wait for the webhook themselves, delete it; "
            f"its owner makes it again:\nkubectl delete {' '.join(place.split()).lower()}",
        )
    elif (
        judges_system
        and not hook.get("matchConditions")
        and not all(at(pod, "spec.hostNetwork", False) for pod in ready)
    ):
        yield Finding(
            Severity.WARNING,
            "a webhook judges Cilium's own pods, and its pods need Cilium: after a restart of all nodes "
            "each waits for the other",
            (
                Evidence(
                    place,
                    f"webhooks[{hook.get('name', '')}].namespaceSelector",
                    str(hook.get("namespaceSelector") or "all namespaces"),
                    "without kube-system",
                ),
            ),
            "# Exclude kube-system in the values of its chart, by this selector:\n"
            "# matchExpressions:\n"
            "# - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}",
        )
