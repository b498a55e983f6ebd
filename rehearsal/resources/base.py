"""What a resource handler is, and the table of them."""

from __future__ import annotations

import functools
import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.world import ResourceError, World

Properties = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """The resource an action is about."""

    world: World
    stack: str
    stack_id: str
    logical_id: str
    type: str

    def client(self, service: str) -> Any:
        """A boto3 client of the rehearsal's AWS."""
        return self.world.cloud.client(service)

    def random_id(self, length: int = 12) -> str:
        """Random letters and digits, the same in every rehearsal."""
        return self.world.random_id(f"{self.stack}/{self.logical_id}", length)

    def generated_name(self, limit: int = 64) -> str:
        """The name CloudFormation makes up: stack, logical id, random end."""
        end = self.random_id()
        return f"{self.stack}-{self.logical_id}"[: limit - len(end) - 1] + f"-{end}"


@dataclass(frozen=True)
class Made:
    """What exists after a create or update: what Ref gives, and what Fn::GetAtt gives."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


class Handler(ABC):
    """One resource type, or a family of them.

    `create` makes the resource, `update` changes it in place, `delete` removes it.
    A botocore ClientError or ResourceError from any of them is the status reason of a failed resource.
    """

    @abstractmethod
    def create(self, context: Context, properties: Properties) -> Made:
        """Make the resource."""

    def update(self, context: Context, existing: Made, old: Properties, new: Properties) -> Made:
        changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        raise ResourceError(f"the rehearsal cannot update {', '.join(changed)} of {context.type} in place")

    @abstractmethod
    def delete(self, context: Context, existing: Made, properties: Properties) -> None:
        """Remove the resource."""


class Accepted(Handler):
    """A type that has no effect on a rehearsal: it exists and that is all."""

    def create(self, context: Context, properties: Properties) -> Made:
        name = context.generated_name()
        arn = context.world.arn("rehearsal", f"{context.type.replace('::', '/').lower()}/{name}")
        return Made(name, {"Arn": arn, "Name": name})

    def update(self, context: Context, existing: Made, old: Properties, new: Properties) -> Made:
        return existing

    def delete(self, context: Context, existing: Made, properties: Properties) -> None:
        return


# Types whose absence from the rehearsal is a decision, each with its reason.
ACCEPTED = {
    "AWS::CDK::Metadata": "usage statistics of the CDK",
    "AWS::Lambda::Permission": "IAM is not evaluated",
    "AWS::Lambda::EventInvokeConfig": "functions are called synchronously",
    "AWS::StepFunctions::StateMachine": "custom_resources.py plays the waiter of CDK's provider framework",
    "AWS::S3::BucketPolicy": "IAM is not evaluated",
    "AWS::CloudFormation::WaitConditionHandle": "a placeholder CDK uses for empty stacks",
    "AWS::SSM::Document": "not part of the deployment's order",
    "AWS::CloudWatch::Alarm": "nothing here is measured by CloudWatch",
}

_MODULES = (
    "ec2_network",
    "ec2_gateways",
    "ec2_security",
    "iam",
    "storage",
    "eks_cluster",
    "eks_nodes",
    "eks_addons",
    "lambda_functions",
    "custom",
)
_HANDLERS: dict[str, Handler] = {}


def handles(*types: str) -> Callable[[type[Handler]], type[Handler]]:
    """Class decorator: this handler plays these CloudFormation types."""

    def register(cls: type[Handler]) -> type[Handler]:
        handler = cls()
        for name in types:
            _HANDLERS[name] = handler
        return cls

    return register


@functools.cache
def _load() -> None:
    for module in _MODULES:
        importlib.import_module(f"rehearsal.resources.{module}")


def handler_for(type_name: str) -> Handler:
    """The handler of a type.

    Raises:
        ResourceError: The rehearsal does not know the type; nothing is skipped in silence.
    """
    _load()
    if type_name.startswith("Custom::") or type_name == "AWS::CloudFormation::CustomResource":
        return _HANDLERS["Custom::"]
    if type_name in ACCEPTED:
        return Accepted()
    if type_name not in _HANDLERS:
        raise ResourceError(f"the rehearsal does not know {type_name}; add a handler or an entry in ACCEPTED")
    return _HANDLERS[type_name]


def tag_list(properties: Properties, **more: str) -> list[dict[str, str]]:
    """Tags of a resource in the list form of most APIs; accepts CloudFormation's list and map forms."""
    tags = properties.get("Tags") or []
    pairs = dict(tags) if isinstance(tags, dict) else {tag["Key"]: str(tag["Value"]) for tag in tags}
    return [{"Key": key, "Value": str(value)} for key, value in {**pairs, **more}.items()]


def specification(kind: str, properties: Properties, **more: str) -> dict[str, Any]:
    """The TagSpecifications argument of an EC2 call, empty without tags."""
    tags = tag_list(properties, **more)
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def is_missing(error: ClientError) -> bool:
    """Whether an AWS error says that the thing is not there (any more)."""
    code = error.response["Error"]["Code"]
    return "NotFound" in code or "NoSuch" in code or code == "404"
