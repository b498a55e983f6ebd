from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.cloudformation.failures import StackError
from rehearsal.report.verdict import after_destroy

Make = Callable[..., Any]


def resources(*entries: dict[str, Any]) -> dict[str, Any]:
    """A subnet with an ACL of its own."""
    vpc, own = {"Ref": "Vpc"}, {"Ref": "Acl"}
    subnet = {"VpcId": vpc, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-west-1a"}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Net": {"Type": "AWS::EC2::Subnet", "Properties": subnet},
        "Acl": {"Type": "AWS::EC2::NetworkAcl", "Properties": {"VpcId": vpc}},
        "Uses": {
            "Type": "AWS::EC2::SubnetNetworkAclAssociation",
            "Properties": {"SubnetId": {"Ref": "Net"}, "NetworkAclId": own},
        },
        **{
            f"Rule{number}": {
                "Type": "AWS::EC2::NetworkAclEntry",
                "Properties": {"NetworkAclId": own, "RuleNumber": number, **entry},
            }
            for number, entry in enumerate(entries, start=100)
        },
    }


def https(action: str = "allow") -> dict[str, Any]:
    ports = {"From": 443, "To": "443"}
    return {"Protocol": 6, "RuleAction": action, "CidrBlock": "0.0.0.0/0", "PortRange": ports}


def of_subnet(app: Any, state: Any) -> Any:
    by_subnet = [{"Name": "association.subnet-id", "Values": [state.resources["Net"].made.physical_id]}]
    (acl,) = app.client("ec2").describe_network_acls(Filters=by_subnet)["NetworkAcls"]
    return acl


def test_a_subnet_has_the_acl_and_its_rules(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources=resources(https(), {**https(), "Egress": True})))
    acl = of_subnet(app, state)
    rules = {(each["RuleNumber"], each["Egress"]): each for each in acl["Entries"]}
    assert acl["NetworkAclId"] == state.resources["Acl"].made.physical_id
    assert rules[100, False]["PortRange"] == {"From": 443, "To": 443}
    assert rules[101, True]["RuleAction"] == "allow"


def test_a_rule_changes_in_place(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources=resources(https())))
    app.engine.update(app.stack(Resources=resources(https("deny"))))
    actions = {each["RuleNumber"]: each["RuleAction"] for each in of_subnet(app, state)["Entries"]}
    assert actions[100] == "deny"
    assert "DELETE_COMPLETE" not in [event.status for event in app.recorder.events]


def test_without_its_association_a_subnet_has_the_default_acl_of_its_vpc_again(deployment: Make) -> None:
    app = deployment()
    with_acl = resources()
    state = app.engine.create(app.stack(Resources=with_acl))
    without = {name: each for name, each in with_acl.items() if name != "Uses"}
    app.engine.update(app.stack(Resources=without))
    assert of_subnet(app, state)["IsDefault"]


def test_another_acl_takes_a_subnet_from_the_first(deployment: Make) -> None:
    app = deployment()
    first = resources()
    app.engine.create(app.stack(Resources=first))
    uses = {"SubnetId": {"Ref": "Net"}, "NetworkAclId": {"Ref": "Other"}}
    second = {
        **first,
        "Other": first["Acl"],
        "Uses": {"Type": "AWS::EC2::SubnetNetworkAclAssociation", "Properties": uses},
    }
    state = app.engine.update(app.stack(Resources=second))
    assert of_subnet(app, state)["NetworkAclId"] == state.resources["Other"].made.physical_id


def test_an_acl_that_a_subnet_uses_cannot_go(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources=resources()))
    subnet = state.resources["Net"].made.physical_id
    del state.resources["Uses"]
    with pytest.raises(StackError, match=rf"Acl: DependencyViolation: network ACL .* {subnet}"):
        app.engine.delete("app")


def test_a_rule_for_ipv6_is_beyond_the_rehearsal(deployment: Make) -> None:
    app = deployment()
    rule = {"Protocol": -1, "RuleAction": "allow", "Ipv6CidrBlock": "::/0"}
    with pytest.raises(StackError, match="Rule100: the rehearsal plays rules of network ACLs for IPv4 only"):
        app.engine.create(app.stack(Resources=resources(rule)))


def test_nothing_is_left_after_the_destroy_and_a_left_acl_is_found(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources=resources(https())))
    acl = state.resources["Acl"].made.physical_id
    assert f"network ACL {acl}" in after_destroy(app.account)[0].detail
    app.engine.delete("app")
    assert after_destroy(app.account)[0].good
