"""Rules over the cluster, its users and Cilium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.addressing.internet import everyone
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.settings.conversion import cilium_values, cilium_version
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.settings.ranges import ANYWHERE
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
            "name the ranges that people connect from, or explain in open_because why everyone needs access",
            id="CEK1050",
        )
    if not everyone(access.public_cidrs) and access.open_because is not None:
        yield Problem(
            "endpoint_access.open_because",
            f"must be left out unless public_cidrs has {ANYWHERE}",
            access.open_because,
            id="CEK1051",
        )


def _access(settings: Settings) -> Iterator[Problem]:
    partition = partition_of(settings.region)
    first: dict[str, int] = {}
    for index, entry in enumerate(settings.access):
        at, principal = f"access[{index}]", entry.principal_arn
        if first.setdefault(principal, index) != index:
            rule = f"must be named once, and access[{first[principal]}] names it already"
            fix = "put all its permissions into one entry"
            yield Problem(f"{at}.principal_arn", rule, principal, fix, id="CEK1052")
        if entry.policy == "cluster-admin" and entry.namespaces:
            rule = "must be empty with policy 'cluster-admin', which is for the whole cluster"
            fix = "use policy 'admin' for namespaces"
            yield Problem(f"{at}.namespaces", rule, entry.namespaces, fix, id="CEK1053")
        if principal.split(":")[1] != partition:
            rule = f"must be in partition '{partition}', as region '{settings.region}' is"
            yield Problem(f"{at}.principal_arn", rule, principal, id="CEK1054")


def _identity_of_the_operator(settings: Settings) -> Iterator[Problem]:
    cilium = settings.cilium
    values = CiliumValues(profile=cilium.profile, kube_proxy_replacement=cilium.kube_proxy_replacement)
    where = "cilium.operator_identity"
    yield from identity_problems(cilium.operator_identity, values, cilium_version(settings), where)


def _installable_values(settings: Settings) -> Iterator[Problem]:
    """Check the values for the chart of this version."""
    yield from values_problems(cilium_values(settings), cilium_version(settings), where="cilium")


def _core_dns_gets_ready(settings: Settings) -> Iterator[Problem]:
    if settings.aws_node == "never-install":
        yield from core_dns_problems(cilium_values(settings), where="cilium")


def partition_of(region: str) -> str:
    """Return the partition of a region, ``aws`` for most regions."""
    prefix = region.rsplit("-", 2)[0]
    return _PARTITIONS.get(prefix, "aws-eusc" if prefix.startswith("eusc") else "aws")


RULES: Final[tuple[Rule, ...]] = (
    _kubectl_layer,
    _open_for_a_reason,
    _access,
    _identity_of_the_operator,
    _installable_values,
    _core_dns_gets_ready,
)
