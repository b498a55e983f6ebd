"""Single objects as YAML describes them: workloads, nodes, groups of ranges."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.problems.kubernetes_names import is_label_value

from .owners import key_of
from .pod_makers import made_labels, pod_of
from .workloads import CidrGroup, KubernetesNode, NamedPort, Workload


def metadata_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The metadata of an object or a template.

    Raises:
        ValueError: If it is not a mapping.
    """
    metadata = data.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise ValueError("metadata must be a mapping")
    return metadata


def name_of(document: Document) -> str:
    """The name of an object; of one that Kubernetes is to name, the beginning.

    Raises:
        ValueError: If it has no name, or its namespace is not text.
    """
    metadata = metadata_of(document.data)
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
    labels = metadata_of(data).get("labels") or {}
    for key, value in labels.items():
        if not isinstance(value, str):
            raise ValueError(f"label {key} must be text, got {value!r}")
        if not is_label_value(value):
            raise ValueError(f"label {key} must have a valid value, got {value!r}")
    return dict(labels)


def port_number(port: Mapping[str, Any], name: str) -> int:
    """A number of a port, which the API server does not take as text.

    Raises:
        KeyError, ValueError: If it is missing or another value.
    """
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


def node_of(document: Document) -> KubernetesNode:
    """A node of the cluster, with the addresses that its status has.

    Raises:
        ValueError: If it is invalid.
    """
    listed = (document.data.get("status") or {}).get("addresses") or ()
    texts = (str(each.get("address") or "") for each in listed if str(each.get("type", "")).endswith("IP"))
    return KubernetesNode(name_of(document), tuple(address_of(text) for text in texts if text))


def address_of(text: Any) -> str:
    """An IP address, written as Python writes it.

    Raises:
        ValueError: If it is invalid.
    """
    return str(ip_address(str(text)))


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
            NamedPort(
                str(port["name"]), port_number(port, "containerPort"), str(port.get("protocol") or "TCP")
            )
            for port in ports
            if port.get("name")
        ),
        numbers=tuple(
            (str(port.get("protocol") or "TCP"), port_number(port, "containerPort")) for port in ports
        ),
        host_network=bool(spec.get("hostNetwork")),
        kind=document.kind,
        pods=(name,) if document.kind == "Pod" else (),
        addresses=_pod_addresses(document) if document.kind == "Pod" else (),
    )


def _pod_addresses(document: Document) -> tuple[str, ...]:
    """The addresses in the status of a pod, which a pod in a cluster has."""
    status = document.data.get("status") or {}
    listed = [each.get("ip") for each in status.get("podIPs") or ()] or [status.get("podIP")]
    return tuple(address_of(text) for text in listed if text)
