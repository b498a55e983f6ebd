"""An environment without internet: what it must have, and what it must not have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import Settings, cilium_values, load, parse
from rehearsal.charts.repository import stand_in
from tests.unit.settings.refusals import refusal

REGISTRY = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror"


@pytest.fixture
def chart(tmp_path: Path) -> str:
    path = tmp_path / "cilium-1.19.6.tgz"
    path.write_bytes(stand_in("1.19.6"))
    return str(path)


def isolated(chart: str, **parts: dict[str, Any]) -> dict[str, Any]:
    """Valid settings with *parts* merged in; None removes a key."""
    data: dict[str, dict[str, Any]] = {
        "endpoint_access": {"public_cidrs": []},
        "network": {"isolated": True},
        "cilium": {"chart": chart, "image_registry": REGISTRY},
    }
    for part, given in parts.items():
        merged = {**data[part], **given}
        data[part] = {key: value for key, value in merged.items() if value is not None}
    return data


def test_an_isolated_environment_is_fine(chart: str) -> None:
    settings = parse(isolated(chart, network={"endpoints": ["logs", "elasticloadbalancing"]}))

    assert settings.network.isolated
    assert cilium_values(settings).image_registry == REGISTRY


def test_by_default_an_environment_is_not_isolated() -> None:
    settings = Settings()
    assert (settings.network.isolated, settings.network.endpoints) == (False, [])
    assert (settings.cilium.chart, settings.cilium.image_registry) == (None, None)


def test_an_isolated_vpc_is_a_new_one(chart: str) -> None:
    zones = ["eu-west-1a", "eu-west-1b"]
    there = {
        "vpc_id": "vpc-00000000",
        "vpc_cidr": "10.1.0.0/16",
        "availability_zones": zones,
        "private_subnet_ids": {zone: f"subnet-0000000{index}" for index, zone in enumerate(zones)},
    }
    assert refusal(isolated(chart, network=there)) == [
        "network.isolated: must be false with vpc_id, since routes and endpoints of an existing VPC "
        "belong to its owner, got True; leave it out; without internet that VPC needs the endpoints in "
        "docs/private.md"
    ]


def test_an_isolated_vpc_has_no_nat_gateway(chart: str) -> None:
    assert refusal(isolated(chart, network={"nat_gateways": 1})) == [
        "network.nat_gateways: must be left out with isolated, which has no way to the internet, got 1"
    ]


def test_the_api_is_private(chart: str) -> None:
    assert refusal(isolated(chart, endpoint_access={"public_cidrs": ["203.0.113.0/24"]})) == [
        "endpoint_access.public_cidrs: must be empty with network.isolated, got ['203.0.113.0/24']; "
        "write [], and name in private_cidrs the networks that people connect from, by VPN or peering"
    ]


def test_pods_of_an_isolated_vpc_leave_with_the_address_of_their_node(chart: str) -> None:
    assert refusal(isolated(chart, cilium={"egress": "pod"})) == [
        "cilium.egress: must be 'node' with network.isolated, since pods then have no NAT gateway, got "
        "'pod'; use 'node'; networks with a route to the VPC then see the nodes' addresses"
    ]


def test_chart_and_images_must_be_reachable(chart: str) -> None:
    assert refusal(isolated(chart, cilium={"chart": None, "image_registry": None})) == [
        "cilium.chart: must be given with network.isolated, since nothing there can fetch the chart; "
        "fetch it with: helm pull cilium --repo https://helm.cilium.io/ --version 1.19.6",
        "cilium.image_registry: must be given with network.isolated, since no node can reach the "
        "images' own registries; copy the images to ECR as docs/private.md shows, and name the registry",
    ]


def test_ecr_must_be_in_the_region(chart: str) -> None:
    elsewhere = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    assert refusal(isolated(chart, cilium={"image_registry": elsewhere})) == [
        "cilium.image_registry: must be in region 'eu-west-1' with network.isolated, whose endpoints of "
        f"ECR only reach that region, got '{elsewhere}'; replicate the registry there"
    ]
    parse(isolated(chart, cilium={"image_registry": "registry.corp.example/mirror"}))


def test_ecr_of_another_region_is_fine_with_internet() -> None:
    parse({"cilium": {"image_registry": "111122223333.dkr.ecr.us-east-1.amazonaws.com"}})


def test_further_endpoints_are_for_isolated_environments() -> None:
    assert refusal({"network": {"endpoints": ["logs"]}}) == [
        "network.endpoints: must be empty without isolated, since services are then on the internet, "
        "got ['logs']"
    ]


def test_further_endpoints_are_not_the_ones_that_are_always_made(chart: str) -> None:
    assert refusal(isolated(chart, network={"endpoints": ["sts", "logs", "s3"]})) == [
        "network.endpoints: must name other services, these always have an endpoint, got ['sts', 's3']"
    ]


def test_an_endpoint_is_named_by_its_service(chart: str) -> None:
    (message,) = refusal(isolated(chart, network={"endpoints": ["com.amazonaws.eu-west-1/logs"]}))
    assert message == (
        "network.endpoints[0]: must be the name of an AWS service, the last part of its endpoint's name, got "
        "'com.amazonaws.eu-west-1/logs'; for example 'logs' for com.amazonaws.eu-west-1.logs"
    )


def test_a_registry_is_a_host(chart: str) -> None:
    (message,) = refusal(isolated(chart, cilium={"image_registry": "https://mirror.example"}))
    assert message.startswith("cilium.image_registry: must be the host of a registry")


def test_the_chart_is_of_the_version_with_internet_too(chart: str) -> None:
    (message,) = refusal({"cilium": {"chart": chart, "version": "1.20.0"}})
    assert message.startswith("cilium.chart: must be of version 1.20.0, not 1.19.6, got ")


def test_the_chart_is_looked_for_beside_the_settings_file(tmp_path: Path, chart: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("cilium: {chart: cilium-1.19.6.tgz}\n")
    assert load(file).cilium.chart == chart

    file.write_text(f"cilium: {{chart: {chart}}}\n")
    assert load(file).cilium.chart == chart

    file.write_text("cilium: {chart: 7}\n")
    with pytest.raises(InputError, match=r"cilium\.chart: must be text, got 7"):
        load(file)


def test_trusted_accounts_are_for_isolated_environments() -> None:
    assert refusal({"network": {"trusted_accounts": ["111122223333"]}}) == [
        "network.trusted_accounts: must be empty without isolated, since only its endpoints keep other "
        "accounts out, "
        "got ['111122223333']"
    ]
