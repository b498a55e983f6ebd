"""Where objects have the pods that the standards look at.

https://github.com/kubernetes/pod-security-admission/blob/master/admission/admission.go.
"""

# belief: K8S-pod-security-standards

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.validation import Release, advice
from rehearsal.kubernetes.validation.values import entries, mapping, string_map, text

_BELOW: Final = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}


def template_of(resource: ResourceType, body: Object) -> Object | None:
    """The pod, or the template of pods, of an object; None without pods."""
    path = _BELOW.get((resource.group, resource.kind))
    return None if path is None else mapping(body, *path)


def advice_on(resource: ResourceType, body: Object, release: Release) -> Iterator[str]:
    """What the server warns about in an object that it takes."""
    path = _BELOW.get((resource.group, resource.kind))
    if path is not None:
        yield from advice.of_pod(mapping(body, *path), ".".join(path), release)
    elif not resource.custom:
        yield from advice.of_kind(resource.kind, body, release)


def images_of(pod: Object) -> list[list[str]]:
    """The images of a pod's containers: only an update of them is judged again."""
    spec = mapping(pod, "spec")
    fields = ("initContainers", "containers", "ephemeralContainers")
    return [[text(container, "image") for container in entries(spec, field)] for field in fields]


def labels_in(body: Object) -> dict[str, str]:
    """The labels of an object."""
    return string_map(mapping(body, "metadata"), "labels")
