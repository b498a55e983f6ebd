"""Lambda functions and layers. Their code runs when a custom resource calls them (lambda_process.py)."""

from __future__ import annotations

from pathlib import Path

from rehearsal.layers import unpacked
from rehearsal.resources.base import Context, Handler, Made, Properties, handles
from rehearsal.world import Function, ResourceError


@handles("AWS::Lambda::LayerVersion")
class Layer(Handler):
    """A layer version."""

    def create(self, context: Context, properties: Properties) -> Made:
        asset = context.world.assembly.asset(properties["Content"]["S3Key"])
        name = properties.get("LayerName") or context.generated_name()
        arn = context.world.arn("lambda", f"layer:{name}:1")
        context.world.layers[arn] = unpacked(asset)
        return Made(arn, {"LayerVersionArn": arn})

    def delete(self, context: Context, existing: Made, properties: Properties) -> None:
        context.world.layers.pop(existing.physical_id, None)


@handles("AWS::Lambda::Function")
class LambdaFunction(Handler):
    """A function; inside a VPC it holds a network interface in each of its subnets."""

    def create(self, context: Context, properties: Properties) -> Made:
        world = context.world
        name = properties.get("FunctionName") or context.generated_name()
        arn = world.arn("lambda", f"function:{name}")
        function = Function(arn, name, context.logical_id, properties, self._code(context, name, properties))
        world.functions[arn] = function
        try:
            self._join_vpc(context, function)
        except Exception as error:
            raise ResourceError(str(error), name) from error
        return Made(name, {"Arn": arn})

    def update(self, context: Context, existing: Made, old: Properties, new: Properties) -> Made:
        function = context.world.functions[existing.attributes["Arn"]]
        function.code = self._code(context, function.name, new)
        function.properties = new
        if old.get("VpcConfig") != new.get("VpcConfig"):
            self._leave_vpc(context, function)
            self._join_vpc(context, function)
        return existing

    def delete(self, context: Context, existing: Made, properties: Properties) -> None:
        arn = context.world.arn("lambda", f"function:{existing.physical_id}")
        if function := context.world.functions.pop(arn, None):
            self._leave_vpc(context, function)

    @staticmethod
    def _code(context: Context, name: str, properties: Properties) -> Path:
        code = properties["Code"]
        if "S3Key" in code:
            return unpacked(context.world.assembly.asset(code["S3Key"]))
        if "ZipFile" not in code:
            raise ResourceError(f"{name}: the rehearsal runs code from assets and inline code only")
        folder = context.world.scratch(f"inline-{context.logical_id}")
        ending = "py" if str(properties["Runtime"]).startswith("python") else "js"
        (folder / f"index.{ending}").write_text(code["ZipFile"])
        return folder

    @staticmethod
    def _join_vpc(context: Context, function: Function) -> None:
        network = function.properties.get("VpcConfig") or {}
        for subnet in network.get("SubnetIds", []):
            interface = context.client("ec2").create_network_interface(
                SubnetId=subnet,
                Groups=network.get("SecurityGroupIds", []),
                Description=f"AWS Lambda VPC ENI-{function.name}",
            )["NetworkInterface"]
            function.interfaces.append(interface["NetworkInterfaceId"])

    @staticmethod
    def _leave_vpc(context: Context, function: Function) -> None:
        for interface in function.interfaces:
            context.client("ec2").delete_network_interface(NetworkInterfaceId=interface)
        function.interfaces.clear()
