"""Whether the certificates of a mesh are renewed in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.certificates import READS, Certified, renewals
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Outcome, Skip
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM
from cdk_eks_cilium.doctor.engine.seen import Seen

# templates/clustermesh-apiserver of the charts has these names in every release.
_MESH: Final = Certified(
    "the mesh",
    "clustermesh-apiserver-",
    "clustermesh-apiserver-generate-certs",
    "clustermesh.apiserver.tls.auto",
    "clustermesh-apiserver-remote-cert",
)


@check(
    "mesh-certificates",
    "the certificates of a mesh are renewed in time",
    reads=(*READS, DEPLOYMENTS),
    symptom="clusters of a mesh lose each other's Services and identities",
    links=("https://docs.cilium.io/en/stable/network/clustermesh/clustermesh/",),
)
def mesh_certificates(seen: Seen) -> Iterator[Outcome]:
    """Clusters of a mesh read each other's clustermesh-apiserver, by certificates that expire like Hubble's.

    An expired one cuts the cluster off from the others: what they know of its pods grows old.
    """
    if seen.one(DEPLOYMENTS, "clustermesh-apiserver", KUBE_SYSTEM) is None:
        yield Skip("the cluster serves no mesh: clustermesh-apiserver is not installed")
    else:
        yield from renewals(seen, _MESH)
