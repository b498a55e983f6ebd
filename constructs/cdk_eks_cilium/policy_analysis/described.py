"""Single objects as YAML describes them: workloads, Services, groups of ranges."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy.model import LabelSelector
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.problems.kubernetes_names import is_label_value

from .owners import key_of
from .pod_makers import made_labels, pod_of
from .workloads import CidrGroup, KubernetesService, NamedPort, ServicePort, Workload


def _metadata(data: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = data.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise ValueError("metadata must be a mapping")
    return metadata


def name_of(document: Document) -> str:
    """The name of an object; of one that Kubernetes is to name, the beginning.

    Raises:
        ValueError: If it has no name, or its namespace is not text.
    """
    metadata = _metadata(document.data)
    namespace = metadata.get("namespace")
    if namespace is not None and not isinstance(namespace, str):
        raise ValueError(f"metadata.namespace must be text, got {namespace!r}; put it in quotes")
    name = metadata.get("name") or str(metadata.get("generateName") or "").rstrip("-")
    if not isinstance(name, str) or not name:
        raise ValueError("metadata.name must be given, as text")
    return name


def labels_of(data: Mapping[str, Any]) -> dict[str, str]:
    """The labels of an object or a template.

    Raises:
        ValueError: If a label is not text that the API server takes.
    """
    labels = _metadata(data).get("labels") or {}
    for key, value in labels.items():
        if not isinstance(value, str):
            raise ValueError(f"label {key} must be text, got {value!r}")
        if not is_label_value(value):
            raise ValueError(f"label {key} must have a valid value, got {value!r}")
    return dict(labels)


def service_of(document: Document) -> KubernetesService:
    """A Service.

    Raises:
        KeyError, ValueError, TypeError, AttributeError: If it is incomplete or invalid.
    """
    spec = document.data.get("spec") or {}
    selector = spec.get("selector") or {}
    if not isinstance(selector, Mapping):
        raise ValueError(f"spec.selector must be a mapping, got {selector!r}")
    try:
        LabelSelector(match_labels=dict(selector))
    except InputError:
        raise ValueError(f"spec.selector must be labels, got {dict(selector)!r}") from None
    return KubernetesService(
        key_of(document).namespace,
        name_of(document),
        labels_of(document.data),
        dict(selector),
        ports=tuple(_service_port(each) for each in spec.get("ports") or ()),
        type=str(spec.get("type") or "ClusterIP"),
        headless=spec.get("clusterIP") == "None",
        external_name=str(spec.get("externalName") or ""),
        keeps_clients=spec.get("externalTrafficPolicy") == "Local",
        load_balancer_class=str(spec.get("loadBalancerClass") or ""),
        annotations={
            key: str(value)
            for key, value in (_metadata(document.data).get("annotations") or {}).items()
            if "load-balancer" in key
        },
    )


def _service_port(port: Mapping[str, Any]) -> ServicePort:
    target = port.get("targetPort") or 0
    return ServicePort(
        _number(port, "port"),
        str(port.get("name") or ""),
        str(port.get("protocol") or "TCP"),
        # The API server takes a number in quotes for a name, and so does whatever looks it up.
        target if isinstance(target, int) else str(target),
        _number(port, "nodePort") if port.get("nodePort") else 0,
    )


def _number(port: Mapping[str, Any], name: str) -> int:
    """A number of a port, which the API server does not take as text."""
    number = port[name]
    if not isinstance(number, int) or isinstance(number, bool):
        quoted = "; leave the quotes out" if isinstance(number, str) and number.isdecimal() else ""
        raise ValueError(f"{name} must be a whole number, got {number!r}{quoted}")
    return number


def cidr_group_of(document: Document) -> CidrGroup:
    """A CiliumCIDRGroup.

    Raises:
        ValueError: If it is invalid.
    """
    ranges = (document.data.get("spec") or {}).get("externalCIDRs") or ()
    for text in ranges:
        try:
            ip_network(str(text), strict=False)
        except ValueError:
            raise ValueError(f"spec.externalCIDRs must be ranges, got {text!r}") from None
    return CidrGroup(name_of(document), tuple(map(str, ranges)), labels_of(document.data))


def workload_of(document: Document) -> Workload:
    """The pods that an object is or makes.

    Raises:
        KeyError, ValueError, TypeError, AttributeError: If the object is incomplete or invalid.
    """
    pod = pod_of(document)
    spec = pod.get("spec") or {}
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    ports = [port for container in containers for port in container.get("ports") or ()]
    name = name_of(document)
    return Workload(
        key_of(document).namespace,
        name,
        {**made_labels(document.kind, name), **labels_of(pod)},
        service_account=str(spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"),
        ports=tuple(
            NamedPort(str(port["name"]), _number(port, "containerPort"), str(port.get("protocol") or "TCP"))
            for port in ports
            if port.get("name")
        ),
        numbers=tuple((str(port.get("protocol") or "TCP"), _number(port, "containerPort")) for port in ports),
        host_network=bool(spec.get("hostNetwork")),
        kind=document.kind,
        pods=(name,) if document.kind == "Pod" else (),
    )
