"""What an environment without internet must have in its place, and where Cilium's chart comes from."""

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


def _isolated_vpc_is_new(settings: Settings) -> Iterator[Problem]:
    if settings.network.isolated and settings.network.existing:
        yield Problem(
            "network.isolated",
            "must be false with vpc_id: routes and endpoints of a VPC that is there are its owner's",
            True,
            "leave it out; without internet that VPC needs the endpoints that docs/private.md lists",
            id="CEK1058",
        )


def _isolated_vpc_has_no_gateway(settings: Settings) -> Iterator[Problem]:
    if settings.network.isolated and settings.network.nat_gateways is not None:
        yield Problem(
            "network.nat_gateways",
            "must be left out with isolated, there is no way to the internet",
            settings.network.nat_gateways,
            id="CEK1059",
        )


def _isolated_api_is_private(settings: Settings) -> Iterator[Problem]:
    if settings.network.isolated and not settings.endpoint_access.private_only:
        yield Problem(
            "endpoint_access.public_cidrs",
            "must be empty with network.isolated",
            settings.endpoint_access.public_cidrs,
            "write [], and name in private_cidrs the networks that people come from, by VPN or peering",
            id="CEK1060",
        )


def _isolated_pods_leave_behind_nodes(settings: Settings) -> Iterator[Problem]:
    if settings.network.isolated and settings.cilium.egress == "pod":
        yield Problem(
            "cilium.egress",
            "must be 'node' with network.isolated: no gateway is made that pods could leave through",
            "pod",
            "use 'node'; networks that are routed to the VPC see the nodes' addresses",
            id="CEK1061",
        )


def _isolated_chart_is_here(settings: Settings) -> Iterator[Problem]:
    if settings.network.isolated and settings.cilium.chart is None:
        yield Problem(
            "cilium.chart",
            "must be given with network.isolated, where nothing can fetch the chart",
            fix="fetch it with: helm pull cilium --repo https://helm.cilium.io/ "
            f"--version {settings.cilium.version}",
            id="CEK1062",
        )


def _isolated_images_are_near(settings: Settings) -> Iterator[Problem]:
    if settings.network.isolated and settings.cilium.image_registry is None:
        yield Problem(
            "cilium.image_registry",
            "must be given with network.isolated, where no node can reach the images' own registries",
            fix="copy the images to ECR as docs/private.md shows, and name the registry",
            id="CEK1063",
        )


def _isolated_registry_is_in_the_region(settings: Settings) -> Iterator[Problem]:
    found = _ECR.fullmatch(settings.cilium.image_registry or "")
    if settings.network.isolated and found and found[1] != settings.region:
        yield Problem(
            "cilium.image_registry",
            f"must be in region '{settings.region}' with network.isolated, "
            "whose endpoints of ECR are for that region alone",
            settings.cilium.image_registry,
            "replicate the registry there",
            id="CEK1064",
        )


def _endpoints_are_further_ones(settings: Settings) -> Iterator[Problem]:
    network = settings.network
    if network.endpoints and not network.isolated:
        yield Problem(
            "network.endpoints",
            "must be empty without isolated, where services are reached over the internet",
            network.endpoints,
            id="CEK1065",
        )
        return
    made = [service for service in network.endpoints if service in (*NEEDED_SERVICES, GATEWAY_SERVICE)]
    if made:
        yield Problem(
            "network.endpoints",
            "must name further services, these have an endpoint in any case",
            made,
            id="CEK1066",
        )


def _trust_is_for_endpoints(settings: Settings) -> Iterator[Problem]:
    if settings.network.trusted_accounts and not settings.network.isolated:
        yield Problem(
            "network.trusted_accounts",
            "must be empty without isolated, where no endpoint keeps anyone out",
            settings.network.trusted_accounts,
            id="CEK1067",
        )


def _chart_is_of_the_version(settings: Settings) -> Iterator[Problem]:
    if settings.cilium.chart is not None:
        yield from chart_problems("cilium.chart", settings.cilium.chart, cilium_version(settings))


RULES: Final[tuple[Rule, ...]] = (
    _isolated_vpc_is_new,
    _isolated_vpc_has_no_gateway,
    _isolated_api_is_private,
    _isolated_pods_leave_behind_nodes,
    _isolated_chart_is_here,
    _isolated_images_are_near,
    _isolated_registry_is_in_the_region,
    _endpoints_are_further_ones,
    _trust_is_for_endpoints,
    _chart_is_of_the_version,
)
