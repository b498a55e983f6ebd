"""Change sets, in moto over HTTP. Whatever fails, nothing stays in CloudFormation."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_eks_cilium.doctor.engine.account_kinds import CHANGE_SETS, IDENTITY
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.readers.aws import open_session
from cdk_eks_cilium.doctor.readers.change_sets import ChangeSetReader
from tests.unit.doctor.readers.accounts import ACCOUNT, REGION, Account, moto, serving
from tests.unit.doctor.readers.assemblies import write

TOPIC = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "one"}}}}
QUEUE = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
NO_EVENTS = "<DescribeEventsResponse><DescribeEventsResult></DescribeEventsResult></DescribeEventsResponse>"


def events(*members: str) -> str:
    listed = "".join(f"<member>{each}</member>" for each in members)
    return (
        "<DescribeEventsResponse><DescribeEventsResult><OperationEvents>"
        f"{listed}</OperationEvents></DescribeEventsResult></DescribeEventsResponse>"
    )


def changed(status: str, reason: str = "") -> str:
    return (
        "<DescribeChangeSetResponse><DescribeChangeSetResult>"
        f"<Status>{status}</Status><StatusReason>{reason}</StatusReason>"
        "</DescribeChangeSetResult></DescribeChangeSetResponse>"
    )


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with moto() as url:
        yield url


@pytest.fixture
def account(moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    urllib.request.urlopen(urllib.request.Request(f"{moto_url}/moto-api/reset", method="POST"))
    with serving(moto_url, {"DescribeEvents": (200, NO_EVENTS)}) as made:
        monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
        yield made


def read(folder: Path, **options: Any) -> list[Any]:
    found = ChangeSetReader(open_session(REGION), folder, pause=0, **options).read(CHANGE_SETS)
    assert found is not None
    return list(found.objects)


def left() -> list[str]:
    """The stacks that are there."""
    return [each["StackName"] for each in boto3.client("cloudformation", REGION).describe_stacks()["Stacks"]]


def test_each_stack_gets_a_change_set_and_nothing_stays(account: Account, tmp_path: Path) -> None:
    (one, two) = read(write(tmp_path, {"network": TOPIC, "cluster": QUEUE}))
    assert (one["stack"], one["status"], one["events"], one["unknown"]) == (
        "network",
        "CREATE_COMPLETE",
        [],
        [],
    )
    assert two["status"] == "CREATE_COMPLETE"
    assert left() == []
    assert account.asked.count("CreateChangeSet") == account.asked.count("DeleteChangeSet") == 2
    assert account.asked.count("DeleteStack") == 2


def test_a_stack_that_was_there_stays(account: Account, tmp_path: Path) -> None:
    import json

    client = boto3.client("cloudformation", REGION)
    client.create_stack(StackName="network", TemplateBody=json.dumps(TOPIC))
    (one,) = read(write(tmp_path, {"network": QUEUE}))
    assert one["status"] == "CREATE_COMPLETE"
    assert left() == ["network"]
    assert "DeleteStack" not in account.asked
    assert client.list_change_sets(StackName="network")["Summaries"] == []


def test_what_validation_and_hooks_say_is_told(account: Account, tmp_path: Path) -> None:
    account.answers["DescribeEvents"] = (
        200,
        events(
            "<EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Topic</LogicalResourceId>"
            "<ValidationName>PROPERTY_VALIDATION</ValidationName><ValidationFailureMode>FAIL</ValidationFailureMode>"
            "<ValidationStatusReason>extraneous key [Nmae]</ValidationStatusReason>"
            "<ValidationPath>/Resources/Topic/Properties/Nmae</ValidationPath>",
            "<EventType>HOOK_INVOCATION_ERROR</EventType><HookFailureMode>WARN</HookFailureMode>"
            "<HookStatusReason>no encryption</HookStatusReason><HookType>Ours::Encryption::Hook</HookType>",
            "<EventType>STACK_EVENT</EventType><LogicalResourceId>network</LogicalResourceId>",
        ),
    )
    account.answers["DescribeChangeSet"] = 200, changed("FAILED", "AWS::EarlyValidation::PropertyValidation")
    (one,) = read(write(tmp_path, {"network": TOPIC}))
    assert (one["status"], one["reason"]) == ("FAILED", "AWS::EarlyValidation::PropertyValidation")
    assert [(each["resource"], each["reason"], each["failed"]) for each in one["events"]] == [
        ("Topic", "extraneous key [Nmae]", True),
        (None, "no encryption", False),
    ]
    assert one["events"][0]["path"] == "/Resources/Topic/Properties/Nmae"
    assert left() == []


def test_a_stack_without_changes_is_not_wrong(account: Account, tmp_path: Path) -> None:
    reason = "The submitted information didn't contain changes. Submit different information."
    account.answers["DescribeChangeSet"] = 200, changed("FAILED", reason)
    (one,) = read(write(tmp_path, {"network": TOPIC}))
    assert one["unchanged"]


def test_a_stack_that_imports_from_one_that_is_not_deployed_is_skipped(
    account: Account, tmp_path: Path
) -> None:
    importing = {
        "Resources": {"A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::ImportValue": "x"}}}}
    }
    (one,) = read(write(tmp_path, {"cluster": importing}))
    assert one["skipped"] == "it imports from stacks that are not deployed yet: x"
    assert "CreateChangeSet" not in account.asked


def test_a_large_template_that_is_not_uploaded_is_refused_in_words(account: Account, tmp_path: Path) -> None:
    large = {**TOPIC, "Description": "x" * 60_000}
    folder = write(tmp_path, {"network": large})
    (one,) = read(folder)
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-eu-west-1"
    assert one["unknown"] == [
        f"its template is larger than 51200 bytes, and the bucket {bucket} of CDK lacks it; upload it: "
        f"aws s3 cp {folder}/network.template.json s3://{bucket}/abc.json"
    ]
    assert "CreateChangeSet" not in account.asked


def test_a_change_set_that_takes_too_long_is_unknown_and_goes(account: Account, tmp_path: Path) -> None:
    account.answers["DescribeChangeSet"] = 200, changed("CREATE_IN_PROGRESS")
    (one,) = read(write(tmp_path, {"network": TOPIC}), seconds=0)
    assert one["unknown"] == ["its change set is still CREATE_IN_PROGRESS: give it longer with --timeout"]
    assert left() == []


@pytest.mark.parametrize("operation", ["DescribeChangeSet", "DescribeEvents"])
def test_whichever_step_fails_nothing_stays(account: Account, tmp_path: Path, operation: str) -> None:
    account.refuse(operation, "AccessDenied")
    (one,) = read(write(tmp_path, {"network": TOPIC}))
    assert one["unknown"] == [
        f"not allowed to call cloudformation:{operation}: 'cdk-eks-cilium preflight role "
        "--change-set' prints the "
        "policy that allows it"
    ]
    assert left() == []


def test_a_template_that_cloudformation_refuses_is_told_in_its_words(
    account: Account, tmp_path: Path
) -> None:
    account.refuse("CreateChangeSet", "ValidationError", 400)
    (one,) = read(write(tmp_path, {"network": TOPIC}))
    assert (one["status"], one["reason"]) == ("FAILED", "no")
    assert left() == []


@pytest.mark.parametrize(
    ("operation", "way"),
    [
        ("DeleteChangeSet", "delete-change-set --region eu-west-1 --stack-name network"),
        ("DeleteStack", "delete-stack"),
    ],
)
def test_what_cannot_be_deleted_is_told_with_the_command(
    account: Account, tmp_path: Path, operation: str, way: str
) -> None:
    account.refuse(operation, "AccessDenied")
    (one,) = read(write(tmp_path, {"network": TOPIC}))
    (told,) = one["unknown"]
    assert told.startswith(f"not allowed to call cloudformation:{operation}: ")
    assert f"what was made stays: aws cloudformation {way}" in told


def test_closing_deletes_what_an_interrupted_call_left(account: Account, tmp_path: Path) -> None:
    class Interrupted(ChangeSetReader):
        def _outcome(self, made: Any) -> dict[str, Any]:
            self.close()
            assert left() == []
            raise UnreadError("interrupted")

    folder = write(tmp_path, {"network": TOPIC, "cluster": QUEUE})
    found = Interrupted(open_session(REGION), folder, pause=0).read(CHANGE_SETS)
    assert found is not None
    assert [each["unknown"] for each in found.objects] == [["interrupted"], ["the call was interrupted"]]
    assert account.asked.count("CreateChangeSet") == 1
    assert left() == []


def test_other_readings_belong_to_another_reader(account: Account, tmp_path: Path) -> None:
    reader = ChangeSetReader(open_session(REGION), write(tmp_path, {"network": TOPIC}))
    assert reader.read(IDENTITY) is None
