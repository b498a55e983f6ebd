"""Who is in a cluster's network: nodes, pods, the control plane, functions."""

# no belief: values; `deployed` says where they come from

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from rehearsal.reachability.network import Interface, Network


@dataclass(frozen=True)
class Party:
    """Nodes or pods of one zone, or functions of one subnet.

    Attributes:
        zone: Its zone.
        interface: Its interfaces.
        abroad: By which interfaces it leaves the VPC, if not by its own.
    """

    zone: str
    interface: Interface
    abroad: Interface | None = None

    @property
    def leaving(self) -> Interface:
        """The interface for what is outside of the VPC."""
        return self.abroad or self.interface


@dataclass(frozen=True)
class Api:
    """How the Kubernetes API is reached.

    Attributes:
        private: Its name resolves to its interfaces in the VPC.
        public: It has an endpoint on the internet, too.
        public_cidrs: Which addresses reach that endpoint.
        interfaces: Its interfaces in the VPC.
    """

    private: bool
    public: bool
    public_cidrs: tuple[IPv4Network, ...]
    interfaces: tuple[Interface, ...]


@dataclass(frozen=True)
class Functions:
    """Functions with the same interfaces, and what the deployment lets them call.

    Attributes:
        name: Who they are.
        interfaces: Their interfaces; empty outside of the VPC.
        services: What they call of AWS.
        call_api: Whether they call the Kubernetes API.
        call_internet: Whether they fetch charts from the internet.
    """

    name: str
    interfaces: tuple[Interface, ...]
    services: frozenset[str] = frozenset()
    call_api: bool = False
    call_internet: bool = False


@dataclass(frozen=True)
class ClusterView:
    """A cluster in its network.

    Attributes:
        node_services: What nodes call of AWS.
        needs_internet: Registries on the internet that nodes take images from.
        webhooks: Names of what the control plane calls in pods.
        hubble_relay: Whether a pod collects the flows of all agents.
    """

    name: str
    network: Network
    nodes: tuple[Party, ...]
    pods: tuple[Party, ...]
    api: Api
    node_services: tuple[str, ...]
    functions: tuple[Functions, ...] = ()
    needs_internet: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    hubble_relay: bool = False
