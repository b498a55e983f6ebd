"""The Kubernetes API of a cluster: embedded, or on a real API server."""

# no belief: options of the rehearsal

from __future__ import annotations

from collections.abc import Callable

from rehearsal.aws.runtime import Runtime
from rehearsal.kubernetes import Identity, KubernetesCluster


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
    )
    runtime.say(f"the Kubernetes API of cluster {name} is served by {cluster.described}")
    return cluster
