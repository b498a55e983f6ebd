"""Rules for an environment without internet, and for the source of Cilium's chart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.addressing.endpoint_services import GATEWAY_SERVICE, NEEDED_SERVICES
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.settings.conversion import cilium_version
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.versions.chart_file import chart_problems

from .rule import Rule

_ECR: Final = re.compile(r"[0-9]{12}\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?:/.*)?")


def _isolated_network(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if not network.isolated:
        return
    if network.existing:
        yield Problem(
            "network.isolated",
            "must be false with vpc_id, since routes and endpoints of an existing VPC belong to its owner",
            True,
            "leave it out; without internet that VPC needs the endpoints in docs/private.md",
            id="CEK1055",
        )
    if network.nat_gateways is not None:
        rule = "must be left out with isolated, which has no way to the internet"
        yield Problem("network.nat_gateways", rule, network.nat_gateways, id="CEK1056")
    if not settings.endpoint_access.private_only:
        yield Problem(
            "endpoint_access.public_cidrs",
            "must be empty with network.isolated",
            settings.endpoint_access.public_cidrs,
            "write [], and name in private_cidrs the networks that people connect from, by VPN or peering",
            id="CEK1057",
        )


def _isolated_cilium(settings: Settings) -> Iterator[Problem]:
    cilium = settings.cilium
    if not settings.network.isolated:
        return
    if cilium.egress == "pod":
        yield Problem(
            "cilium.egress",
            "must be 'node' with network.isolated, since pods then have no NAT gateway",
            "pod",
            "use 'node'; networks with a route to the VPC then see the nodes' addresses",
            id="CEK1058",
        )
    if cilium.chart is None:
        yield Problem(
            "cilium.chart",
            "must be given with network.isolated, since nothing there can fetch the chart",
            fix=f"fetch it with: helm pull cilium --repo https://helm.cilium.io/ --version {cilium.version}",
            id="CEK1059",
        )
    if cilium.image_registry is None:
        yield Problem(
            "cilium.image_registry",
            "must be given with network.isolated, since no node can reach the images' own registries",
            fix="copy the images to ECR as docs/private.md shows, and name the registry",
            id="CEK1060",
        )
    found = _ECR.fullmatch(cilium.image_registry or "")
    if found and found[1] != settings.region:
        yield Problem(
            "cilium.image_registry",
            f"must be in region '{settings.region}' with network.isolated, whose endpoints of ECR only reach "
            "that region",
            cilium.image_registry,
            "replicate the registry there",
            id="CEK1061",
        )


def _endpoints_are_further_ones(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.endpoints and not network.isolated:
        yield Problem(
            "network.endpoints",
            "must be empty without isolated, since services are then on the internet",
            network.endpoints,
            id="CEK1062",
        )
        return
    made = [service for service in network.endpoints if service in (*NEEDED_SERVICES, GATEWAY_SERVICE)]
    if made:
        yield Problem(
            "network.endpoints",
            "must name other services, these always have an endpoint",
            made,
            id="CEK1063",
        )


def _trust_is_for_endpoints(settings: Settings) -> Iterator[Problem]:
    if settings.network.trusted_accounts and not settings.network.isolated:
        yield Problem(
            "network.trusted_accounts",
            "must be empty without isolated, since only its endpoints keep other accounts out",
            settings.network.trusted_accounts,
            id="CEK1064",
        )


def _chart_is_of_the_version(settings: Settings) -> Iterator[Problem]:
    if settings.cilium.chart is not None:
        yield from chart_problems("cilium.chart", settings.cilium.chart, cilium_version(settings))


RULES: Final[tuple[Rule, ...]] = (
    _isolated_network,
    _isolated_cilium,
    _endpoints_are_further_ones,
    _trust_is_for_endpoints,
    _chart_is_of_the_version,
)
