"""The Kubernetes API of a cluster: embedded, or on a real API server."""

# no belief: options of the rehearsal

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from rehearsal.aws.runtime import Runtime
from rehearsal.kubernetes import Identity, KubernetesCluster
from rehearsal.kubernetes.admission import SERVICES

if TYPE_CHECKING:
    from rehearsal.kubernetes.real.control_plane import ControlPlane

_CLUSTER = "AWS::EKS::Cluster"


def new_cluster(
    runtime: Runtime,
    *,
    name: str,
    version: str,
    service_cidr: str | None,
    identify: Callable[[str], Identity | None],
) -> KubernetesCluster:
    """A cluster that is not started, of the kind that `Options.api_server` asks for.

    Args:
        runtime: The rehearsal.
        name: The cluster's name.
        version: Its Kubernetes version, as ``1.35``.
        service_cidr: Range of the addresses of Services; None for EKS's default.
        identify: Finds the identity of a bearer token.
    """
    assets = runtime.options.api_server
    if assets is None:
        return KubernetesCluster(name=name, version=version, service_cidr=service_cidr, identify=identify)
    # Loaded where it is needed: most rehearsals go without.
    from rehearsal.kubernetes.real.cluster import RealCluster

    cluster = RealCluster(
        name=name,
        version=version,
        service_cidr=service_cidr,
        identify=identify,
        assets=assets,
        folder=runtime.scratch(f"control-plane-{name}"),
        plane=runtime.shared(_Ahead, _Ahead).take(version, _services(service_cidr)),
    )
    runtime.say(f"the Kubernetes API of cluster {name} is served by {cluster.described}")
    return cluster


def begin_ahead(runtime: Runtime, resources: Iterable[Mapping[str, Any]]) -> None:
    """Let the API servers of the clusters in a template start before their turn comes.

    A cluster whose version or range is not in the template as text gets its server later.

    Args:
        runtime: The rehearsal.
        resources: The definitions of resources.
    """
    if runtime.options.api_server is None:
        return
    for definition in resources:
        properties = definition.get("Properties") or {}
        version = properties.get("Version")
        cidr = (properties.get("KubernetesNetworkConfig") or {}).get("ServiceIpv4Cidr")
        if definition.get("Type") == _CLUSTER and isinstance(version, str) and isinstance(cidr, str | None):
            runtime.shared(_Ahead, _Ahead).begin(runtime, version, _services(cidr))


class _Ahead:
    """The control planes that were begun, and that no cluster has taken."""

    def __init__(self) -> None:
        self._begun: list[tuple[tuple[str, str], ControlPlane]] = []
        self._lock = threading.Lock()

    def begin(self, runtime: Runtime, version: str, services: str) -> None:
        from rehearsal.kubernetes.real.control_plane import ControlPlane

        assert runtime.options.api_server is not None
        plane = ControlPlane(
            runtime.options.api_server,
            runtime.scratch("control-plane"),
            lambda _: None,
            version=version,
            services=services,
        )
        plane.begin()
        with self._lock:
            self._begun.append(((version, services), plane))

    def take(self, version: str, services: str) -> ControlPlane | None:
        """A control plane for a version and a range, for whoever asks first."""
        with self._lock:
            for number, (key, plane) in enumerate(self._begun):
                if key == (version, services):
                    del self._begun[number]
                    return plane
        return None

    def stop(self) -> None:
        for _, plane in self._begun:
            plane.stop()


def _services(cidr: str | None) -> str:
    return str(IPv4Network(cidr) if cidr else SERVICES)
