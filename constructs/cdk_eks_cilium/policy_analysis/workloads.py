"""What policies are about: pods, namespaces, Services and groups of ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cdk_eks_cilium.policy.model import LabelSelector


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
        pods: The names of its pods, where they are known.
        addresses: The IP addresses of its pods, where they are known; on their node's network the node's.
    """

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    service_account: str = "default"
    ports: tuple[NamedPort, ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()
    host_network: bool = False
    kind: str = "Pod"
    pods: tuple[str, ...] = field(default=(), compare=False)
    addresses: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class ServicePort:
    """A port of a Service.

    Attributes:
        number: The port that clients use.
        name: Its name; empty for the only port of a Service.
        protocol: ``TCP``, ``UDP`` or ``SCTP``.
        target: The port of the pods: its number, or the name that each pod gives to a port of its own.
        node_port: The port of every node that leads to it; 0 without one, or if the cluster is to choose it.
    """

    number: int
    name: str = ""
    protocol: str = "TCP"
    target: int | str = 0
    node_port: int = 0

    @property
    def of_pods(self) -> int | str:
        """The port of the pods, which is the same without ``targetPort``."""
        return self.target or self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}" + (f" ({self.name})" if self.name else "")


@dataclass(frozen=True)
class KubernetesService:
    """A Service: its labels and the pods behind it.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        labels: Its labels.
        selector: The labels of the pods behind it; empty if something else says what is behind it.
        ports: Its ports.
        type: ``ClusterIP``, ``NodePort``, ``LoadBalancer`` or ``ExternalName``.
        headless: Whether it has no address of its own, so that its name means the pods' addresses.
        external_name: The name that it stands for, if it is an ``ExternalName``.
        keeps_clients: Whether nodes hand on the addresses of clients: ``externalTrafficPolicy`` is ``Local``.
        load_balancer_class: The kind of load balancer.
        annotations: Its annotations about load balancers.
        balancer_name: The DNS name of its load balancer, which its status has.
        balancer_addresses: The addresses of its load balancer, which its status has.
        external_addresses: Its ``externalIPs``.
        stays_local: Whether only pods on a client's own node answer: ``internalTrafficPolicy`` is ``Local``.
    """

    namespace: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    selector: Mapping[str, str] = field(default_factory=dict, hash=False)
    ports: tuple[ServicePort, ...] = ()
    type: str = "ClusterIP"
    headless: bool = False
    external_name: str = ""
    keeps_clients: bool = False
    load_balancer_class: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict, hash=False)
    balancer_name: str = ""
    balancer_addresses: tuple[str, ...] = ()
    external_addresses: tuple[str, ...] = ()
    stays_local: bool = False

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class ServiceBackends:
    """What is behind a Service, as an EndpointSlice or an Endpoints object lists it.

    Attributes:
        service: The Service, ``NAMESPACE/NAME``.
        addresses: The addresses that get connections.
        ports: Their ports, by the names of the Service's ports; empty if every port is meant.
    """

    service: str
    addresses: tuple[str, ...]
    ports: tuple[NamedPort, ...] = ()


@dataclass(frozen=True)
class LocalRedirect:
    """A CiliumLocalRedirectPolicy.

    Attributes:
        namespace: Its namespace, and that of the pods.
        name: Its name.
        selector: The pods that get connections from clients on their own node.
        ports: Their ports, by the names of the ports that clients connect to.
        service: The Service whose connections they get, ``NAMESPACE/NAME``; empty if it is for an address.
        address: The address whose connections they get; empty if it is for a Service.
        frontend_ports: The ports that clients connect to; empty for every port of the Service.
        skips_backends: Whether connections that the pods themselves begin are left alone.
    """

    namespace: str
    name: str
    selector: LabelSelector
    ports: tuple[NamedPort, ...]
    service: str = ""
    address: str = ""
    frontend_ports: tuple[NamedPort, ...] = ()
    skips_backends: bool = False

    def __str__(self) -> str:
        return f"CiliumLocalRedirectPolicy {self.namespace}/{self.name}"


@dataclass(frozen=True)
class KubernetesNode:
    """A node of the cluster.

    Attributes:
        name: Its name.
        addresses: Its IP addresses.
    """

    name: str
    addresses: tuple[str, ...] = ()


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
        backends: What EndpointSlices and Endpoints list behind Services.
        nodes: The nodes.
        ranges_mean: What ranges mean beside addresses outside the cluster, ``nodes`` or ``pods``: the agents'
            option ``policy-cidr-match-mode``.
        mesh: What is known of other clusters of the mesh.
        redirects: The local redirects.
        host_firewall: Whether agents enforce policies for nodes, or may: the option ``enable-host-firewall``.
    """

    workloads: tuple[Workload, ...] = ()
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    services: tuple[KubernetesService, ...] = ()
    cidr_groups: tuple[CidrGroup, ...] = ()
    cluster_name: str = "default"
    backends: tuple[ServiceBackends, ...] = ()
    nodes: tuple[KubernetesNode, ...] = ()
    ranges_mean: frozenset[str] = frozenset()
    mesh: tuple[Inventory, ...] = ()
    redirects: tuple[LocalRedirect, ...] = ()
    host_firewall: bool = True

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """The labels of a namespace, with the one that Kubernetes gives to each."""
        return {"kubernetes.io/metadata.name": name, **self.namespaces.get(name, {})}

    def find(self, name: str) -> Workload | None:
        """The workload called ``NAMESPACE/NAME``, or with a pod of that name, if there is one."""
        return self._by_name.get(name)

    def service(self, name: str) -> KubernetesService | None:
        """The Service called ``NAMESPACE/NAME``, if there is one."""
        return next((one for one in self.services if str(one) == name), None)

    def backends_of(self, service: str) -> list[ServiceBackends]:
        """What is listed behind the Service called ``NAMESPACE/NAME``."""
        return [one for one in self.backends if one.service == service]

    def pod_at(self, address: str) -> Workload | None:
        """The pods with a network of their own of which one has an IP address, if they are known."""
        return self._by_address.get(address)

    def is_node(self, address: str) -> bool:
        """Whether an IP address is known to be a node's."""
        return address in self._node_addresses

    @cached_property
    def _by_address(self) -> Mapping[str, Workload]:
        return {text: one for one in self.workloads if not one.host_network for text in one.addresses}

    @cached_property
    def _node_addresses(self) -> frozenset[str]:
        of_pods = (text for one in self.workloads if one.host_network for text in one.addresses)
        return frozenset((*(text for one in self.nodes for text in one.addresses), *of_pods))

    @cached_property
    def _by_name(self) -> Mapping[str, Workload]:
        pods = {f"{one.namespace}/{pod}": one for one in self.workloads for pod in one.pods}
        kinds = {f"{one.namespace}/{one.kind.lower()}/{one.name}": one for one in self.workloads}
        return {**pods, **kinds, **{str(one): one for one in self.workloads}}
