"""How the operator gets the credentials of its role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

OperatorIdentity = Literal["irsa", "pod-identity"]


def identity_problems(
    identity: OperatorIdentity, values: CiliumValues, version: CiliumVersion, where: str
) -> Iterator[Problem]:
    """Yield why the operator cannot get its role by *identity*."""
    if identity == "irsa":
        return
    if values.profile == "article":
        yield Problem(
            where,
            "must be 'irsa' in profile 'article', which names the operator's role in its values",
            identity,
            "leave it out, or use profile 'standard'",
            id="CEK2039",
        )
    elif not (known := behaviour.datapath.POD_IDENTITY).holds(version):
        yield Problem(
            where,
            f"'pod-identity' needs Cilium {known.since} or newer: the AWS SDK knows it since 2023-11-14, and "
            f"an operator of {version} may take the node's credentials instead",
            identity,
            "use 'irsa', or a later Cilium",
            id="CEK2040",
        )
    elif values.kube_proxy_replacement and behaviour.datapath.HOST_PORTS_REDIRECTED.holds(version):
        yield Problem(
            where,
            f"'pod-identity' does not go with kube_proxy_replacement in Cilium {version}, which redirects "
            "traffic to ports of the host network, the port of EKS's agent too",
            identity,
            "use a later patch, or 'irsa'",
            id="CEK2041",
        )
