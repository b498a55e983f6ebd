"""Advice on valid settings, and what keeps them from a real deploy."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from cdk_eks_cilium.addressing import QuotaUse, secondary_cidr_advice
from cdk_eks_cilium.nodes import IMAGES
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values import warnings as values_warnings
from cdk_eks_cilium.versions.kubernetes import support_warnings
from cdk_eks_cilium.versions.pairing import pairing_notes, pairing_warnings, release_warnings

from .address_plan import address_plan
from .conversion import cilium_values, cilium_version
from .model import Settings
from .node_advice import node_advice
from .ranges import is_placeholder
from .ways import gateway_advice


def advise(settings: Settings) -> list[str]:
    """Return advice on settings that are valid and may surprise. The defaults get no advice."""
    version = cilium_version(settings)
    found = [
        *support_warnings(settings.kubernetes_version),
        *release_warnings(version),
        *pairing_warnings(version, settings.kubernetes_version),
        *values_warnings(cilium_values(settings), version),
        *_on_ranges(settings),
    ]
    plan = address_plan(settings)
    found += [str(tight) for tight in plan.capacity.advice]
    found += [_over_quota(use) for use in plan.quotas if use.exceeded]
    found += gateway_advice(settings)
    found += node_advice(settings)
    ended = {group.image: IMAGES[group.image].end_of_life for group in settings.node_groups}
    return found + [f"node_groups: {text}" for text in ended.values() if text]


def remarks(settings: Settings) -> list[str]:
    """Return what to know of valid settings, though nothing is likely to go wrong."""
    return pairing_notes(cilium_version(settings), settings.kubernetes_version)


def _on_ranges(settings: Settings) -> Iterator[str]:
    network, services = settings.network, settings.service_cidr
    for cidr in network.pod_cidrs:
        yield from secondary_cidr_advice(cidr, service_cidr=services)
    for cidr in network.on_premises.cidrs if network.on_premises is not None else ():
        if IPv4Network(cidr).overlaps(IPv4Network(services)):
            yield (
                f"service_cidr: pods and nodes cannot reach the hosts of {cidr} whose addresses are in "
                f"{services}, the range of Services"
            )


def _over_quota(use: QuotaUse) -> str:
    most = f"; AWS raises it to at most {use.quota.maximum:,}" if use.quota.maximum is not None else ""
    where, before = (
        ("network:", "the deploy") if use.nodes is None else ("node_groups: at max_size", "the nodes come")
    )
    return (
        f"{where} {use.used:,} of {use.quota.name} are used, and the default quota is {use.value:,}{most}: "
        f"ask for more before {before} ({use.quota.source})"
    )


def deploy_problems(settings: Settings) -> list[Problem]:
    """Return what keeps valid settings from a real deploy: placeholders, and an API that nobody reaches."""
    return [*placeholders(settings), *_nobody_gets_in(settings)]


def _nobody_gets_in(settings: Settings) -> Iterator[Problem]:
    """The private endpoint's security group lets in its members, nodes and pods, and whom it is told to.

    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html#private-access
    """
    access = settings.endpoint_access
    if access.private_only and not access.private_cidrs:
        yield Problem(
            "endpoint_access.private_cidrs",
            "must name a range, since public_cidrs is empty and nobody but nodes and pods would reach the "
            "Kubernetes API",
            access.private_cidrs,
            "name the networks with a route to the VPC, or for hosts in it "
            f"'{settings.network.vpc_cidr}' (docs/private.md)",
            id="CEK1400",
        )


def placeholders(settings: Settings) -> list[Problem]:
    """Return a problem for each placeholder that a real deploy must replace."""
    return [
        Problem(
            f"endpoint_access.public_cidrs[{index}]",
            "must be a range that people connect from, not a range for documentation (RFC 5737)",
            block,
            "write your own, such as the '/32' of your office, or an empty list",
            id="CEK1002",
        )
        for index, block in enumerate(settings.endpoint_access.public_cidrs)
        if is_placeholder(block)
    ]
