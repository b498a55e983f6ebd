"""What IAM evaluates of an operation: each action on each resource, with the request's condition keys."""

# belief: IAM-service-reference

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rehearsal.aws.environment import Environment
from rehearsal.aws.iam.evaluator import Request
from rehearsal.aws.iam.operations import Operation
from rehearsal.aws.iam.reference import ACTION_OF, ACTIONS, CREATED, known

Context = dict[str, str | tuple[str, ...]]

_PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "network-interface": ("NetworkInterfaceId",),
    "subnet": ("SubnetId",),
    "security-group": ("SecurityGroupId", "GroupId"),
    "instance": ("InstanceId",),
    "elastic-ip": ("AllocationId",),
}
_TAG: Final = re.compile(r"TagSpecification\.\d+\.Tag\.(\d+)\.(Key|Value)")
# EC2 names the attribute as its parameter: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyNetworkInterfaceAttribute.html
_ATTRIBUTES: Final = ("Attachment", "Description", "SourceDestCheck", "SecurityGroupId")


def action_of(operation: Operation) -> str:
    """The IAM action of an operation."""
    name = f"{operation.service}:{operation.name}"
    return ACTION_OF.get(name, name)


class Resources:
    """The resources of an account, as moto has them now.

    Args:
        environment: The account and its region.
        owners: The account of each subnet and VPC that another account owns, by id.
    """

    def __init__(self, environment: Environment, owners: Mapping[str, str]) -> None:
        self._where = environment
        self._owners = owners

    def requests(self, operation: Operation) -> tuple[Request, ...]:
        """What an operation needs: every one of these.

        Raises:
            KeyError: The table of actions does not have the action.
        """
        action = action_of(operation)
        kinds = ACTIONS[action]
        if not kinds:
            return (Request(action, "*", self._global(operation)),)
        return tuple(
            Request(action, arn, {**self._global(operation), **_only_known(action, kind, context)})
            for action, kind, arn, context in self._parts(action, operation)
        )

    def _global(self, operation: Operation) -> Context:
        region = self._where.region
        return {"ec2:Region": region} if operation.service == "ec2" else {}

    def _parts(self, action: str, operation: Operation) -> Iterator[tuple[str, str, str, Context]]:
        """Action, type, ARN and condition keys of each resource; not every key is known to the action."""
        if operation.service != "ec2":
            yield action, *self._elsewhere(operation)
            return
        tags = _request_tags(operation)
        if kind := CREATED.get(action):
            new = self._arn("ec2", f"{kind}/*")
            yield action, kind, new, tags
            if tags:
                yield "ec2:CreateTags", kind, new, {**tags, "ec2:CreateAction": operation.name}
        for kind in ACTIONS[action]:
            for identifier in self._identifiers(kind, operation):
                owner = self._owners.get(identifier)
                arn = self._arn("ec2", f"{kind}/{identifier}", owner)
                yield action, kind, arn, {**self._keys(kind, identifier), **_attribute(operation)}

    def _identifiers(self, kind: str, operation: Operation) -> list[str]:
        found = [each for name in _PARAMETERS[kind] for each in operation.listed(name)]
        if kind == "instance" and "Attachment.AttachmentId" in operation.parameters:
            # The instance is an optional resource of the action; the one of the attachment is meant.
            for name in operation.listed("NetworkInterfaceId"):
                instance = getattr(self._ec2().enis.get(name), "instance", None)
                found += [instance.id] if instance else []
        return found

    def _keys(self, kind: str, identifier: str) -> Context:
        """The condition keys that come from the resource itself."""
        ec2 = self._ec2()
        keys: Context = {
            f"aws:ResourceTag/{key}": str(value) for key, value in dict(ec2.tags.get(identifier, {})).items()
        }
        if kind == "network-interface" and (interface := ec2.enis.get(identifier)):
            keys |= self._place(interface.subnet)
            keys["ec2:Subnet"] = self._arn(
                "ec2", f"subnet/{interface.subnet.id}", self._owners.get(interface.subnet.id)
            )
            keys["ec2:NetworkInterfaceID"] = identifier
        if kind == "subnet":
            keys |= self._place(ec2.get_subnet(identifier)) | {"ec2:SubnetID": identifier}
        if kind == "security-group" and (group := ec2.get_security_group_from_id(identifier)):
            keys |= {"ec2:Vpc": self._vpc(group.vpc_id), "ec2:SecurityGroupID": identifier}
        if kind == "instance":
            instance = ec2.get_instance(identifier)
            keys |= {"ec2:InstanceID": identifier, "ec2:InstanceType": instance.instance_type}
            keys["ec2:AvailabilityZone"] = str(instance.placement)
        return keys

    def _place(self, subnet: Any) -> Context:
        return {"ec2:Vpc": self._vpc(subnet.vpc_id), "ec2:AvailabilityZone": str(subnet.availability_zone)}

    def _vpc(self, identifier: str) -> str:
        return self._arn("ec2", f"vpc/{identifier}", self._owners.get(identifier))

    def _elsewhere(self, operation: Operation) -> tuple[str, str, Context]:
        """Type, ARN and condition keys of the one resource of an operation outside EC2."""
        given = operation.parameters
        match operation.service:
            case "eks" if "addonName" in given:
                # The id is EKS's own and differs for each add-on that it makes.
                path = f"addon/{_cluster_in(given)}/{given['addonName']}"
                return "addon", self._arn("eks", f"{path}/00000000-0000-0000-0000-000000000000"), {}
            case "eks" if "nodegroupName" in given:
                path = f"nodegroup/{_cluster_in(given)}/{given['nodegroupName']}"
                return "nodegroup", self._arn("eks", f"{path}/00000000-0000-0000-0000-000000000000"), {}
            case "eks":
                name = _cluster_in(given)
                return "cluster", self._arn("eks", f"cluster/{name}"), self._cluster_tags(name)
            case "cloudformation":
                name = given.get("StackName", "*")
                return (
                    "stack",
                    name if name.startswith("arn:") else self._arn("cloudformation", f"stack/{name}/*"),
                    {},
                )
            case "lambda":
                name = given["FunctionName"]
                return (
                    "function",
                    name if name.startswith("arn:") else self._arn("lambda", f"function:{name}"),
                    {},
                )
            case "s3":
                bucket = f"arn:{self._where.partition}:s3:::{given['Bucket']}"
                return ("object", f"{bucket}/{given['Key']}", {}) if given["Key"] else ("bucket", bucket, {})
        raise KeyError(operation.service)

    def _cluster_tags(self, name: str) -> Context:
        from moto.eks.models import eks_backends

        cluster = eks_backends[self._where.account][self._where.region].clusters.get(name)
        tags = getattr(cluster, "tags", None) or {}
        return {f"aws:ResourceTag/{key}": str(value) for key, value in tags.items()}

    def _arn(self, service: str, resource: str, account: str | None = None) -> str:
        where = self._where
        return f"arn:{where.partition}:{service}:{where.region}:{account or where.account}:{resource}"

    def _ec2(self) -> Any:
        from moto.ec2.models import ec2_backends

        return ec2_backends[self._where.account][self._where.region]


def _only_known(action: str, kind: str, context: Context) -> Context:
    return {key: value for key, value in context.items() if known(action, kind, key)}


def _request_tags(operation: Operation) -> Context:
    parts: dict[str, dict[str, str]] = {}
    for name, value in operation.parameters.items():
        if found := _TAG.fullmatch(name):
            parts.setdefault(found[1], {})[found[2]] = value
    tags = {part["Key"]: part.get("Value", "") for part in parts.values()}
    context: Context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return context | {"aws:TagKeys": tuple(tags)} if tags else {}


def _attribute(operation: Operation) -> Context:
    for name in _ATTRIBUTES:
        if any(key.split(".")[0] == name for key in operation.parameters):
            return {"ec2:Attribute": name}
    return {}


def _cluster_in(parameters: Mapping[str, str]) -> str:
    """The cluster that an operation of EKS is about: in its path it is ``name``."""
    return parameters["name" if "name" in parameters else "clusterName"]
