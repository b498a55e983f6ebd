"""What a sweep deletes, waits for and leaves alone, against moto's EC2 over HTTP."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.conftest import FakeTime
from tests.lambda_.eni_sweep.conftest import DELETE, LOOK, Account, Sweep, read_event, refusal


def test_free_interfaces_of_the_cluster_are_deleted(account: Account, sweep: Sweep) -> None:
    own = {account.interface() for _ in range(3)}

    answer = sweep(account)

    assert not account.interfaces & own
    assert answer == {
        "PhysicalResourceId": "eni-sweep/vpc-0123456789abcdef0/demo",
        "Data": {"Deleted": "3", "Vanished": "0", "LeftAlone": "", "ClusterGroupHeld": ""},
    }


def test_interfaces_of_another_tag_or_vpc_are_left_alone(account: Account, sweep: Sweep) -> None:
    others = {
        account.interface(cluster="demo-2"),
        account.interface(cluster="DEMO"),
        account.interface(cluster=None),
        account.interface(cluster=None, description="somebody's"),
        account.interface(subnet=account.other_subnet),
    }
    account.interface()

    sweep(account)

    assert others == account.interfaces


def test_lookalikes_are_named_with_the_reason_and_left_alone(
    account: Account, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    untagged = account.interface(cluster=None)
    other = account.interface(cluster="shop")
    account.interface(cluster=None, description="somebody's")
    account.attach(account.interface(cluster="shop"), account.instance())
    caplog.set_level(logging.INFO, logger="eni_sweep")

    left = sweep(account)["Data"]["LeftAlone"]

    named = [f"{untagged}: it has no cluster's tag", f"{other}: its tag says cluster shop"]
    assert sorted(left.split(", ")) == sorted(named)
    assert all(one in caplog.text for one in named)


def test_interfaces_that_an_aws_service_manages_are_named_and_left_alone(
    account: Account, sweep: Sweep
) -> None:
    managed = account.interface()
    account.backend.enis[managed].requester_managed = True

    assert sweep(account)["Data"]["LeftAlone"] == f"{managed}: an AWS service manages it"
    assert managed in account.interfaces


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_create_and_update_change_nothing_and_ask_no_one(
    request_type: str, account: Account, sweep: Sweep
) -> None:
    own = account.interface()

    answer = sweep(account, event=read_event(request_type))

    assert answer == {"PhysicalResourceId": "eni-sweep/vpc-0123456789abcdef0/demo"}
    assert own in account.interfaces
    assert account.calls == []


def test_an_update_keeps_whatever_id_there_was(account: Account, sweep: Sweep) -> None:
    event = read_event("Update", CiliumClusterName="renamed") | {"PhysicalResourceId": "an-older-one"}

    assert sweep(account, event=event) == {"PhysicalResourceId": "an-older-one"}


def test_many_interfaces_are_found_page_by_page_and_deleted_in_parallel(
    account: Account, sweep: Sweep, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code.ec2.PAGE == 1000
    monkeypatch.setattr(code.ec2, "PAGE", 100)
    for _ in range(250):
        account.interface()
    kept = account.interface(cluster="shop", description="somebody's")

    answer = sweep(account)

    assert answer["Data"]["Deleted"] == "250"
    assert account.interfaces == {kept}
    assert account.calls[:3] == [LOOK] * 3
    assert account.calls.count(DELETE) == 250


def test_an_interface_that_somebody_else_deletes_counts_as_deleted(account: Account, sweep: Sweep) -> None:
    first, second = account.interface(), account.interface()

    def delete_before_us(interface_id: str) -> None:
        if interface_id == first:
            del account.backend.enis[interface_id]

    account.before_delete = delete_before_us

    assert sweep(account)["Data"] == {
        "Deleted": "1",
        "Vanished": "1",
        "LeftAlone": "",
        "ClusterGroupHeld": "",
    }
    assert not account.interfaces & {first, second}


def test_a_second_delete_finds_nothing_and_succeeds(account: Account, sweep: Sweep) -> None:
    account.interface()
    sweep(account)

    assert sweep(account)["Data"] == {
        "Deleted": "0",
        "Vanished": "0",
        "LeftAlone": "",
        "ClusterGroupHeld": "",
    }


def test_an_attached_interface_is_waited_for_and_then_deleted(
    account: Account, sweep: Sweep, fake_time: FakeTime
) -> None:
    own = account.interface()
    account.attach(own, account.instance())

    def detach_after_a_while() -> None:
        if len(fake_time.slept) == 4:
            account.detach(own)

    fake_time.on_sleep = detach_after_a_while

    assert sweep(account)["Data"]["Deleted"] == "1"
    assert own not in account.interfaces
    assert fake_time.slept[:4] == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("status", ["detaching", "attaching", "in-use", "associated"])
def test_only_available_interfaces_are_deleted(status: str, account: Account, sweep: Sweep) -> None:
    own = account.interface()
    account.backend.enis[own].status = status

    assert f"{own} ({status})" in refusal(sweep, account, seconds=30)
    assert account.calls.count(DELETE) == 0


def test_an_interface_that_ends_with_its_instance_needs_no_deletion(
    account: Account, sweep: Sweep, fake_time: FakeTime
) -> None:
    own = account.interface()
    account.attach(own, account.instance())

    def end_the_instance() -> None:
        account.backend.enis.pop(own, None)

    fake_time.on_sleep = end_the_instance

    assert sweep(account)["Data"]["Deleted"] == "0"


def test_an_interface_that_shows_up_after_an_empty_look_is_deleted_too(
    account: Account, sweep: Sweep, fake_time: FakeTime
) -> None:
    late: list[str] = []

    def make_once() -> None:
        if not late:
            late.append(account.interface())

    fake_time.on_sleep = make_once

    assert sweep(account)["Data"]["Deleted"] == "1"
    assert late[0] not in account.interfaces


def test_an_interface_in_use_until_the_deadline_is_named_with_its_instance_and_the_fix(
    account: Account, sweep: Sweep, fake_time: FakeTime
) -> None:
    free, held, instance = account.interface(), account.interface(), account.instance()
    account.attach(held, instance)

    text = refusal(sweep, account, seconds=120)

    assert text == (
        f"network interfaces of cluster demo in {account.vpc}: must be gone before subnets and security "
        f"groups can go, got 1 that remain after N s: {held} (in-use, attached to {instance}); terminate "
        "the instances that hold them and wait until this command lists nothing: aws ec2 "
        "describe-network-interfaces --filters "
        f"Name=tag:io.cilium/cluster-name,Values=demo Name=vpc-id,Values={account.vpc}, then "
        "delete the stack again"
    )
    assert account.interfaces & {free, held} == {held}
    assert 100 < sum(fake_time.slept) <= 120


def test_five_minutes_without_a_change_end_the_wait(
    account: Account, sweep: Sweep, fake_time: FakeTime
) -> None:
    account.attach(account.interface(), account.instance())

    assert "got 1 that remain after N s" in refusal(sweep, account, seconds=825)
    assert 300 <= sum(fake_time.slept) < 315


def test_many_interfaces_in_use_are_counted_and_the_first_are_named(account: Account, sweep: Sweep) -> None:
    for _ in range(200):
        account.backend.enis[account.interface()].status = "in-use"

    text = refusal(sweep, account, seconds=30)

    assert "got 200 that remain" in text
    assert " and 190 more; " in text
    assert len(text) < 1500


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"CiliumClusterName": "demo"},
        {"CiliumClusterName": "*", "VpcId": "vpc-1"},
        {"CiliumClusterName": "demo", "VpcId": ["vpc-1"]},
        None,
        "properties",
    ],
)
def test_a_delete_with_missing_or_invalid_properties_succeeds_and_deletes_nothing(
    properties: Any, account: Account, sweep: Sweep
) -> None:
    own = account.interface()
    event = read_event() | {"ResourceProperties": properties, "PhysicalResourceId": "failed/odd id"}

    assert sweep(account, event=event) == {"PhysicalResourceId": "failed/odd id"}
    assert own in account.interfaces
    assert account.calls == []


def test_a_create_with_missing_properties_is_refused_in_words(account: Account, sweep: Sweep) -> None:
    event = read_event("Create", CiliumClusterName="de*") | {}
    del event["ResourceProperties"]["VpcId"]

    assert refusal(sweep, account, event=event) == (
        "CiliumClusterName: must be Cilium's name of the cluster, got 'de*'; pass its cluster.name\n"
        "VpcId: must be the id of the cluster's VPC, got nothing; pass one like 'vpc-0123456789abcdef0'"
    )
