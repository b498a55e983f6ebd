"""Custom resources: calls the function behind ServiceToken and reads its answer.

CDK's provider framework (Node.js, needs the Lambda API) is played here, with its rules: the result of the
user's handler is merged over the event, a create without PhysicalResourceId gets the request id, and a failed
create gets a marker id whose delete is skipped. Every other function answers through its response URL.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from rehearsal.aws.account import Account, LambdaFunction
from rehearsal.aws.handler import ResourceError
from rehearsal.aws.iam import Caller, Operation
from rehearsal.aws.moto import Cloud
from rehearsal.aws.names import shorten
from rehearsal.aws.reach import answer_blocked, unreachable
from rehearsal.aws.runtime import Runtime
from rehearsal.functions.assets import search_path
from rehearsal.functions.attempts import believable
from rehearsal.functions.lambda_process import RESPONSE_HOST, FunctionError, invoke
from rehearsal.functions.warming import warm_aws_cli, warm_sdk
from rehearsal.pace import PACE
from rehearsal.serving import Handler, LocalServer

CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
ANSWER_BYTES = 4096
# The words of CloudFormation: https://github.com/aws/aws-cdk/issues/23958
TOO_LONG = "Response object is too long."
# CloudFormation invokes asynchronously (https://docs.aws.amazon.com/lambda/latest/dg/services-cloudformation.html),
# and the framework waits for its user's function, which may take six times as much:
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
EVENT_BYTES = 1024 * 1024
_ON_EVENT, _IS_COMPLETE = "USER_ON_EVENT_FUNCTION_ARN", "USER_IS_COMPLETE_FUNCTION_ARN"


@dataclass(frozen=True)
class CustomResourceAnswer:
    """The answer of a custom resource to CloudFormation."""

    physical_id: str
    data: Mapping[str, Any]


class Bridge:
    """A local server for functions: takes PUTs to response URLs, and plays the AWS SDK for Node.js."""

    def __init__(self, cloud: Cloud) -> None:
        self._answers: dict[str, bytes] = {}
        bridge = self

        class Requests(Handler):
            def do_PUT(self) -> None:
                bridge._answers[self.path.strip("/").split("?")[0]] = self.body()
                self.reply(200, b"{}")

            def do_POST(self) -> None:
                _, service, operation = self.path.strip("/").split("/")
                status = 200
                credentials = cloud.handed_out.get(self.headers.get("x-access-key", ""))
                try:
                    client = cloud.client(service, credentials)
                    result = getattr(client, xform_name(operation))(**json.loads(self.body()))
                except ClientError as error:
                    details = error.response["Error"]
                    status, result = 400, {"code": details["Code"], "message": details["Message"]}
                self.reply(status, json.dumps(result, default=str).encode())

        self._server = LocalServer(Requests)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, key: str) -> bytes | None:
        """The answer that was PUT to the response URL with this key."""
        return self._answers.pop(key, None)

    def stop(self) -> None:
        """Stops the server."""
        self._server.stop()


class CustomResources:
    """Calls custom resources of one rehearsal."""

    def __init__(self, account: Account, runtime: Runtime) -> None:
        self._account = account
        self._runtime = runtime
        self._bridge = Bridge(account)

    def stop(self) -> None:
        """Stops the local server."""
        self._bridge.stop()

    def call(self, event: dict[str, Any]) -> CustomResourceAnswer:
        """Sends a request to the function its ServiceToken names.

        Args:
            event: A custom resource request without RequestId and ResponseURL.

        Raises:
            ResourceError: The function is unknown, failed, or did not answer, or the request or the answer is
                too long.
        """
        token = event["ResourceProperties"]["ServiceToken"]
        function = self._account.functions.get(token)
        # no belief: an assembly without its function
        if function is None:
            raise ResourceError(f"ServiceToken {token} is not a function of this assembly")
        event = {**event, "RequestId": str(uuid.uuid4()), "ServiceToken": token}
        # belief: CFN-custom-resource-event
        if (size := len(json.dumps(event).encode())) > EVENT_BYTES:
            raise ResourceError(
                f"{event['LogicalResourceId']}: Lambda takes asynchronous events of at most {EVENT_BYTES:,} "
                f"bytes, got {size:,}; split the resource. An update sends the old properties too"
            )
        if _ON_EVENT in function.variables:
            return self._framework(function, event)
        return self._direct(function, event)

    def _framework(self, framework: LambdaFunction, event: dict[str, Any]) -> CustomResourceAnswer:
        # belief: CDK-framework-create-failed
        if event["RequestType"] == "Delete" and event["PhysicalResourceId"] == CREATE_FAILED:
            return CustomResourceAnswer(CREATE_FAILED, {})
        self._write_log_group(framework)
        self._check_reach(framework, event)
        event["ResponseURL"] = f"{self._bridge.url}/unused"
        try:
            result = self._user(framework, _ON_EVENT, event) or {}
            default = event["RequestId"] if event["RequestType"] == "Create" else event["PhysicalResourceId"]
            physical_id = result.get("PhysicalResourceId") or default
            # belief: CDK-framework-merges
            if event["RequestType"] == "Delete" and physical_id != event["PhysicalResourceId"]:
                raise FunctionError(
                    f'DELETE: cannot change the physical resource ID from "{event["PhysicalResourceId"]}" '
                    f'to "{physical_id}" during deletion'
                )
            merged = {**event, **result, "PhysicalResourceId": physical_id}
            if _IS_COMPLETE in framework.variables:
                merged = self._poll(framework, merged)
        # belief: CDK-framework-create-failed
        except FunctionError as error:
            marker = CREATE_FAILED if event["RequestType"] == "Create" else event["PhysicalResourceId"]
            reason = error.message.strip()
            _refuse_long({**event, "PhysicalResourceId": marker}, "FAILED", reason)
            raise ResourceError(reason, marker) from None
        _refuse_long(merged, "SUCCESS", "SUCCESS")
        return CustomResourceAnswer(str(merged["PhysicalResourceId"]), merged.get("Data") or {})

    def _check_reach(self, framework: LambdaFunction, event: Mapping[str, Any]) -> None:
        """Refuse calls that would hang in AWS, because their subnets have no way out.

        The framework calls its user's function and puts the answer into a bucket of CloudFormation. CDK's
        kubectl handler asks EKS for the cluster, and S3 for a chart that is an asset.
        """
        needs = {framework.arn: {"lambda", "s3"}}
        if str(event.get("ResourceType")).startswith("Custom::AWSCDK-EKS-"):
            chart = {"s3"} if event["ResourceProperties"].get("ChartAssetURL") else set()
            needs[framework.variables[_ON_EVENT]] = {"eks", *chart}
        for arn, services in needs.items():
            function = self._account.functions[arn]
            clause = unreachable(self._account.client("ec2"), function.subnets, sorted(services))
            # belief: AWS-service-buckets
            if not clause and arn == framework.arn:
                clause = answer_blocked(self._account, function.subnets)
            # belief: CDK-framework-calls-lambda-and-s3
            if clause:
                raise ResourceError(
                    f"no answer to CloudFormation, which would wait {_service_timeout(event):.0f} s: "
                    f"{shorten(function.logical_id)}: {clause}"
                )

    def _poll(self, framework: LambdaFunction, event: dict[str, Any]) -> dict[str, Any]:
        deadline = PACE.now() + min(_service_timeout(event), self._runtime.options.node_patience * 6)
        while PACE.now() < deadline:
            result = self._user(framework, _IS_COMPLETE, event) or {}
            if result.get("IsComplete"):
                return {
                    **event,
                    **result,
                    "Data": {**(event.get("Data") or {}), **(result.get("Data") or {})},
                }
            time.sleep(0.5)
        # belief: CDK-framework-asks-until-complete
        raise FunctionError("Operation timed out")

    def _user(self, framework: LambdaFunction, variable: str, event: dict[str, Any]) -> Any:
        arn = framework.variables[variable]
        function = self._account.functions[arn]
        caller = Caller(framework.properties["Role"], framework.name, subnets=framework.subnets)
        call = Operation("lambda", "Invoke", {"FunctionName": arn})
        # belief: IAM-policy-evaluation
        if denial := self._account.access.judge(caller, call):
            raise FunctionError(denial.message)
        try:
            return self._run(function, event)
        except FunctionError as error:
            # belief: CDK-framework-merges
            raise FunctionError(f"{error.message}\n\nLogs: /aws/lambda/{function.name}", error.log) from None

    # belief: CFN-custom-resource-protocol, CFN-service-timeout
    def _direct(self, function: LambdaFunction, event: dict[str, Any]) -> CustomResourceAnswer:
        key = uuid.uuid4().hex
        node = function.runtime.startswith("nodejs")
        event["ResponseURL"] = f"https://{RESPONSE_HOST}/{key}" if node else f"{self._bridge.url}/{key}"
        try:
            self._run(function, event)
        except FunctionError as error:
            raise ResourceError(
                f"no answer to CloudFormation, which would wait {_service_timeout(event):.0f} s: "
                f"{error.message}"
            ) from None
        body = self._bridge.answer(key)
        if body is None:
            raise ResourceError(f"{function.name} returned without answering CloudFormation")
        answer = json.loads(body)
        if len(body) > ANSWER_BYTES:
            raise ResourceError(TOO_LONG, answer.get("PhysicalResourceId"))
        if answer["Status"] != "SUCCESS":
            raise ResourceError(str(answer.get("Reason")), answer.get("PhysicalResourceId"))
        return CustomResourceAnswer(str(answer["PhysicalResourceId"]), answer.get("Data") or {})

    def _run(self, function: LambdaFunction, event: Mapping[str, Any]) -> Any:
        self._write_log_group(function)
        with self._runtime.calling():
            return believable(
                lambda: self._invoke(function, event),
                lambda: self._runtime.say(
                    f"{shorten(function.logical_id)} is called again: this machine did not answer in time"
                ),
            )

    def _invoke(self, function: LambdaFunction, event: Mapping[str, Any]) -> Any:
        account, properties = self._account, function.properties
        credentials = account.assume(properties["Role"], function.name, subnets=function.subnets)
        layers = [account.layers[arn] for arn in properties.get("Layers", [])]
        region = account.environment.region
        return invoke(
            function,
            event,
            self._runtime.scratch(function.logical_id),
            variables={
                **credentials.variables(),
                "AWS_REGION": region,
                "AWS_DEFAULT_REGION": region,
                "AWS_ENDPOINT_URL": account.url,
            },
            path=self._path(layers),
            bridge=self._bridge.url,
            at_most=_service_timeout(event),
            warm=warm_sdk(self._runtime),
        )

    def _path(self, layers: list[Path]) -> str:
        """PATH for a function, with the AWS CLI of its layer kept warm: kubectl calls it for each token."""
        folders = [search_path(layers)]
        for script in (layer / "awscli" / "aws.py" for layer in layers):
            if script.is_file():
                folders.insert(0, str(warm_aws_cli(self._runtime, script).commands))
        return os.pathsep.join(folders)

    # belief: AWS-lambda-makes-log-group
    def _write_log_group(self, function: LambdaFunction) -> None:
        """Make a missing log group, as Lambda does at a function's first run; it outlives the stack."""
        logs, name = self._account.client("logs"), function.log_group
        with self._account.lock:
            found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
            if not any(group["logGroupName"] == name for group in found):
                logs.create_log_group(logGroupName=name)
                self._account.log_groups_of_lambda[name] = (
                    f"Lambda made it when {shorten(function.logical_id)} ran without it; "
                    "let the function, or what calls it, depend on a log group of the stack"
                )


def _refuse_long(event: Mapping[str, Any], status: str, reason: str) -> None:
    """Refuse what CDK's framework answers for an event if CloudFormation would.

    The fields are from `cfn-response.ts` in aws-cdk-lib's provider framework. It adds the lines of its stack
    to the reason of a failure, so that a reason of nearly 4,096 bytes is lost on AWS and not here.
    """
    fields = ("StackId", "RequestId", "PhysicalResourceId", "LogicalResourceId", "NoEcho", "Data")
    answer = {"Status": status, "Reason": reason, **{key: event[key] for key in fields if key in event}}
    # belief: CFN-custom-resource-answer
    if len(json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()) > ANSWER_BYTES:
        raise ResourceError(TOO_LONG, str(event["PhysicalResourceId"]))


# belief: CFN-service-timeout
def _service_timeout(event: Mapping[str, Any]) -> float:
    """Seconds that CloudFormation waits for the answer; by default one hour."""
    return float(event["ResourceProperties"].get("ServiceTimeout", 3600))
