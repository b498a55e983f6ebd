"""What the server fills into pods, and into the templates of pods.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go
"""

# belief: K8S-defaults

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rehearsal.kubernetes.model import Object, copied

_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_MODES: Final = ("secret", "configMap", "downwardAPI", "projected")


def fill(target: Object, **values: Any) -> None:
    """Set what is missing or empty text, in place."""
    for name, value in values.items():
        if target.get(name) in (None, ""):
            target[name] = copied(value)


def fill_template(template: Object, *, restart: str = "Always") -> None:
    """Fill in the defaults of a template of pods, in place.

    Args:
        template: The template.
        restart: The restart policy of pods without one; empty where they must have one.
    """
    _fill_spec(template.setdefault("spec", {}), restart)


def fill_pod(spec: Object) -> None:
    """Fill in the defaults of a pod's specification, in place; a pod has some that templates lack."""
    _fill_spec(spec, "Always")
    fill(spec, enableServiceLinks=True)
    for container in _containers(spec):
        resources = container.get("resources") or {}
        if limits := resources.get("limits"):
            resources["requests"] = {**limits, **(resources.get("requests") or {})}
        for port in container.get("ports") or () if spec.get("hostNetwork") else ():
            fill(port, hostPort=port["containerPort"])


def _containers(spec: Object) -> Iterator[Object]:
    for name in _CONTAINERS:
        yield from spec.get(name) or ()


def _fill_spec(spec: Object, restart: str) -> None:
    fill(spec, dnsPolicy="ClusterFirst", schedulerName="default-scheduler", securityContext={})
    fill(spec, terminationGracePeriodSeconds=30, **({"restartPolicy": restart} if restart else {}))
    if account := spec.get("serviceAccountName") or spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"] = account  # the old name and the new one
    for container in _containers(spec):
        _fill_container(container)
    for volume in spec.get("volumes") or ():
        _fill_volume(volume)


def _fill_container(container: Object) -> None:
    fill(container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    fill(container, imagePullPolicy=_pull_policy(container.get("image", "")))
    for port in container.get("ports") or ():
        fill(port, protocol="TCP")
    for variable in container.get("env") or ():
        if reference := (variable.get("valueFrom") or {}).get("fieldRef"):
            fill(reference, apiVersion="v1")
    for name in _PROBES:
        if probe := container.get(name):
            fill(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            _fill_action(probe)
    for action in (container.get("lifecycle") or {}).values():
        if isinstance(action, dict):
            _fill_action(action)


def _pull_policy(image: str) -> str:
    """Images without a tag, and the tag latest, are pulled always:
    https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting.
    """
    name, digest, _ = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return "Always" if tag == "latest" or not (tag or digest) else "IfNotPresent"


def _fill_action(action: Object) -> None:
    if request := action.get("httpGet"):
        fill(request, path="/", scheme="HTTP")
    if (call := action.get("grpc")) is not None:
        call.setdefault("service", "")


def _fill_volume(volume: Object) -> None:
    if set(volume) <= {"name"}:
        volume["emptyDir"] = {}
    for kind in _MODES:
        if (source := volume.get(kind)) is not None:
            fill(source, defaultMode=420)
    if (host := volume.get("hostPath")) is not None:
        host.setdefault("type", "")
    for source in (volume.get("projected") or {}).get("sources") or ():
        if token := source.get("serviceAccountToken"):
            fill(token, expirationSeconds=3600)
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            if reference := item.get("fieldRef"):
                fill(reference, apiVersion="v1")
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        if reference := item.get("fieldRef"):
            fill(reference, apiVersion="v1")
