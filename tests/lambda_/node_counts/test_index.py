"""How many nodes a group should have, against moto's EKS over HTTP."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambda_.conftest import FakeTime
from tests.lambda_.node_counts.conftest import DESCRIBE, LIST, ROLE, STACK, Account, Ask, sized

OTHER_STACK = STACK.replace("demo-cluster", "other")


def size(answer: dict[str, object]) -> object:
    data = answer["Data"]
    assert isinstance(data, dict)
    return data["DesiredSize"]


def refusal(ask: Ask, **kwargs: object) -> str:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the function's classes are made anew in each test
        ask(**kwargs)
    assert type(raised.value).__name__ in ("PermanentError", "DeadlineError"), raised.value
    return re.sub(r"after \d+ attempts in \d+ s", "after N attempts in N s", str(raised.value))


def test_a_new_group_starts_with_the_initial_size(account: Account, ask: Ask) -> None:
    assert ask("Create") == {
        "PhysicalResourceId": "node-count/demo/Workers1234ABCD",
        "Data": {"DesiredSize": "3"},
    }


def test_a_group_that_exists_keeps_its_number(account: Account, ask: Ask) -> None:
    account.group("workers-abc", 5)

    answer = ask("Update")

    assert answer["PhysicalResourceId"] == "node-count/demo/Workers1234ABCD"
    assert size(answer) == "5"


def test_a_group_from_before_this_resource_keeps_its_number(account: Account, ask: Ask) -> None:
    account.group("workers-abc", 6)

    assert size(ask("Create")) == "6"


@pytest.mark.parametrize(("least", "most", "expected"), [(6, 9, "6"), (0, 4, "4"), (5, 5, "5")])
def test_the_number_is_within_the_new_limits(
    account: Account, ask: Ask, least: int, most: int, expected: str
) -> None:
    account.group("workers-abc", 5)

    assert size(ask(Group=sized(least, least, most))) == expected


def test_an_empty_group_stays_empty(account: Account, ask: Ask) -> None:
    account.group("workers-abc", 0)

    assert size(ask(Group=sized(0, 3, 6))) == "0"


def test_groups_of_other_resources_and_stacks_do_not_count(account: Account, ask: Ask) -> None:
    account.group("spare", 4, resource="Spare1234ABCD")
    account.group("foreign", 6, stack=OTHER_STACK)
    account.client.create_nodegroup(
        clusterName="demo", nodegroupName="by-hand", nodeRole=ROLE, subnets=["subnet-1"]
    )

    assert size(ask("Update")) == "3"


@pytest.mark.parametrize("status", ["CREATE_FAILED", "DELETING", "DELETE_FAILED"])
def test_a_group_that_failed_or_goes_does_not_count(account: Account, ask: Ask, status: str) -> None:
    account.group("old", 6, status=status)
    assert size(ask("Update")) == "3"

    account.group("new", 5, status="UPDATING")
    assert size(ask("Update")) == "5"


def test_of_two_groups_of_one_resource_the_latest_counts(account: Account, ask: Ask) -> None:
    account.group("z-old", 6)
    account.group("a-new", 4)
    groups = account.backend.clusters["demo"].nodegroups
    groups["a-new"].created_at = groups["z-old"].created_at.replace(year=2100)

    assert size(ask("Update")) == "4"


def test_all_pages_are_read(account: Account, ask: Ask) -> None:
    for number in range(100):  # EKS gives a hundred at a time
        account.group(f"g{number:03}", 4, resource="Spare1234ABCD")
    account.group("workers-abc", 5)

    assert size(ask("Update")) == "5"
    assert account.calls.count(LIST) == 2


def test_a_group_that_goes_in_the_meantime_is_passed_over(account: Account, ask: Ask) -> None:
    account.group("a", 5)
    account.group("b", 4)
    account.fail(DESCRIBE, "ResourceNotFoundException", "No node group found", status=404)

    assert size(ask("Update")) == "4"


def test_a_delete_asks_nobody(account: Account, ask: Ask) -> None:
    assert ask("Delete") == {"PhysicalResourceId": "node-count/demo/Workers1234ABCD"}
    assert account.calls == []


@pytest.mark.parametrize("operation", [LIST, DESCRIBE])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("ThrottlingException", 429),
        ("TooManyRequestsException", 429),
        ("AccessDeniedException", 403),
        ("ServerException", 500),
        ("ServiceUnavailableException", 503),
    ],
)
def test_what_may_pass_is_asked_again(
    account: Account, ask: Ask, fake_time: FakeTime, operation: str, error: str, status: int
) -> None:
    account.group("workers-abc", 5)
    account.fail(operation, error, times=3, status=status)

    assert size(ask("Update")) == "5"
    assert account.calls.count(operation) == 4
    assert fake_time.slept == [0.5, 1.0, 2.0]


def test_throttling_up_to_the_end_fails_the_deploy_with_the_reason(account: Account, ask: Ask) -> None:
    account.group("workers-abc", 5)
    account.fail(DESCRIBE, "ThrottlingException", "Rate exceeded", times=200, status=429)

    assert refusal(ask, seconds=60.0) == (
        "eks:DescribeNodegroup on cluster demo: must be answered before the function's time is up, EKS "
        "answered ThrottlingException: Rate exceeded after N attempts in N s; wait until EKS's API answers "
        "again, then deploy again: without the number, the deploy would reset the group's nodes"
    )


def test_a_denial_up_to_the_end_names_the_policies(account: Account, ask: Ask) -> None:
    account.fail(LIST, "AccessDeniedException", "not authorized", times=200, status=403)

    assert refusal(ask, seconds=60.0) == (
        "eks:ListNodegroups on cluster demo: must be answered before the function's time is up, EKS answered "
        "AccessDeniedException: not authorized after N attempts in N s; see which policy denies it to the "
        "function's role (the role's own, its permissions boundary, a service control policy), then deploy "
        "again: without the number, the deploy would reset the group's nodes"
    )


@pytest.mark.parametrize("error", ["UnrecognizedClientException", "InvalidParameterException"])
def test_a_refusal_that_does_not_pass_fails_at_once(account: Account, ask: Ask, error: str) -> None:
    account.fail(LIST, error, "No.", status=401 if error.startswith("Un") else 400)

    assert refusal(ask) == (
        f"eks:ListNodegroups on cluster demo: must be answered, EKS answered {error}: No.; check that the "
        "cluster is this account's, then deploy again"
    )
    assert account.calls == [LIST]


def test_an_eks_that_cannot_be_reached_fails_the_deploy(
    account: Account, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:9")

    assert refusal(ask, seconds=20.0) == (
        "eks:ListNodegroups on cluster demo: must be answered before the function's time is up, EKS did not "
        "answer (EndpointConnectionError) after N attempts in N s; wait until EKS's API answers again, then "
        "deploy again: without the number, the deploy would reset the group's nodes"
    )


def test_a_missing_cluster_is_an_error_and_not_a_new_group(account: Account, ask: Ask) -> None:
    account.fail(LIST, "ResourceNotFoundException", "No cluster found for name: demo.", status=404)

    assert refusal(ask) == (
        "Cluster demo: must exist, EKS answered ResourceNotFoundException; deploy the cluster first"
    )


def test_malformed_properties_are_all_named(account: Account, ask: Ask) -> None:
    found = refusal(ask, ClusterName="", LogicalId="a-b", Group={"ScalingConfig": {"MinSize": "2"}})

    assert found.splitlines() == [
        "ClusterName: must be an EKS cluster's name, got ''; pass the cluster's name, not its ARN",
        "LogicalId: must be the node group's logical id, got 'a-b'; synthesize it anew",
        "Group: must have a ScalingConfig with the numbers MinSize, MaxSize, DesiredSize, got "
        "{'MinSize': '2'}; synthesize it anew",
    ]
    assert "in this order of size" in refusal(ask, Group=sized(2, 7, 6))
    assert account.calls == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 450), min_size=3, max_size=3).map(sorted), st.integers(0, 450))
def test_the_answer_is_the_nearest_number_within_the_limits(
    code: SimpleNamespace, numbers: list[int], current: int
) -> None:
    least, initial, most = numbers
    found = code.properties.Properties("demo", "A", least, most, initial).clamp(current)

    assert least <= found <= most
    assert abs(found - current) == min(abs(each - current) for each in range(least, most + 1))
