"""What keeps the cluster's security group from going with the cluster."""

from __future__ import annotations

import json
import logging

import pytest

from tests.lambda_.eni_sweep.conftest import Account, Sweep, read_event

NAME = "shop"


def cluster_group(account: Account, name: str = NAME) -> str:
    """The group that EKS makes for a cluster, with its rule for its members."""
    tags = [{"Key": "aws:eks:cluster-name", "Value": name}]
    made = account.client.create_security_group(
        GroupName=f"eks-cluster-sg-{name}-123456789",
        Description="by EKS",
        VpcId=account.vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )["GroupId"]
    admit(account, made, made)
    return str(made)


def group(account: Account, name: str) -> str:
    made = account.client.create_security_group(GroupName=name, Description=name, VpcId=account.vpc)
    return str(made["GroupId"])


def admit(account: Account, into: str, other: str) -> None:
    account.client.authorize_security_group_ingress(
        GroupId=into, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}]
    )


def member(account: Account, group_id: str, description: str) -> str:
    made = account.client.create_network_interface(
        SubnetId=account.subnet, Groups=[group_id], Description=description
    )
    return str(made["NetworkInterface"]["NetworkInterfaceId"])


def held(account: Account, sweep: Sweep, **properties: object) -> str:
    event = read_event("Delete", **{"VpcId": account.vpc, "ClusterName": NAME, **properties})
    return str(sweep(account, event=event)["Data"]["ClusterGroupHeld"])


def test_the_control_planes_own_interfaces_hold_nothing(account: Account, sweep: Sweep) -> None:
    member(account, cluster_group(account), f"Amazon EKS {NAME}")
    assert held(account, sweep) == ""


def test_an_interface_in_the_group_is_named_with_its_description(account: Account, sweep: Sweep) -> None:
    own = cluster_group(account)
    balancer = member(account, own, "ELB app/k8s-web/1")
    assert held(account, sweep) == f"{own} is on {balancer} (ELB app/k8s-web/1)"
    assert balancer in account.interfaces


def test_a_group_with_a_rule_for_it_is_named(account: Account, sweep: Sweep) -> None:
    own, database, other = cluster_group(account), group(account, "database"), group(account, "other")
    admit(account, database, own)
    admit(account, own, other)
    assert held(account, sweep) == f"{own} is named by a rule of {database}"


def test_the_group_of_a_cluster_whose_name_begins_alike_is_another(account: Account, sweep: Sweep) -> None:
    member(account, cluster_group(account, f"{NAME}-two"), "ELB app/k8s-web/1")
    assert held(account, sweep) == ""


@pytest.mark.parametrize("name", [None, "*", ["shop"]])
def test_without_a_name_of_eks_nothing_is_asked(name: object, account: Account, sweep: Sweep) -> None:
    member(account, cluster_group(account), "ELB app/k8s-web/1")
    assert held(account, sweep, ClusterName=name) == ""


def test_the_log_has_what_holds_the_group(
    account: Account, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    own = cluster_group(account)
    balancer = member(account, own, "ELB net/k8s-web/1")
    with caplog.at_level(logging.INFO):
        held(account, sweep)
    lines = [json.loads(record.message) for record in caplog.records if record.name == "eni_sweep"]
    assert {"cluster_group_held": [f"{own} is on {balancer} (ELB net/k8s-web/1)"]} in lines


def test_a_question_about_groups_that_is_refused_does_not_stop_the_sweep(
    account: Account, sweep: Sweep, code: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> list[str]:
        raise code.errors.PermanentError("denied")  # type: ignore[attr-defined]

    monkeypatch.setattr(code.sweep, "holders", refuse)  # type: ignore[attr-defined]
    own = account.interface()
    assert held(account, sweep) == ""
    assert own not in account.interfaces
