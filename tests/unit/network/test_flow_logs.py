"""Flow logs: their destination, and the least rights that write them."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium import FlowLogs, InputError
from tests.small_apps import Synthesized, known_vpc, new_stack
from tests.stacks.conftest import flat

BUCKET = "arn:aws:s3:::network-logs/shop"


def made(**kwargs: Any) -> Synthesized:
    stack = new_stack()
    FlowLogs(stack, "Flows", vpc=known_vpc(stack), **kwargs)
    return Synthesized(stack)


def test_by_default_all_traffic_goes_to_a_log_group_of_the_stack() -> None:
    template = made()
    name, group = template.only("AWS::Logs::LogGroup")
    _, flow_log = template.only("AWS::EC2::FlowLog")

    assert group["RetentionInDays"] == 30
    assert template.template["Resources"][name]["DeletionPolicy"] == "Delete"
    assert (flow_log["ResourceId"], flow_log["ResourceType"]) == ("vpc-1", "VPC")
    assert (flow_log["TrafficType"], flow_log["LogGroupName"]) == ("ALL", {"Ref": name})


def test_the_role_writes_to_that_group_alone_and_makes_none() -> None:
    template = made()
    name, _ = template.only("AWS::Logs::LogGroup")
    (policy,) = template.only("AWS::IAM::Role")[1]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert statement["Resource"] == {"Fn::GetAtt": [name, "Arn"]}
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]


def test_only_flow_logs_of_the_same_account_may_take_the_role() -> None:
    (statement,) = made().only("AWS::IAM::Role")[1]["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert flat(statement["Condition"]["ArnLike"]["aws:SourceArn"]) == (
        "arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:vpc-flow-log/*"
    )


def test_a_bucket_needs_neither_role_nor_group() -> None:
    template = made(bucket_arn=BUCKET, traffic="rejected")
    _, flow_log = template.only("AWS::EC2::FlowLog")

    assert (flow_log["LogDestinationType"], flow_log["LogDestination"]) == ("s3", BUCKET)
    assert flow_log["TrafficType"] == "REJECT"
    assert not template.of_type("AWS::IAM::Role")
    assert not template.of_type("AWS::Logs::LogGroup")


def test_unknown_traffic_and_days_are_refused_together() -> None:
    with pytest.raises(InputError) as refused:
        made(traffic="some", retention_days=31)

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Flows: traffic: must be one of all, rejected, got 'some'",
        "Stack/Flows: retention_days: must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, "
        "545, 731, 1096, 1827, got 31; take 60",
    ]
