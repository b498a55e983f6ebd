"""An environment without internet: what it must have, and what it must not."""

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
    """Settings without a problem, with what *parts* say laid over them; None takes a key out."""
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


def test_nothing_is_isolated_by_default() -> None:
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
        "network.isolated: must be false with vpc_id: routes and endpoints of a VPC that is there are its "
        "owner's, got True; leave it out; without internet that VPC needs the endpoints that "
        "docs/private.md lists"
    ]


def test_there_is_no_gateway(chart: str) -> None:
    assert refusal(isolated(chart, network={"nat_gateways": 1})) == [
        "network.nat_gateways: must be left out with isolated, there is no way to the internet, got 1"
    ]


def test_the_api_is_private(chart: str) -> None:
    assert refusal(isolated(chart, endpoint_access={"public_cidrs": ["203.0.113.0/24"]})) == [
        "endpoint_access.public_cidrs: must be empty with network.isolated, got ['203.0.113.0/24']; "
        "write [], and name in private_cidrs the networks that people come from, by VPN or peering"
    ]


def test_pods_leave_behind_their_nodes(chart: str) -> None:
    assert refusal(isolated(chart, cilium={"egress": "pod"})) == [
        "cilium.egress: must be 'node' with network.isolated: no gateway is made that pods could leave "
        "through, got 'pod'; use 'node'; networks that are routed to the VPC see the nodes' addresses"
    ]


def test_chart_and_images_are_at_hand(chart: str) -> None:
    assert refusal(isolated(chart, cilium={"chart": None, "image_registry": None})) == [
        "cilium.chart: must be given with network.isolated, where nothing can fetch the chart; "
        "fetch it with: helm pull cilium --repo https://helm.cilium.io/ --version 1.19.6",
        "cilium.image_registry: must be given with network.isolated, where no node can reach the images' "
        "own registries; copy the images to ECR as docs/private.md shows, and name the registry",
    ]


def test_ecr_is_that_of_the_region(chart: str) -> None:
    elsewhere = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    assert refusal(isolated(chart, cilium={"image_registry": elsewhere})) == [
        "cilium.image_registry: must be in region 'eu-west-1' with network.isolated, whose endpoints of ECR "
        f"are for that region alone, got '{elsewhere}'; replicate the registry there"
    ]
    parse(isolated(chart, cilium={"image_registry": "registry.corp.example/mirror"}))


def test_ecr_of_another_region_is_fine_with_internet() -> None:
    parse({"cilium": {"image_registry": "111122223333.dkr.ecr.us-east-1.amazonaws.com"}})


def test_further_endpoints_are_for_isolated_environments() -> None:
    assert refusal({"network": {"endpoints": ["logs"]}}) == [
        "network.endpoints: must be empty without isolated, where services are reached over the internet, "
        "got ['logs']"
    ]


def test_further_endpoints_are_others_than_those_made_anyway(chart: str) -> None:
    assert refusal(isolated(chart, network={"endpoints": ["sts", "logs", "s3"]})) == [
        "network.endpoints: must name further services, these have an endpoint in any case, got ['sts', 's3']"
    ]


def test_an_endpoint_is_named_by_its_service(chart: str) -> None:
    (said,) = refusal(isolated(chart, network={"endpoints": ["com.amazonaws.eu-west-1/logs"]}))
    assert said == (
        "network.endpoints[0]: must be the name of an AWS service, the last part of its endpoint's name, got "
        "'com.amazonaws.eu-west-1/logs'; for example 'logs' for com.amazonaws.eu-west-1.logs"
    )


def test_a_registry_is_a_host(chart: str) -> None:
    (said,) = refusal(isolated(chart, cilium={"image_registry": "https://mirror.example"}))
    assert said.startswith("cilium.image_registry: must be the host of a registry")


def test_the_chart_is_of_the_version_with_internet_too(chart: str) -> None:
    (said,) = refusal({"cilium": {"chart": chart, "version": "1.20.0"}})
    assert said.startswith("cilium.chart: must be of version 1.20.0, not 1.19.6, got ")


def test_the_chart_is_looked_for_beside_the_settings_file(tmp_path: Path, chart: str) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("cilium: {chart: cilium-1.19.6.tgz}\n")
    assert load(file).cilium.chart == chart

    file.write_text(f"cilium: {{chart: {chart}}}\n")
    assert load(file).cilium.chart == chart

    file.write_text("cilium: {chart: 7}\n")
    with pytest.raises(InputError, match=r"cilium\.chart: must be text, got 7"):
        load(file)


def test_accounts_are_trusted_by_endpoints_alone() -> None:
    assert refusal({"network": {"trusted_accounts": ["111122223333"]}}) == [
        "network.trusted_accounts: must be empty without isolated, where no endpoint keeps anyone out, "
        "got ['111122223333']"
    ]
