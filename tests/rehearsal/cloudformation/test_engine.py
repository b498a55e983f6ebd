from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.cloudformation.failures import StackError

Make = Callable[..., Any]


def vpc(cidr: str = "10.0.0.0/16", **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": cidr, **more}}


def subnet(cidr: str = "10.0.0.0/24", *needs: str, **more: Any) -> dict[str, Any]:
    properties = {"VpcId": {"Ref": "Vpc"}, "CidrBlock": cidr, "AvailabilityZone": "eu-west-1a", **more}
    return {"Type": "AWS::EC2::Subnet", "Properties": properties, "DependsOn": list(needs)}


def parameter(value: Any, *needs: str, **more: Any) -> dict[str, Any]:
    properties = {"Type": "String", "Value": value}
    return {"Type": "AWS::SSM::Parameter", "Properties": properties, "DependsOn": list(needs), **more}


def parameters(app: Any) -> dict[str, str]:
    names = [entry["Name"] for entry in app.client("ssm").describe_parameters()["Parameters"]]
    return {name: app.client("ssm").get_parameter(Name=name)["Parameter"]["Value"] for name in names}


def test_a_stack_is_created_in_order_and_deleted_in_reverse(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={"Vpc": vpc(), "Net": subnet(), "Note": parameter("x", "Net")}))
    assert app.history("CREATE_COMPLETE") == ["Vpc", "Net", "Note", "app"]
    app.engine.delete("app")
    assert app.history("DELETE_COMPLETE") == ["Note", "Net", "Vpc", "app"]
    assert [v for v in app.client("ec2").describe_vpcs()["Vpcs"] if not v["IsDefault"]] == []


def test_outputs_cross_stacks(deployment: Make) -> None:
    app = deployment()
    outputs = {"Id": {"Value": {"Ref": "Vpc"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}:vpc"}}}}
    net = app.engine.create(app.stack("net", Resources={"Vpc": vpc()}, Outputs=outputs))
    strong = parameter({"Fn::ImportValue": "net:vpc"})
    weak = parameter({"Fn::GetStackOutput": {"StackName": "net", "OutputName": "Id"}})
    app.engine.create(app.stack("user", Resources={"Strong": strong, "Weak": weak}))
    assert set(parameters(app).values()) == {net.outputs["Id"]}


def test_termination_protection_refuses_a_deletion_before_anything_is_gone(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={"Vpc": vpc()}, protected=True))
    refusal = r"Stack \[app\] cannot be deleted while TerminationProtection is enabled"
    with pytest.raises(StackError, match=refusal) as caught:
        app.engine.delete("app")
    assert list(caught.value.reasons) == ["termination_protection"]
    assert app.history("DELETE_IN_PROGRESS") == []


def test_termination_protection_is_switched_off_by_a_deployment(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={"Vpc": vpc()}, protected=True))
    app.engine.update(app.stack(Resources={"Vpc": vpc()}))
    app.engine.delete("app")
    assert app.engine.stacks == {}


def test_a_failure_rolls_back_what_was_made_in_reverse(deployment: Make) -> None:
    app = deployment()
    resources = {"Vpc": vpc(), "Net": subnet(), "Bad": subnet("192.168.0.0/24", "Net")}
    with pytest.raises(StackError, match=r"ROLLBACK_COMPLETE: Bad: InvalidSubnet\.Range") as caught:
        app.engine.create(app.stack(Resources=resources))
    assert list(caught.value.reasons) == ["Bad"]
    assert app.history("DELETE_COMPLETE") == ["Net", "Vpc"]
    assert app.engine.stacks == {}


def test_a_failure_on_purpose_strikes_the_first_of_its_type(deployment: Make) -> None:
    app = deployment(fail="AWS::EC2::Subnet")
    resources = {"Vpc": vpc(), "A": subnet(), "B": subnet("10.0.1.0/24", "A")}
    with pytest.raises(StackError, match="A: failed on purpose"):
        app.engine.create(app.stack(Resources=resources))
    assert "B" not in app.history("CREATE_IN_PROGRESS")


def test_a_retained_resource_stays_and_is_reported(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources={"Kept": parameter("x", DeletionPolicy="Retain")}))
    app.engine.delete("app")
    assert app.history("DELETE_SKIPPED") == ["Kept"]
    assert len(state.retained) == 1
    assert list(parameters(app).values()) == ["x"]


def test_retain_except_on_create_is_deleted_by_a_rollback_only(deployment: Make) -> None:
    app = deployment()
    kept = parameter("x", DeletionPolicy="RetainExceptOnCreate")
    bad = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "nonsense"}, "DependsOn": "Kept"}
    with pytest.raises(StackError, match="Bad: "):
        app.engine.create(app.stack(Resources={"Kept": kept, "Bad": bad}))
    assert parameters(app) == {}


def test_a_cycle_fails_before_anything_is_made(deployment: Make) -> None:
    app = deployment()
    resources = {"A": parameter("x", "B"), "B": parameter("y", "A")}
    with pytest.raises(StackError, match="circular dependency between resources"):
        app.engine.create(app.stack(Resources=resources))
    assert parameters(app) == {}


def test_a_template_is_refused_before_anything_is_made_and_with_every_problem(deployment: Make) -> None:
    app = deployment()
    resources = {"Good": parameter("x"), "Bad": parameter({"Ref": "A"}, DeletionPolicy="Keep")}
    with pytest.raises(StackError, match=r"UNCHANGED: .*\[A\] in the Resources block.*; .*got Keep"):
        app.engine.create(app.stack(Resources=resources))
    assert app.recorder.events == []
    assert app.engine.stacks == {}


def test_a_template_that_is_refused_leaves_the_deployed_stack_as_it_is(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={"P": parameter("x")}))
    with pytest.raises(StackError, match=r"UNCHANGED: template: app: .*Unresolved resource dependencies"):
        app.engine.update(app.stack(Resources={"P": parameter({"Ref": "A"})}))
    assert app.history("UPDATE_IN_PROGRESS") == []
    assert list(parameters(app).values()) == ["x"]


def test_an_unknown_type_fails_with_its_name(deployment: Make) -> None:
    app = deployment()
    with pytest.raises(StackError, match="the rehearsal does not know AWS::Quantum::Computer"):
        app.engine.create(app.stack(Resources={"Q": {"Type": "AWS::Quantum::Computer"}}))


def test_an_unknown_attribute_fails_with_those_there_are(deployment: Make) -> None:
    app = deployment()
    resources = {"Vpc": vpc(), "P": parameter({"Fn::GetAtt": ["Vpc", "Colour"]})}
    with pytest.raises(StackError, match=r"Vpc \(AWS::EC2::VPC\) has no attribute Colour; it has CidrBlock"):
        app.engine.create(app.stack(Resources=resources))


def test_a_resource_with_a_false_condition_is_not_made(deployment: Make) -> None:
    app = deployment()
    conditions = {"China": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]}}
    app.engine.create(
        app.stack(
            Resources={"No": parameter("x", Condition="China"), "Yes": parameter("y")}, Conditions=conditions
        )
    )
    assert list(parameters(app).values()) == ["y"]


def test_an_update_without_a_change_does_nothing(deployment: Make) -> None:
    app = deployment()
    stack = app.stack(Resources={"Vpc": vpc(), "P": parameter("x")})
    app.engine.create(stack)
    app.engine.update(stack)
    assert app.history("UPDATE_COMPLETE") == ["app"]


def test_an_update_changes_in_place_what_it_can(deployment: Make) -> None:
    app = deployment()
    before = app.engine.create(app.stack(Resources={"P": parameter("old")})).resources["P"].made.physical_id
    app.engine.update(app.stack(Resources={"P": parameter("new")}))
    assert parameters(app) == {before: "new"}


def test_a_create_only_property_means_replacement_with_the_old_one_gone_last(deployment: Make) -> None:
    app = deployment()
    first = app.stack(Resources={"Vpc": vpc(), "Net": subnet(), "P": parameter({"Ref": "Net"})})
    app.engine.create(first)
    (old,) = parameters(app).values()
    app.engine.update(app.stack(Resources={**first.resources, "Net": subnet("10.0.9.0/24")}))
    (new,) = parameters(app).values()
    assert old != new
    statuses = [(e.logical_id, e.status) for e in app.recorder.events]
    assert statuses.index(("P", "UPDATE_COMPLETE")) < statuses.index(("Net", "DELETE_COMPLETE"))
    assert (
        app.client("ec2").describe_subnets(Filters=[{"Name": "subnet-id", "Values": [old]}])["Subnets"] == []
    )


def test_a_resource_keeps_its_type(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={"Vpc": vpc(), "B": parameter("x"), "A": parameter("y")}))
    refusal = r"UNCHANGED: .*not permitted\. The new template modifies resource type of .* \[A, B\]"
    with pytest.raises(StackError, match=refusal):
        app.engine.update(app.stack(Resources={"Vpc": vpc(), "A": vpc(), "B": vpc()}))
    assert app.history("UPDATE_IN_PROGRESS") == []


def test_an_update_policy_of_retain_keeps_the_replaced_one(deployment: Make) -> None:
    app = deployment()
    keep = {"UpdateReplacePolicy": "Retain"}
    app.engine.create(app.stack(Resources={"Vpc": vpc(), "Net": {**subnet(), **keep}}))
    app.engine.update(app.stack(Resources={"Vpc": vpc(), "Net": {**subnet("10.0.9.0/24"), **keep}}))
    found = app.client("ec2").describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.0.0.0/24"]}])
    assert len(found["Subnets"]) == 1


def test_an_update_deletes_what_the_template_no_longer_has(deployment: Make) -> None:
    app = deployment()
    app.engine.create(app.stack(Resources={"Vpc": vpc(), "Net": subnet(), "P": parameter({"Ref": "Net"})}))
    state = app.engine.update(app.stack(Resources={"Vpc": vpc()}))
    assert set(state.resources) == {"Vpc"}
    assert app.history("DELETE_COMPLETE") == ["P", "Net"]


def test_a_failed_update_goes_back_to_what_was(deployment: Make) -> None:
    app = deployment()
    state = app.engine.create(app.stack(Resources={"Vpc": vpc(), "P": parameter("old"), "Net": subnet()}))
    before = {name: resource.made.physical_id for name, resource in state.resources.items()}
    changed = {
        "Vpc": vpc(),
        "P": parameter("new"),
        "Net": subnet("10.0.9.0/24", "P"),
        "Bad": subnet("192.168.0.0/24", "Net"),
    }
    with pytest.raises(StackError, match=r"UPDATE_ROLLBACK_COMPLETE: Bad: InvalidSubnet\.Range"):
        app.engine.update(app.stack(Resources=changed))
    assert {name: resource.made.physical_id for name, resource in state.resources.items()} == before
    assert parameters(app) == {before["P"]: "old"}
    app.engine.delete("app")
    assert app.engine.stacks == {}


def test_a_failed_update_restores_what_others_need_first_and_deletes_what_is_new_last(
    deployment: Make,
) -> None:
    app = deployment()
    first = {"Vpc": vpc(), "A": parameter("a"), "B": parameter("b", "A"), "Net": subnet()}
    app.engine.create(app.stack(Resources=first))
    changed = {
        "Vpc": vpc(),
        "A": parameter("A"),
        "B": parameter("B", "A"),
        "Net": subnet("10.0.9.0/24", "B"),
        "Bad": subnet("192.168.0.0/24", "Net"),
    }
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_COMPLETE"):
        app.engine.update(app.stack(Resources=changed))
    events = [(event.logical_id, event.status) for event in app.recorder.events]
    back = events[events.index(("app", "UPDATE_ROLLBACK_IN_PROGRESS")) :]
    assert [each for each in back if each[1].endswith("_COMPLETE")] == [
        ("A", "UPDATE_COMPLETE"),
        ("B", "UPDATE_COMPLETE"),
        ("Net", "DELETE_COMPLETE"),
        ("app", "UPDATE_ROLLBACK_COMPLETE"),
    ]


def test_what_the_clean_up_of_an_update_cannot_delete_is_left_alone(deployment: Make) -> None:
    app = deployment(fail="Net", fail_on="delete")
    app.engine.create(app.stack(Resources={"Vpc": vpc(), "Net": subnet()}))
    state = app.engine.update(app.stack(Resources={"Vpc": vpc()}))
    assert list(state.resources) == ["Vpc"]
    assert app.recorder.events[-1].status == "UPDATE_COMPLETE"
    assert app.recorder.events[-1].reason == (
        "Update successful. One or more resources could not be deleted."
    )
    with pytest.raises(StackError, match=r"DELETE_FAILED: Vpc: .*DependencyViolation"):
        app.engine.delete("app")


def test_an_update_that_fails_on_purpose_succeeds_the_second_time(deployment: Make) -> None:
    app = deployment(fail="AWS::SSM::Parameter", fail_on="update")
    app.engine.create(app.stack(Resources={"P": parameter("old")}))
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_COMPLETE: P: failed on purpose"):
        app.engine.update(app.stack(Resources={"P": parameter("new")}))
    assert list(parameters(app).values()) == ["old"]
    app.engine.update(app.stack(Resources={"P": parameter("new")}))
    assert list(parameters(app).values()) == ["new"]


def test_a_replacement_counts_as_an_update(deployment: Make) -> None:
    app = deployment(fail="Net", fail_on="update")
    app.engine.create(app.stack(Resources={"Vpc": vpc(), "Net": subnet()}))
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_COMPLETE: Net: failed on purpose"):
        app.engine.update(app.stack(Resources={"Vpc": vpc(), "Net": subnet("10.0.9.0/24")}))


def test_a_deletion_that_fails_succeeds_the_second_time(deployment: Make) -> None:
    app = deployment(fail="Net", fail_on="delete")
    app.engine.create(app.stack(Resources={"Vpc": vpc(), "Net": subnet(), "P": parameter("x", "Net")}))
    with pytest.raises(StackError, match="DELETE_FAILED: Net: failed on purpose"):
        app.engine.delete("app")
    assert list(app.engine.stacks["app"].resources) == ["Vpc", "Net"]
    app.engine.delete("app")
    assert app.engine.stacks == {}
