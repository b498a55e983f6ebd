"""What keeps a cluster, in words, and what refuses a destroy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cdk_eks_cilium.settings import blocking, keeping, load, parse

KEPT = Path(__file__).resolve().parents[3] / "tests/stacks/settings/kept.yaml"


def said(**settings: Any) -> dict[str, tuple[str, str]]:
    return {kept.setting: (kept.value, kept.effect) for kept in keeping(parse(settings))}


def test_by_default_the_price_of_extended_support_and_of_the_key_are_named() -> None:
    default = said()

    assert default["upgrade_policy"] == (
        "extended",
        "from 2027-03-27 extended support for 0.60 instead of 0.10 USD per hour, until 2028-03-27, when EKS "
        "upgrades it by itself",
    )
    assert default["secrets_key_arn"] == (
        "a key of the stack",
        "1 USD per month; deleted 7 days after a destroy",
    )


def test_the_day_of_an_upgrade_by_eks_is_named() -> None:
    assert said(upgrade_policy="standard")["upgrade_policy"] == (
        "standard",
        "EKS upgrades the control plane by itself after 2027-03-27, the end of standard support",
    )


def test_a_release_whose_extended_support_has_no_last_day_yet_is_told_by_its_length() -> None:
    _, effect = said(kubernetes_version="1.36")["upgrade_policy"]

    assert effect.endswith("USD per hour, for a year, after which EKS upgrades it by itself")


def test_the_range_of_services_tells_the_address_of_the_dns() -> None:
    assert said(service_cidr="10.100.0.0/20")["service_cidr"] == (
        "10.100.0.0/20",
        "room for 4,096 addresses of Services, the DNS at 10.100.0.10; fixed when the cluster is made",
    )


def test_flow_logs_are_told_with_their_destination() -> None:
    group = said(network={"flow_logs": {}})["network.flow_logs"]
    bucket = said(network={"flow_logs": {"bucket_arn": "arn:aws:s3:::logs"}})["network.flow_logs"]

    assert group == ("all, to a log group, for 30 days", "billed by the gigabyte")
    assert bucket == ("all, to arn:aws:s3:::logs", "billed by the gigabyte")


def test_what_refuses_a_destroy_is_named_in_its_order() -> None:
    assert blocking(load(KEPT)) == ("termination_protection", "deletion_protection")
    assert blocking(parse({"termination_protection": True})) == ("termination_protection",)
    assert blocking(parse({})) == ()
