"""Whether what the rendered values refer to is present and well-formed."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.references import References

from .cluster_name import cluster_name_problems, is_token


def reference_problems(values: CiliumValues, refs: References, where: str = "cilium") -> Iterator[Problem]:
    """What is missing or malformed in *refs* for rendering *values*."""
    yield from cluster_name_problems(f"{where}.cluster_name", refs.cluster_name)
    if not refs.subnet_ids:
        yield Problem(
            f"{where}.subnet_ids",
            "must name at least one pod subnet: without one Cilium takes any subnet of the zone",
            list(refs.subnet_ids),
            "pass the ids of the pod subnets",
            id="CEK2062",
        )
    if any("#{Token[" in subnet for subnet in refs.subnet_ids):
        yield Problem(
            f"{where}.subnet_ids",
            "must be single ids: a list that only the deployment knows cannot be written into a value",
            fix="pass one id for each subnet",
            id="CEK2063",
        )
    if values.kube_proxy_replacement:
        yield from _host_problems(refs.api_server_host, where)
    if values.profile == "article" and refs.operator_role_arn is None:
        yield Problem(
            f"{where}.profile",
            "'article' binds the operator's role by an annotation of its ServiceAccount",
            fix="pass operator_role_arn, or use profile 'standard' with Pod Identity",
            id="CEK2066",
        )


def _host_problems(host: str | None, where: str) -> Iterator[Problem]:
    if not host:
        yield Problem(
            f"{where}.kube_proxy_replacement",
            "needs the host of the Kubernetes API: without kube-proxy agents cannot reach its service",
            fix="pass api_server_host, the cluster's endpoint without 'https://'",
            id="CEK2064",
        )
    elif not is_token(host) and "/" in host:
        yield Problem(
            f"{where}.api_server_host",
            "must be a host without scheme and path",
            host,
            "remove 'https://' and everything after the host",
            id="CEK2065",
        )
