"""Lambda functions and layers. Their code runs when a custom resource calls them (lambda_process.py)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rehearsal.aws.account import Account, LambdaFunction
from rehearsal.aws.handler import (
    COMMON,
    Duration,
    Handler,
    Leftover,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
)
from rehearsal.aws.iam import Caller, Operation
from rehearsal.aws.iam.operations import flattened
from rehearsal.functions.assets import unpacked
from rehearsal.functions.warming import warm_up


# belief: AWS-lambda-environment
class Layer(Handler):
    """A layer version."""

    types = ("AWS::Lambda::LayerVersion",)
    duration = Duration(8, COMMON)

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        asset = context.runtime.asset(properties["Content"]["S3Key"])
        name = properties.get("LayerName") or context.generated_name()
        arn = context.account.arn("lambda", f"layer:{name}:1")
        context.account.layers[arn] = unpacked(asset)
        warm_up(context.runtime, context.account.layers[arn])
        return Made(arn, {"LayerVersionArn": arn})

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        context.account.layers.pop(existing.physical_id, None)


def check_role(context: ResourceContext, name: str, properties: Properties) -> None:
    """Refuse a role that Lambda may not assume, or without the rights for interfaces, as Lambda does.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions

    Raises:
        ResourceError: In the first words of Lambda's errors, with what IAM says.
    """
    access, role = context.account.access, properties["Role"]
    # belief: IAM-lambda-checks-the-role
    if reason := access.distrust(role, "Service", "lambda.amazonaws.com", "sts:AssumeRole", {}):
        raise ResourceError(
            "InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda: "
            f"{reason}"
        )
    network = properties.get("VpcConfig") or {}
    if not network.get("SubnetIds"):
        return
    groups = network.get("SecurityGroupIds", [])
    wanted = {
        "CreateNetworkInterface": {"SubnetId": network["SubnetIds"], "SecurityGroupId": groups},
        "DescribeNetworkInterfaces": {},
        # Lambda has no interface yet: the right must be for all.
        "DeleteNetworkInterface": {"NetworkInterfaceId": ["*"]},
    }
    for action, parameters in wanted.items():
        operation = Operation("ec2", action, flattened(parameters))
        # belief: IAM-lambda-checks-the-role
        if denial := access.judge(Caller(role, name), operation):
            raise ResourceError(
                "InvalidParameterValueException: The provided execution role does not have permissions to "
                f"call {action} on EC2: {denial}"
            )


class FunctionHandler(Handler):
    """A function. Inside a VPC it holds a network interface in each of its subnets."""

    types = ("AWS::Lambda::Function",)
    duration = Duration(8, COMMON)
    # belief: AWS-lambda-in-vpc
    _in_vpc = Duration(
        60, "waits for its interfaces; https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"
    )

    def duration_for(self, properties: Properties) -> Duration:
        return self._in_vpc if "VpcConfig" in properties else self.duration

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        account = context.account
        name = properties.get("FunctionName") or context.generated_name()
        arn = account.arn("lambda", f"function:{name}")
        check_role(context, name, properties)
        function = LambdaFunction(
            arn, name, context.logical_id, properties, self._code(context, name, properties)
        )
        account.functions[arn] = function
        try:
            self._join_vpc(context, function)
        # belief: CFN-rollback-of-create
        except Exception as error:
            raise ResourceError(str(error), name) from error
        return Made(name, {"Arn": arn})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        function = context.account.functions[existing.attributes["Arn"]]
        check_role(context, function.name, new)
        function.code = self._code(context, function.name, new)
        function.properties = new
        if old.get("VpcConfig") != new.get("VpcConfig"):
            self._leave_vpc(context, function)
            self._join_vpc(context, function)
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        arn = context.account.arn("lambda", f"function:{existing.physical_id}")
        if function := context.account.functions.pop(arn, None):
            self._leave_vpc(context, function)

    @staticmethod
    def _code(context: ResourceContext, name: str, properties: Properties) -> Path:
        code = properties["Code"]
        if "S3Key" in code:
            return unpacked(context.runtime.asset(code["S3Key"]))
        # no belief: a limit of the rehearsal
        if "ZipFile" not in code:
            raise ResourceError(f"{name}: the rehearsal runs code from assets and inline code only")
        folder = context.runtime.scratch(f"inline-{context.logical_id}")
        ending = "py" if str(properties["Runtime"]).startswith("python") else "js"
        (folder / f"index.{ending}").write_text(code["ZipFile"])
        return folder

    @staticmethod
    def _join_vpc(context: ResourceContext, function: LambdaFunction) -> None:
        network = function.properties.get("VpcConfig") or {}
        for subnet in network.get("SubnetIds", []):
            interface = context.client("ec2").create_network_interface(
                SubnetId=subnet,
                Groups=network.get("SecurityGroupIds", []),
                Description=f"AWS Lambda VPC ENI-{function.name}",
            )["NetworkInterface"]
            function.interfaces.append(interface["NetworkInterfaceId"])

    @staticmethod
    def _leave_vpc(context: ResourceContext, function: LambdaFunction) -> None:
        for interface in function.interfaces:
            context.client("ec2").delete_network_interface(NetworkInterfaceId=interface)
        function.interfaces.clear()

    def leftovers(self, account: Account) -> Iterable[Leftover]:
        for function in account.functions.values():
            yield Leftover(f"function {function.name}")
