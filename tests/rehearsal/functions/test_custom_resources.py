from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rehearsal.aws.handler import ResourceError
from rehearsal.cloudformation.failures import StackError
from rehearsal.functions.types.custom_resources import CustomResource, HelmChart
from rehearsal.pace import PACE
from tests.rehearsal.roles import lambda_role

Make = Callable[..., Any]

ROLE = lambda_role({"Effect": "Allow", "Action": "*", "Resource": "*"})


def function(
    asset: str, handler: str = "index.handler", runtime: str = "python3.13", **more: Any
) -> dict[str, Any]:
    properties = {
        "Code": {"S3Key": f"{asset}.zip"},
        "Handler": handler,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Runtime": runtime,
        "Timeout": 30,
        **more,
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def framework(**users: str) -> dict[str, Any]:
    variables = {name: {"Fn::GetAtt": [user, "Arn"]} for name, user in users.items()}
    return function("user", "framework.onEvent", "nodejs24.x", Environment={"Variables": variables})


def custom(**properties: Any) -> dict[str, Any]:
    token = {"Fn::GetAtt": ["Framework", "Arn"]}
    return {"Type": "Custom::Thing", "Properties": {"ServiceToken": token, **properties}}


def resources(**properties: Any) -> dict[str, Any]:
    return {
        "Role": ROLE,
        "User": function("user"),
        "Framework": framework(USER_ON_EVENT_FUNCTION_ARN="User"),
        "Thing": custom(**properties),
    }


def test_the_framework_merges_what_the_handler_returns(deployment: Make) -> None:
    code = (
        "def handler(e, c):\n"
        "    return {'PhysicalResourceId': 'own', 'Data': {'Seen': e['ResourceProperties']['Flag']}}\n"
    )
    app = deployment({"user": code})
    outputs = {"Seen": {"Value": {"Fn::GetAtt": ["Thing", "Seen"]}}, "Id": {"Value": {"Ref": "Thing"}}}
    state = app.engine.create(app.stack(Resources=resources(Flag=True), Outputs=outputs))
    assert state.outputs == {"Seen": "true", "Id": "own"}


def test_without_an_id_of_its_own_a_resource_keeps_the_first(deployment: Make) -> None:
    app = deployment({"user": "def handler(e, c): return None"})
    first = app.engine.create(app.stack(Resources=resources(N=1))).resources["Thing"].made.physical_id
    second = app.engine.update(app.stack(Resources=resources(N=2))).resources["Thing"].made.physical_id
    assert first == second
    assert "DELETE_COMPLETE" not in [e.status for e in app.recorder.events]


def test_a_new_id_in_an_update_deletes_the_old_one_afterwards(deployment: Make) -> None:
    code = (
        "import boto3\n"
        "def handler(e, c):\n"
        "    if e['RequestType'] == 'Delete':\n"
        "        gone = e['PhysicalResourceId']\n"
        "        boto3.client('ssm').put_parameter(Name='deleted', Type='String', Value=gone)\n"
        "        return None\n"
        "    return {'PhysicalResourceId': 'id-' + e['ResourceProperties']['N']}\n"
    )
    app = deployment({"user": code})
    app.engine.create(app.stack(Resources=resources(N=1)))
    state = app.engine.update(app.stack(Resources=resources(N=2)))
    assert state.resources["Thing"].made.physical_id == "id-2"
    assert app.client("ssm").get_parameter(Name="deleted")["Parameter"]["Value"] == "id-1"


def test_a_failed_create_fails_with_the_exception_and_is_not_deleted(deployment: Make) -> None:
    code = (
        "import boto3\n"
        "def handler(e, c):\n"
        "    boto3.client('ssm').put_parameter(Name=e['RequestType'], Type='String', Value='x')\n"
        "    raise RuntimeError('the chart does not exist')\n"
    )
    app = deployment({"user": code})
    with pytest.raises(StackError, match="Thing: the chart does not exist"):
        app.engine.create(app.stack(Resources=resources()))
    names = [p["Name"] for p in app.client("ssm").describe_parameters()["Parameters"]]
    assert names == ["Create"]


def test_a_handler_acts_in_aws_as_its_own_role(deployment: Make) -> None:
    code = (
        "import boto3\n"
        "def handler(e, c): return {'Data': {'Me': boto3.client('sts').get_caller_identity()['Arn']}}\n"
    )
    app = deployment({"user": code})
    outputs = {"Me": {"Value": {"Fn::GetAtt": ["Thing", "Me"]}}, "Role": {"Value": {"Ref": "Role"}}}
    state = app.engine.create(app.stack(Resources=resources(), Outputs=outputs))
    assert f":assumed-role/{state.outputs['Role']}/" in state.outputs["Me"]


def test_an_asynchronous_resource_is_asked_until_it_is_complete(deployment: Make) -> None:
    code = (
        "import boto3\n"
        "def handler(e, c): return {'PhysicalResourceId': 'p', 'Data': {'A': '1'}}\n"
        "def complete(e, c):\n"
        "    ssm = boto3.client('ssm')\n"
        "    try: ssm.get_parameter(Name='asked')\n"
        "    except ssm.exceptions.ParameterNotFound:\n"
        "        ssm.put_parameter(Name='asked', Type='String', Value='x'); return {'IsComplete': False}\n"
        "    return {'IsComplete': True, 'Data': {'B': '2'}}\n"
    )
    app = deployment({"user": code})
    given = resources()
    given["Complete"] = function("user", "index.complete")
    given["Framework"] = framework(
        USER_ON_EVENT_FUNCTION_ARN="User", USER_IS_COMPLETE_FUNCTION_ARN="Complete"
    )
    state = app.engine.create(app.stack(Resources=given))
    assert state.resources["Thing"].made.attributes == {"A": "1", "B": "2"}


def test_a_service_timeout_ends_the_wait(deployment: Make) -> None:
    app = deployment({"user": "import time\ndef handler(e, c): time.sleep(60)"})
    with pytest.raises(StackError, match=r"Thing: Task timed out after 1\.00 seconds"):
        app.engine.create(app.stack(Resources=resources(ServiceTimeout=1)))


ANSWERING = (
    "import json, urllib.request\n"
    "def handler(e, c):\n"
    "    body = {'Status': e['ResourceProperties']['Say'], 'Reason': 'so it is'}\n"
    "    body |= {'PhysicalResourceId': 'p', 'Data': {'X': '1'}}\n"
    "    request = urllib.request.Request(e['ResponseURL'], json.dumps(body).encode(), method='PUT')\n"
    "    urllib.request.urlopen(request)\n"
)


def direct(code_asset: str, **properties: Any) -> dict[str, Any]:
    return {"Role": ROLE, "Framework": function(code_asset), "Thing": custom(**properties)}


def test_a_function_may_answer_cloudformation_itself(deployment: Make) -> None:
    app = deployment({"user": ANSWERING})
    state = app.engine.create(app.stack(Resources=direct("user", Say="SUCCESS")))
    assert state.resources["Thing"].made.attributes == {"X": "1"}


def test_a_negative_answer_is_the_failure(deployment: Make) -> None:
    app = deployment({"user": ANSWERING})
    with pytest.raises(StackError, match="Thing: so it is"):
        app.engine.create(app.stack(Resources=direct("user", Say="FAILED")))


def test_a_function_that_does_not_answer_fails(deployment: Make) -> None:
    app = deployment({"user": "def handler(e, c): return 'fine'"})
    with pytest.raises(StackError, match="returned without answering CloudFormation"):
        app.engine.create(app.stack(Resources=direct("user")))


def test_a_node_function_answers_over_https_and_uses_the_sdk(deployment: Make) -> None:
    code = """
const https = require("https");
const { SSM } = require("@aws-sdk/client-ssm");
exports.handler = async (event) => {
  await new SSM({}).putParameter({ Name: "made", Type: "String", Value: "x" });
  const body = JSON.stringify({ Status: "SUCCESS", PhysicalResourceId: "p" });
  const { hostname, pathname } = new URL(event.ResponseURL);
  await new Promise((resolve, reject) => {
    const request = https.request({ hostname, path: pathname, method: "PUT",
      headers: { "content-length": Buffer.byteLength(body) } }, (answer) => { answer.resume(); resolve(); });
    request.on("error", reject);
    request.end(body);
  });
};
"""
    app = deployment({"user": ""})
    (app.folder / "user" / "index.js").write_text(code)
    given = direct("user")
    given["Framework"] = function("user", runtime="nodejs24.x")
    state = app.engine.create(app.stack(Resources=given))
    assert state.resources["Thing"].made.physical_id == "p"
    assert app.client("ssm").get_parameter(Name="made")


def test_lambda_makes_the_log_group_nobody_made(deployment: Make) -> None:
    app = deployment({"user": "def handler(e, c): return None"})
    app.engine.create(app.stack(Resources=resources()))
    app.engine.delete("app")
    groups = [group["logGroupName"] for group in app.client("logs").describe_log_groups()["logGroups"]]
    assert len(groups) == 2
    assert all(name.startswith("/aws/lambda/app-") for name in groups)


def test_an_update_that_failed_half_way_is_sent_the_old_properties(deployment: Make) -> None:
    code = (
        "def handler(e, c):\n"
        "    flag = e['ResourceProperties']['Flag']\n"
        "    if flag == 'new':\n"
        "        raise ValueError('half done')\n"
        "    former = e.get('OldResourceProperties', {}).get('Flag', 'none')\n"
        "    return {'PhysicalResourceId': 'own', 'Data': {'Seen': f'{flag} after {former}'}}\n"
    )
    app = deployment({"user": code})
    state = app.engine.create(app.stack(Resources=resources(Flag="old")))
    with pytest.raises(StackError, match=r"UPDATE_ROLLBACK_COMPLETE: Thing: .*half done"):
        app.engine.update(app.stack(Resources=resources(Flag="new")))
    assert state.resources["Thing"].made.attributes["Seen"] == "old after new"


def test_an_answer_of_the_framework_has_at_most_4096_bytes(deployment: Make) -> None:
    code = "def handler(e, c): return {'Data': {'Text': 'x' * int(e['ResourceProperties']['Size'])}}"
    app = deployment({"user": code})
    app.engine.create(app.stack(Resources=resources(Size=3000)))
    with pytest.raises(StackError, match=r"UPDATE_ROLLBACK_COMPLETE: Thing: Response object is too long\."):
        app.engine.update(app.stack(Resources=resources(Size=4000)))


def test_a_reason_that_is_too_long_hides_itself(deployment: Make) -> None:
    app = deployment({"user": "def handler(e, c): raise ValueError('x' * 5000)"})
    with pytest.raises(StackError, match=r"ROLLBACK_COMPLETE: Thing: Response object is too long\."):
        app.engine.create(app.stack(Resources=resources()))


def test_an_answer_by_the_response_url_has_at_most_4096_bytes(deployment: Make) -> None:
    code = (
        "import json, urllib.request\n"
        "def handler(e, c):\n"
        "    data = {} if e['RequestType'] == 'Delete' else {'Text': 'x' * 4096}\n"
        "    answer = {'Status': 'SUCCESS', 'PhysicalResourceId': 'p', 'Data': data}\n"
        "    urllib.request.urlopen(urllib.request.Request(\n"
        "        e['ResponseURL'], json.dumps(answer).encode(), method='PUT'))\n"
    )
    app = deployment({"user": code})
    with pytest.raises(StackError, match=r"ROLLBACK_COMPLETE: Thing: Response object is too long\."):
        app.engine.create(app.stack(Resources=direct("user")))


def test_an_event_with_the_old_properties_in_it_may_be_too_long_for_lambda(deployment: Make) -> None:
    app = deployment({"user": "def handler(e, c): return None"})
    app.engine.create(app.stack(Resources=resources(Text="x" * 600_000)))
    refusal = r"Thing: Lambda takes asynchronous events of at most 1,048,576 bytes, got 1,200,\d+"
    with pytest.raises(StackError, match=refusal) as caught:
        app.engine.update(app.stack(Resources=resources(Text="y" * 600_000)))
    assert caught.value.status == "UPDATE_ROLLBACK_FAILED"


def helm_chart(
    monkeypatch: pytest.MonkeyPatch, quiet: list[float], wait: Any = True
) -> tuple[list[str], Any]:
    """Calls the handler of a chart whose Helm gives up each time but the last, after seconds of quiet."""
    timeouts: list[str] = []
    clock = [0.0]
    left = list(quiet)
    monkeypatch.setattr(PACE, "quiet", lambda: clock[0])

    def call(self: Any, context: Any, event: Any) -> str:
        timeouts.append(event["ResourceProperties"].get("Timeout"))
        if not left:
            return "made"
        clock[0] += left.pop(0)
        raise ResourceError("UPGRADE FAILED: context deadline exceeded")

    monkeypatch.setattr(CustomResource, "_call", call)
    account = SimpleNamespace(clusters={})
    runtime = SimpleNamespace(say=lambda _: None)
    context = SimpleNamespace(logical_id="Chart", runtime=runtime, account=account)
    event = {"RequestType": "Create", "ResourceProperties": {"Wait": wait, "Timeout": "300s"}}
    return timeouts, lambda: HelmChart()._call(cast(Any, context), event)


def test_helm_that_gave_up_on_a_busy_machine_waits_again_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts, call = helm_chart(monkeypatch, [1.0, 7.0, 0.0])
    assert call() == "made"
    assert timeouts == ["20s", "40s", "80s", "80s"]


def test_helm_that_gave_up_while_nothing_happened_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts, call = helm_chart(monkeypatch, [1.0, 12.0])
    with pytest.raises(ResourceError, match="context deadline exceeded"):
        call()
    assert timeouts == ["20s", "40s"]


def test_helm_that_does_not_wait_gets_its_own_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    timeouts, call = helm_chart(monkeypatch, [], wait=False)
    assert call() == "made"
    assert timeouts == ["300s"]
