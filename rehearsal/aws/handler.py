"""The base class of the handlers of AWS resource types.

A file in `types/` describes types: what their resources do in AWS, how long AWS takes, which missing
dependency may hurt, and what a destroy may leave behind.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jmespath
from botocore.exceptions import ClientError

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Runtime

Properties = dict[str, Any]


class ResourceError(Exception):
    """A resource action that CloudFormation would report as failed.

    Args:
        reason: Text of the status reason.
        physical_id: Id of the resource that was made before the failure; the rollback deletes it.
    """

    def __init__(self, reason: str, physical_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.physical_id = physical_id


@dataclass(frozen=True)
class ResourceContext:
    """The resource an action is about."""

    account: Account
    runtime: Runtime
    stack: str
    stack_id: str
    logical_id: str
    type: str

    def client(self, service: str) -> Any:
        """A boto3 client of the rehearsal's AWS."""
        return self.account.client(service)

    def random_id(self, length: int = 12) -> str:
        """Random letters and digits, the same in every rehearsal."""
        return self.account.random_id(f"{self.stack}/{self.logical_id}", length)

    def generated_name(self, limit: int = 64) -> str:
        """The name CloudFormation makes up: stack, logical id, random end."""
        end = self.random_id()
        return f"{self.stack}-{self.logical_id}"[: limit - len(end) - 1] + f"-{end}"


@dataclass(frozen=True)
class Made:
    """A resource after a create or update: the results of Ref and of Fn::GetAtt."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Duration:
    """Typical seconds that AWS takes to create a resource, and where the figure is from.

    A rule of thumb: AWS's documentation where it gives a figure, otherwise what deployments commonly show.
    Real durations vary by region and day.
    """

    seconds: float
    source: str


# belief: CFN-durations
QUICK = Duration(3, "a single fast API call")
COMMON = "commonly observed"


@dataclass(frozen=True)
class Adversary:
    """A type that goes first when a dependency is missing, so that the mistake fails every time.

    Attributes:
        type: The other CloudFormation type.
        applies: Whether a resource of that type, with these properties, needs the held one in secret.
    """

    type: str
    applies: Callable[[Properties], bool] = lambda _: True


@dataclass(frozen=True)
class Leftover:
    """Something that a destroy left in the account; `pending` if AWS deletes it by itself later."""

    what: str
    pending: bool = False


@dataclass(frozen=True)
class Listing:
    """How AWS lists the resources of a type.

    Attributes:
        what: Names a resource, with a `{}` for each of its values.
        call: The service and operation of boto3, such as ``ec2.describe_vpcs``.
        values: JMESPath of a list with the values of each resource, the id or name first.
    """

    what: str
    call: str
    values: str

    def leftovers(self, account: Account) -> Iterable[Leftover]:
        """The resources that did not exist before the deployment."""
        for values in self._all(account):
            if values[0] not in account.existing:
                yield Leftover(self.what.format(*values))

    def has(self, account: Account, first: str) -> bool:
        """Whether a resource with this first value exists."""
        return any(values[0] == first for values in self._all(account))

    def _all(self, account: Account) -> list[list[Any]]:
        service, operation = self.call.split(".")
        found: list[list[Any]] = jmespath.search(self.values, getattr(account.client(service), operation)())
        return found


# belief: CFN-handlers-call-the-api
class Handler(ABC):
    """One resource type, or a family of them.

    `create` makes the resource, `update` changes it in place, `delete` removes it.
    A botocore ClientError or ResourceError from any of them is the status reason of a failed resource.

    Attributes:
        types: CloudFormation types; one that ends in `::` stands for every type that begins with it.
        duration: How long AWS takes to create one.
        adversary: The type that starts before a resource of this type unless it depends on that resource.
        precedence: Place among the resources that may start at the same time; lower goes first.
        notable: Whether progress and timeline always name its resources.
        answers_with_id: Whether an update replaces a resource by answering with a new physical id.
        in_cluster: Whether its resources live inside a cluster and are deleted with it.
        updatable: The properties that may change in place without an effect on the rehearsal.
        listing: How AWS lists the resources that a destroy may leave behind.
    """

    types: ClassVar[tuple[str, ...]] = ()
    duration: ClassVar[Duration] = QUICK
    adversary: ClassVar[Adversary | None] = None
    precedence: ClassVar[int] = 1
    notable: ClassVar[bool] = False
    answers_with_id: ClassVar[bool] = False
    in_cluster: ClassVar[bool] = False
    updatable: ClassVar[frozenset[str]] = frozenset()
    listing: ClassVar[Listing | None] = None

    def duration_for(self, properties: Properties) -> Duration:
        """How long AWS takes to create a resource with these properties."""
        return self.duration

    def leftovers(self, account: Account) -> Iterable[Leftover]:
        """The resources of the type that the account holds and that did not exist before the deployment."""
        return self.listing.leftovers(account) if self.listing else ()

    @abstractmethod
    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the resource."""

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        """Change the resource in place. The default refuses changes that are not `updatable`."""
        # belief: CFN-create-only-replaces
        if refused := sorted(changed(old, new) - self.updatable):
            raise ResourceError(
                f"the rehearsal cannot update {', '.join(refused)} of {context.type} in place"
            )
        return existing

    @abstractmethod
    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        """Remove the resource."""


def changed(old: Properties, new: Properties) -> set[str]:
    """Names of the properties that differ."""
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def tag_list(properties: Properties, **more: str) -> list[dict[str, str]]:
    """Tags of a resource in the list form of most APIs; accepts CloudFormation's list and map forms."""
    tags = properties.get("Tags") or []
    pairs = dict(tags) if isinstance(tags, dict) else {tag["Key"]: str(tag["Value"]) for tag in tags}
    return [{"Key": key, "Value": str(value)} for key, value in {**pairs, **more}.items()]


def specification(kind: str, properties: Properties, **more: str) -> dict[str, Any]:
    """The TagSpecifications argument of an EC2 call, empty without tags."""
    tags = tag_list(properties, **more)
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def as_bool(value: Any) -> bool:
    """A boolean property; templates may carry it as text."""
    return value is True or str(value).lower() == "true"


def policy_text(policy: Any) -> str:
    """A policy as text, which a template may give it as."""
    return policy if isinstance(policy, str) else json.dumps(policy)


def is_missing(error: ClientError) -> bool:
    """Whether an AWS error says that the resource does not exist (any more)."""
    code = error.response["Error"]["Code"]
    return any(part in code for part in ("NotFound", "NoSuch", "NotAttached")) or code == "404"
