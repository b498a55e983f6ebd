"""What the server fills into objects of its own types.

The values are from ``pkg/apis/*/v1/defaults.go`` in https://github.com/kubernetes/kubernetes, as far as
objects of the types here have them. An object is decoded before, so what has an empty value is missing.
"""

# belief: K8S-defaults

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.pod_defaults import fill, fill_pod, fill_template
from rehearsal.kubernetes.validation.limits import complete_limits

_RBAC: Final = "rbac.authorization.k8s.io"
GENERATION: Final = "deprecated.daemonset.template.generation"
"""The annotation that counts the templates of a DaemonSet."""
_HALF: Final = {"maxSurge": "25%", "maxUnavailable": "25%"}
_ONE_BY_ONE: Final = {"maxUnavailable": 1, "maxSurge": 0}
ROLLING_DEFAULTS: Final = (_HALF, _ONE_BY_ONE, {"partition": 0})
"""How updates roll where nobody says it: in Deployments, DaemonSets and StatefulSets."""
_WEBHOOK: Final[Object] = {
    "failurePolicy": "Fail",
    "matchPolicy": "Equivalent",
    "namespaceSelector": {},
    "objectSelector": {},
    "timeoutSeconds": 10,
}


def fill_object(body: Object) -> None:
    """Fill in the defaults of an object, in place."""
    if filler := _FILLERS.get(body["kind"]):
        filler(body)


def _each(body: Object, name: str) -> Iterator[Object]:
    yield from body.get(name) or ()


def _deployment(body: Object) -> None:
    spec = body["spec"]
    fill(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    _rolling(spec["strategy"], _HALF)
    fill_template(spec["template"])


def _rolling(strategy: Object, values: Object) -> None:
    fill(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        fill(strategy.setdefault("rollingUpdate", {}), **values)


def _daemon_set(body: Object) -> None:
    spec = body["spec"]
    fill(spec, revisionHistoryLimit=10)
    _rolling(spec["updateStrategy"], _ONE_BY_ONE)
    body["metadata"].setdefault("annotations", {}).setdefault(GENERATION, "1")
    fill_template(spec["template"])


def _stateful_set(body: Object) -> None:
    spec = body["spec"]
    fill(spec, podManagementPolicy="OrderedReady", replicas=1, revisionHistoryLimit=10)
    _rolling(spec["updateStrategy"], {"partition": 0})
    retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    fill(retention, whenDeleted="Retain", whenScaled="Retain")
    for claim in _each(spec, "volumeClaimTemplates"):
        fill(claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"})
        fill(claim["status"], phase="Pending")
        _claim(claim)
    fill_template(spec["template"])


def _replica_set(body: Object) -> None:
    fill(body["spec"], replicas=1)
    fill_template(body["spec"]["template"])


def _job(body: Object) -> None:
    spec = body["spec"]
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    mode = "NonIndexed"
    fill(spec, parallelism=1, backoffLimit=6, completionMode=mode, suspend=False, manualSelector=False)
    failed = "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    fill(spec, podReplacementPolicy=failed)
    fill_template(spec["template"], restart="")


def _cron_job(body: Object) -> None:
    spec = body["spec"]
    fill(spec, concurrencyPolicy="Allow", suspend=False)
    fill(spec, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    fill_template(spec["jobTemplate"]["spec"]["template"], restart="")


def _service(body: Object) -> None:
    spec = body["spec"]
    fill(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "ClientIP":
        fill(spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {}), timeoutSeconds=10800)
    for port in _each(spec, "ports"):
        fill(port, protocol="TCP")
        port["targetPort"] = port.get("targetPort") or port.get("port", 0)
    if spec["type"] in ("NodePort", "LoadBalancer"):
        fill(spec, externalTrafficPolicy="Cluster")
    if spec["type"] != "ExternalName":
        fill(spec, internalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        fill(spec, allocateLoadBalancerNodePorts=True)


def _claim(body: Object) -> None:
    fill(body["spec"], volumeMode="Filesystem")


def _volume(body: Object) -> None:
    fill(body["spec"], persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    if (host := body["spec"].get("hostPath")) is not None:
        host.setdefault("type", "")


def _storage_class(body: Object) -> None:
    fill(body, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _endpoints(body: Object) -> None:
    for subset in _each(body, "subsets"):
        for port in _each(subset, "ports"):
            fill(port, protocol="TCP")


def _endpoint_slice(body: Object) -> None:
    for port in _each(body, "ports"):
        fill(port, protocol="TCP")
        port.setdefault("name", "")


def _network_policy(body: Object) -> None:
    spec = body["spec"]
    fill(spec, policyTypes=["Ingress", *(["Egress"] if spec.get("egress") else [])])
    for rule in (*_each(spec, "ingress"), *_each(spec, "egress")):
        for port in _each(rule, "ports"):
            fill(port, protocol="TCP")


def _binding(body: Object) -> None:
    fill(body["roleRef"], apiGroup=_RBAC)
    for subject in _each(body, "subjects"):
        if subject.get("kind") in ("User", "Group"):
            fill(subject, apiGroup=_RBAC)


def _autoscaler(body: Object) -> None:
    spec = body["spec"]
    fill(spec, minReplicas=1)
    usage = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    fill(spec, metrics=[{"type": "Resource", "resource": usage}])


def _ingress_class(body: Object) -> None:
    if parameters := body["spec"].get("parameters"):
        fill(parameters, scope="Cluster")


def _webhooks(body: Object) -> None:
    for hook in _each(body, "webhooks"):
        fill(hook, **_WEBHOOK)
        if body["kind"] == "MutatingWebhookConfiguration":
            fill(hook, reinvocationPolicy="Never")
        if service := hook["clientConfig"].get("service"):
            fill(service, port=443)
        for rule in _each(hook, "rules"):
            fill(rule, scope="*")


def _api_service(body: Object) -> None:
    if service := body["spec"].get("service"):
        fill(service, port=443)


def _priority_class(body: Object) -> None:
    fill(body, preemptionPolicy="PreemptLowerPriority")


def _secret(body: Object) -> None:
    fill(body, type="Opaque")
    text = body.pop("stringData", None) or {}
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
    if encoded:
        body["data"] = (body.get("data") or {}) | encoded


def _namespace(body: Object) -> None:
    metadata = body.get("metadata") or {}
    if metadata.get("name"):
        metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = metadata["name"]


def _controller(body: Object) -> None:
    """A ReplicationController takes selector and labels from its template."""
    spec = body["spec"]
    fill(spec, replicas=1)
    template = spec.get("template")
    if not template:
        return
    fill_template(template)
    if labels := template["metadata"].get("labels"):
        spec.setdefault("selector", dict(labels))
        body["metadata"].setdefault("labels", dict(labels))


def _definition(body: Object) -> None:
    spec = body["spec"]
    names = spec["names"]
    fill(spec.setdefault("conversion", {}), strategy="None")
    if names.get("kind"):
        fill(names, singular=names["kind"].lower(), listKind=names["kind"] + "List")
    if service := (spec["conversion"].get("webhook") or {}).get("clientConfig", {}).get("service"):
        fill(service, port=443)


def _pod(body: Object) -> None:
    fill_pod(body["spec"])


def first_status(body: Object) -> Object:
    """The status with which an object begins, besides the empty one of its type."""
    match body["kind"]:
        case "Pod":
            return {"phase": "Pending", "qosClass": _quality(body["spec"])}
        case "PersistentVolume" | "PersistentVolumeClaim":
            return {"phase": "Pending"}
    return {}


def _quality(pod: Object) -> str:
    """The quality of service: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/."""
    containers = [*_each(pod, "containers"), *_each(pod, "initContainers")]
    resources = [container.get("resources") or {} for container in containers]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    bounded = all({"cpu", "memory"} <= set(each.get("limits") or ()) for each in resources)
    equal = all((each.get("requests") or {}) == (each.get("limits") or {}) for each in resources)
    return "Guaranteed" if bounded and equal else "Burstable"


_FILLERS: Final[dict[str, Callable[[Object], None]]] = {
    "APIService": _api_service,
    "ClusterRoleBinding": _binding,
    "CronJob": _cron_job,
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "EndpointSlice": _endpoint_slice,
    "Endpoints": _endpoints,
    "HorizontalPodAutoscaler": _autoscaler,
    "IngressClass": _ingress_class,
    "Job": _job,
    "LimitRange": complete_limits,
    "MutatingWebhookConfiguration": _webhooks,
    "Namespace": _namespace,
    "NetworkPolicy": _network_policy,
    "PersistentVolume": _volume,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "PriorityClass": _priority_class,
    "ReplicaSet": _replica_set,
    "ReplicationController": _controller,
    "RoleBinding": _binding,
    "Secret": _secret,
    "Service": _service,
    "StatefulSet": _stateful_set,
    "StorageClass": _storage_class,
    "ValidatingWebhookConfiguration": _webhooks,
}
