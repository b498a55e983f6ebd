"""A VPC that another account shares."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse
from tests.unit.settings.rules.existing_vpc import EXISTING, PODS

OWNER = "444455556666"


def refusal(account: str | None = None, **network: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        parse({"account": account, "network": network})
    return [str(problem) for problem in refused.value.problems]


def test_a_shared_vpc_with_pod_subnets_is_taken() -> None:
    given = {**EXISTING, "pod_subnets": PODS, "vpc_owner_account": OWNER}

    assert parse({"account": "111122223333", "network": given}).network.vpc_owner_account == OWNER
    assert parse({"network": EXISTING}).network.vpc_owner_account is None


def test_an_owner_is_for_an_existing_vpc() -> None:
    assert refusal(vpc_owner_account=OWNER) == [
        "network.vpc_owner_account: must be left out without vpc_id, since it describes an existing "
        f"VPC, got '{OWNER}'; name that VPC in vpc_id"
    ]


def test_the_owner_of_a_shared_vpc_is_another_account() -> None:
    assert refusal(OWNER, **EXISTING, pod_subnets=PODS, vpc_owner_account=OWNER) == [
        "network.vpc_owner_account: must be another account than the account to deploy to, "
        f"got '{OWNER}'; leave it out, the VPC is the account's own"
    ]


def test_a_shared_vpc_comes_with_its_pod_subnets() -> None:
    assert refusal(**EXISTING, vpc_owner_account=OWNER) == [
        "network.vpc_owner_account: must come with pod_subnets, since only the owner can add ranges, "
        "subnets and "
        f"routes to a shared VPC, got '{OWNER}'; ask the owner to make and share a pod subnet in each "
        f"zone, and name these subnets in pod_subnets"
    ]


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ("4444", "must be an account id of 12 digits, got '4444'"),
        (
            444455556666,
            "must be text, because YAML drops leading zeros of numbers, got 444455556666; quote its 12 "
            "digits",
        ),
    ],
)
def test_an_owner_is_twelve_digits_in_quotes(account: Any, message: str) -> None:
    assert refusal(**EXISTING, pod_subnets=PODS, vpc_owner_account=account) == [
        f"network.vpc_owner_account: {message}"
    ]
