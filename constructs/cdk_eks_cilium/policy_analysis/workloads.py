"""What policies are about: pods, namespaces, Services and groups of ranges, as YAML describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any, Final

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy.model import LabelSelector
from cdk_eks_cilium.problems import InputError, Problem, refuse

#: Where the pod's template is, by the kind that makes pods.
_TEMPLATES: Final = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}

_PODS: Final = frozenset({"Pod", *_TEMPLATES})


@dataclass(frozen=True)
class NamedPort:
    """A port of a container, with a name."""

    name: str
    number: int
    protocol: str = "TCP"


@dataclass(frozen=True)
class Workload:
    """Pods that policies cannot tell apart: one pod, or the pods of a Deployment or the like.

    Attributes:
        namespace: Their namespace.
        name: Name of the pod, or of what makes the pods.
        labels: The pods' labels.
        service_account: The ServiceAccount that they run as.
        ports: The named ports of their containers.
        numbers: The numbers of all their containers' ports, as ``(protocol, port)``.
        host_network: Whether they share their node's network. Cilium then sees the node, not a pod.
        kind: ``Pod`` for one pod, otherwise the kind of what makes them.
    """

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    service_account: str = "default"
    ports: tuple[NamedPort, ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()
    host_network: bool = False
    kind: str = "Pod"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class KubernetesService:
    """A Service: its labels and the pods behind it."""

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    selector: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class CidrGroup:
    """A CiliumCIDRGroup."""

    name: str
    cidrs: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Inventory:
    """What is known of a cluster.

    Attributes:
        workloads: The pods, each once.
        namespaces: The labels of namespaces by name. Of other namespaces only the label with the name is
            known: what depends on more labels is unknown.
        services: The Services.
        cidr_groups: The groups of ranges.
        cluster_name: Cilium's name of the cluster.
    """

    workloads: tuple[Workload, ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services: tuple[KubernetesService, ...] = ()
    cidr_groups: tuple[CidrGroup, ...] = ()
    cluster_name: str = "default"

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """The labels of a namespace, with the one that Kubernetes gives to each."""
        return {"kubernetes.io/metadata.name": name, **self.namespaces.get(name, {})}

    def find(self, name: str) -> Workload | None:
        """The workload called ``NAMESPACE/NAME``, if there is one."""
        return next((one for one in self.workloads if str(one) == name), None)


def inventory(documents: Iterable[Document], cluster_name: str = "default") -> Inventory:
    """Make an inventory from documents, and skip objects of other kinds.

    A pod, a ReplicaSet or a Job whose owner is among the documents is left out: the owner stands for it.

    Raises:
        InputError: For every incomplete or repeated object.
    """
    documents = list(documents)
    owners = {_key(document) for document in documents if document.kind in _TEMPLATES}
    problems: list[Problem] = []
    found: dict[str, list[Any]] = {"workloads": [], "services": [], "cidr_groups": []}
    namespaces: dict[str, dict[str, str]] = {}
    for document in documents:
        try:
            if document.kind == "Namespace":
                namespaces[_name(document)] = _labels(document.data)
            elif document.kind == "Service":
                found["services"].append(_service(document))
            elif document.kind == "CiliumCIDRGroup":
                found["cidr_groups"].append(_cidr_group(document))
            elif document.kind in _PODS and owners.isdisjoint(_owners(document)):
                found["workloads"].append(_workload(document))
        except KeyError as error:
            rule = f"must be a complete {document.kind} ({error.args[0]} is missing)"
            problems.append(Problem(document.where, rule, id="CEK5086"))
        except (ValueError, TypeError, AttributeError) as error:
            rule = f"must be a valid {document.kind} ({error})"
            problems.append(Problem(document.where, rule, id="CEK5087"))
    problems += _twice(found["workloads"])
    refuse(problems)
    return Inventory(
        tuple(found["workloads"]),
        namespaces,
        tuple(found["services"]),
        tuple(found["cidr_groups"]),
        cluster_name,
    )


def _twice(workloads: list[Workload]) -> Iterator[Problem]:
    seen: set[str] = set()
    for one in workloads:
        if str(one) in seen:
            fix = "give each pod and Deployment a name of its own"
            yield Problem(str(one), "must be defined once", fix=fix, id="CEK5088")
        seen.add(str(one))


def _metadata(data: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = data.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise ValueError("metadata must be a mapping")
    return metadata


def _name(document: Document) -> str:
    name = _metadata(document.data).get("name")
    if not isinstance(name, str) or not name:
        raise ValueError("metadata.name must be given")
    return name


def _namespace(document: Document) -> str:
    return str(_metadata(document.data).get("namespace") or "default")


def _key(document: Document) -> tuple[str, str, str]:
    metadata = document.data.get("metadata")
    named = metadata if isinstance(metadata, Mapping) else {}
    return document.kind, str(named.get("namespace") or "default"), str(named.get("name"))


def _owners(document: Document) -> Iterator[tuple[str, str, str]]:
    for owner in _metadata(document.data).get("ownerReferences") or ():
        yield str(owner.get("kind")), _namespace(document), str(owner.get("name"))


def _labels(data: Mapping[str, Any]) -> dict[str, str]:
    labels = _metadata(data).get("labels") or {}
    for key, value in labels.items():
        if not isinstance(value, str):
            raise ValueError(f"label {key} must be text, got {value!r}")
    return dict(labels)


def _service(document: Document) -> KubernetesService:
    selector = (document.data.get("spec") or {}).get("selector") or {}
    if not isinstance(selector, Mapping):
        raise ValueError(f"spec.selector must be a mapping, got {selector!r}")
    try:
        LabelSelector(match_labels=dict(selector))
    except InputError:
        raise ValueError(f"spec.selector must be labels, got {dict(selector)!r}") from None
    return KubernetesService(_namespace(document), _name(document), _labels(document.data), dict(selector))


def _cidr_group(document: Document) -> CidrGroup:
    ranges = (document.data.get("spec") or {}).get("externalCIDRs") or ()
    for text in ranges:
        try:
            ip_network(str(text), strict=False)
        except ValueError:
            raise ValueError(f"spec.externalCIDRs must be ranges, got {text!r}") from None
    return CidrGroup(_name(document), tuple(map(str, ranges)), _labels(document.data))


def _workload(document: Document) -> Workload:
    pod: Any = document.data
    for key in _TEMPLATES.get(document.kind, ()):
        pod = pod.get(key) or {}
    spec = pod.get("spec") or {}
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    ports = [port for container in containers for port in container.get("ports") or ()]
    return Workload(
        _namespace(document),
        _name(document),
        _labels(pod),
        service_account=str(spec.get("serviceAccountName") or "default"),
        ports=tuple(
            NamedPort(str(port["name"]), int(port["containerPort"]), str(port.get("protocol") or "TCP"))
            for port in ports
            if port.get("name")
        ),
        numbers=tuple((str(port.get("protocol") or "TCP"), int(port["containerPort"])) for port in ports),
        host_network=bool(spec.get("hostNetwork")),
        kind=document.kind,
    )
