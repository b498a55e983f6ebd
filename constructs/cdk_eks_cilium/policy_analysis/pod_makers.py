"""The kinds that make pods, and where each has the template of its pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.policy.documents import Document


@dataclass(frozen=True)
class PodMaker:
    """A kind that makes pods.

    Attributes:
        groups: The groups of the API that it belongs to; the core group is empty.
        path: Where the template of its pods is.
    """

    groups: frozenset[str]
    path: tuple[str, ...] = ("spec", "template")


_APPS: Final = PodMaker(frozenset({"apps", "extensions"}))
# OpenKruise has its own StatefulSet and DaemonSet: https://openkruise.io/docs/user-manuals/cloneset.
_KRUISE: Final = "apps.kruise.io"
_EITHER: Final = PodMaker(_APPS.groups | {_KRUISE})

POD_MAKERS: Final[Mapping[str, PodMaker]] = {
    "Deployment": _APPS,
    "ReplicaSet": _APPS,
    "StatefulSet": _EITHER,
    "DaemonSet": _EITHER,
    "CloneSet": PodMaker(frozenset({_KRUISE})),
    "ReplicationController": PodMaker(frozenset({""})),
    "Job": PodMaker(frozenset({"batch"})),
    "CronJob": PodMaker(frozenset({"batch"}), ("spec", "jobTemplate", "spec", "template")),
    # https://argo-rollouts.readthedocs.io/en/stable/features/specification/
    "Rollout": PodMaker(frozenset({"argoproj.io"})),
    # https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/workloads_apis/
    "DeploymentConfig": PodMaker(frozenset({"apps.openshift.io"})),
}
"""The kinds, each with its template of pods."""


def pod_of(document: Document) -> Mapping[str, Any]:
    """The pod, or the template of pods, in an object."""
    pod: Any = document.data
    for key in POD_MAKERS[document.kind].path if document.kind in POD_MAKERS else ():
        pod = pod.get(key) or {}
    found: Mapping[str, Any] = pod
    return found


def named_template(document: Document) -> tuple[str, str] | None:
    """Kind and name of the object that has the template in place of a Rollout: ``workloadRef`` names it.

    https://argo-rollouts.readthedocs.io/en/stable/migrating/#reference-deployment-from-rollout
    """
    spec = document.data.get("spec")
    named = spec.get("workloadRef") if document.kind == "Rollout" and isinstance(spec, Mapping) else None
    if not isinstance(named, Mapping):
        return None
    return str(named.get("kind")), str(named.get("name"))


def made_labels(kind: str, name: str) -> Mapping[str, str]:
    """The labels that the maker of a kind adds to its template's, and that Cilium identifies pods by.

    https://kubernetes.io/docs/reference/labels-annotations-taints/#batch-kubernetes-io-job-name
    """
    if kind == "Job":
        return {"batch.kubernetes.io/job-name": name, "job-name": name}
    return {}


MADE_EACH_TIME: Final[Mapping[str, frozenset[str]]] = {
    "CronJob": frozenset({"batch.kubernetes.io/job-name", "job-name"}),
    "Rollout": frozenset({"rollouts-pod-template-hash"}),
}
"""Labels with another value for each run or revision of the same workload, by the kind that runs it."""
