"""What the cluster, its users and Cilium must agree on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.addressing.internet import everyone
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.conversion import cilium_values, cilium_version
from cdk_eks_cilium.settings.fields import ANYWHERE
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.values import CiliumValues, core_dns_problems, identity_problems
from cdk_eks_cilium.values import problems as values_problems
from cdk_eks_cilium.versions.kubectl_layer import layer_for

from .rule import Rule

_PARTITIONS: Final = {"cn": "aws-cn", "us-gov": "aws-us-gov", "us-iso": "aws-iso", "us-isob": "aws-iso-b"}


def _kubectl_layer(settings: Settings) -> Iterator[Problem]:
    try:
        layer_for(settings.kubernetes_version)
    except InputError as missing:
        yield from missing.problems


def _open_for_a_reason(settings: Settings) -> Iterator[Problem]:
    access = settings.endpoint_access
    if everyone(access.public_cidrs) and access.open_because is None:
        yield Problem(
            "endpoint_access.public_cidrs",
            "must not open the Kubernetes API to the whole internet without a reason",
            access.public_cidrs,
            "name the ranges people come from, or say in open_because why it has to be everyone",
            id="CEK1053",
        )
    if not everyone(access.public_cidrs) and access.open_because is not None:
        yield Problem(
            "endpoint_access.open_because",
            f"must be left out unless public_cidrs has {ANYWHERE}",
            access.open_because,
            id="CEK1054",
        )


def _one_grant_each(settings: Settings) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, grant in enumerate(settings.access):
        if grant.principal_arn in first:
            yield Problem(
                f"access[{index}].principal_arn",
                f"must be named once, and access[{first[grant.principal_arn]}] names it already",
                grant.principal_arn,
                "put what it may do into one grant",
                id="CEK1055",
            )
        first.setdefault(grant.principal_arn, index)


def _cluster_admin_everywhere(settings: Settings) -> Iterator[Problem]:
    for index, grant in enumerate(settings.access):
        if grant.policy == "cluster-admin" and grant.namespaces:
            yield Problem(
                f"access[{index}].namespaces",
                "must be empty with policy 'cluster-admin', which is for the whole cluster",
                grant.namespaces,
                "use policy 'admin' for namespaces",
                id="CEK1056",
            )


def _principals_in_partition(settings: Settings) -> Iterator[Problem]:
    partition = partition_of(settings.region)
    for index, grant in enumerate(settings.access):
        if grant.principal_arn.split(":")[1] != partition:
            yield Problem(
                f"access[{index}].principal_arn",
                f"must be in partition '{partition}', where region '{settings.region}' is",
                grant.principal_arn,
                id="CEK1057",
            )


def _identity_of_the_operator(settings: Settings) -> Iterator[Problem]:
    cilium = settings.cilium
    values = CiliumValues(profile=cilium.profile, kube_proxy_replacement=cilium.kube_proxy_replacement)
    where = "cilium.operator_identity"
    yield from identity_problems(cilium.operator_identity, values, cilium_version(settings), where)


def _installable_values(settings: Settings) -> Iterator[Problem]:
    """What the chart of this version takes."""
    yield from values_problems(cilium_values(settings), cilium_version(settings), where="cilium")


def _core_dns_gets_ready(settings: Settings) -> Iterator[Problem]:
    if settings.aws_node == "never-install":
        yield from core_dns_problems(cilium_values(settings), where="cilium")


def partition_of(region: str) -> str:
    """Return the partition a region is in, ``aws`` for most."""
    prefix = region.rsplit("-", 2)[0]
    return _PARTITIONS.get(prefix, "aws-eusc" if prefix.startswith("eusc") else "aws")


RULES: Final[tuple[Rule, ...]] = (
    _kubectl_layer,
    _open_for_a_reason,
    _one_grant_each,
    _cluster_admin_everywhere,
    _principals_in_partition,
    _identity_of_the_operator,
    _installable_values,
    _core_dns_gets_ready,
)
