"""The EC2 calls of a sweep, repeated while a failure may pass."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_client import make_client
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from deadline import Deadline
from errors import DeadlineError, PermanentError
from redaction import redact

#: The tag with the cluster of an interface; Cilium's operator sets it when it makes the interface.
# belief: CILIUM-interface-tags
CLUSTER_TAG: Final = "io.cilium/cluster-name"
#: Interfaces in one answer, the most that EC2 gives.
PAGE: Final = 1000
#: Deletions at a time. EC2 allows an account a few per second, so more would only be throttled.
WORKERS: Final = 8
#: How often a denied call is repeated, because a new policy may not have reached every endpoint.
REFUSALS: Final = 5

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
_PASSING: Final = frozenset(
    {
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "RequestThrottled",
        "EC2ThrottledException",
        "InternalError",
        "InternalFailure",
        "ServiceUnavailable",
        "Unavailable",
        "RequestTimeout",
    }
)
# belief: IAM-propagation
_UNAUTHORIZED: Final = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})
_GONE: Final = "InvalidNetworkInterfaceID.NotFound"


@dataclass(frozen=True)
class Interface:
    """A network interface as EC2 described it.

    Attributes:
        id: Its id.
        status: ``available``, ``attaching``, ``in-use``, ``detaching``, ``associated``.
        attachment: Status of its attachment; empty without an attachment.
        instance_id: The instance of the attachment; empty without an attachment.
        cluster: Value of the cluster's tag; None without the tag.
        vpc_id: Its VPC.
        managed: Whether an AWS service made it, so that only that service may delete it.
        description: What its maker calls it.
    """

    id: str
    status: str
    attachment: str
    instance_id: str
    cluster: str | None
    vpc_id: str
    managed: bool
    description: str

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Interface:
        """Read one entry of DescribeNetworkInterfaces."""
        attachment = described.get("Attachment") or {}
        tags = {tag["Key"]: tag.get("Value", "") for tag in described.get("TagSet") or []}
        return cls(
            id=described["NetworkInterfaceId"],
            status=described.get("Status", ""),
            attachment=attachment.get("Status", ""),
            instance_id=attachment.get("InstanceId", ""),
            cluster=tags.get(CLUSTER_TAG),
            vpc_id=described.get("VpcId", ""),
            managed=bool(described.get("RequesterManaged")),
            description=described.get("Description", ""),
        )

    def __str__(self) -> str:
        where = f", {self.attachment or 'attached'} to {self.instance_id}" if self.instance_id else ""
        return f"{self.id} ({self.status}{where})"


class RefusedError(Exception):
    """EC2 did not delete an interface, for a reason that may pass."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.unauthorized = code in _UNAUTHORIZED


def make_ec2() -> Any:
    """A client for EC2 that succeeds or fails soon, and repeats nothing by itself."""
    return make_client(
        "ec2",
        os.environ.get("AWS_REGION"),
        connect=5,
        read=20,
        max_pool_connections=WORKERS,
        user_agent_extra="cdk-eks-cilium-eni-sweep",
    )


class Ec2:
    """EC2, asked until it answers or the time is up."""

    def __init__(self, client: Any, deadline: Deadline) -> None:
        self._client = client
        self._deadline = deadline

    def interfaces(self, **filters: str) -> list[Interface]:
        """All network interfaces that match.

        Args:
            filters: EC2's filters, with underscores for dashes; ``cluster`` is the cluster's tag.

        Raises:
            PermanentError: If EC2 refuses.
            DeadlineError: If it does not answer in time.
        """
        names = {"cluster": f"tag:{CLUSTER_TAG}"}
        wanted = [
            {"Name": names.get(name, name.replace("_", "-")), "Values": [value]}
            for name, value in filters.items()
        ]
        return [Interface.of(each) for each in self._pages("network_interfaces", "NetworkInterfaces", wanted)]

    def groups(self, **filters: str) -> list[str]:
        """Ids of all security groups that match.

        Args:
            filters: EC2's filters, with underscores for dashes.

        Raises:
            PermanentError: If EC2 refuses.
            DeadlineError: If it does not answer in time.
        """
        wanted = [
            # Some of these filters have a dot, which no Python name has.
            {"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]}
            for name, value in filters.items()
        ]
        return [str(each["GroupId"]) for each in self._pages("security_groups", "SecurityGroups", wanted)]

    def delete(self, interface_id: str) -> bool:
        """Delete an interface.

        Returns:
            Whether this call deleted the interface; False if it was gone already.

        Raises:
            RefusedError: If EC2 refuses, for example because something uses the interface again.
            DeadlineError: If EC2 does not answer in time.
        """
        try:
            self._repeat(lambda: self._client.delete_network_interface(NetworkInterfaceId=interface_id))
        except ClientError as error:
            code, message = _read(error)
            if code == _GONE:
                return False
            raise RefusedError(code, message) from error
        return True

    def _pages(self, what: str, key: str, filters: list[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
        token: dict[str, str] = {}
        while True:
            answer = self._describe(what, Filters=filters, MaxResults=PAGE, **token)
            yield from answer.get(key) or []
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _describe(self, what: str, **arguments: Any) -> Mapping[str, Any]:
        call = getattr(self._client, f"describe_{what}")
        for attempt in itertools.count(1):
            try:
                answer: Mapping[str, Any] = self._repeat(lambda: call(**arguments))
                return answer
            except ClientError as error:
                code, message = _read(error)
                if code in _UNAUTHORIZED and attempt < REFUSALS and self._deadline.pause(attempt):
                    continue
                action = f"ec2:Describe{what.title().replace('_', '')}"
                raise unauthorized_or_odd(action, code, message) from error
        raise AssertionError("unreachable: count() does not end")

    def _repeat(self, call: Callable[[], Any]) -> Any:
        """What *call* returns or raises, once EC2 neither throttles it nor fails to answer."""
        for attempt in itertools.count(1):
            if self._deadline.remaining <= 0:
                raise DeadlineError("EC2: must answer before the function's time is up, got no time to ask")
            try:
                return call()
            except ClientError as error:
                code, message = _read(error)
                status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
                if code not in _PASSING and status < 500:
                    raise
                problem = f"{code}: {message}"
            except (BotoCoreError, ResponseParserError) as error:
                problem = redact(f"{type(error).__name__}: {error}")
            if not self._deadline.pause(attempt):
                raise DeadlineError(
                    f"EC2: must answer before the function's time is up, got {problem} in the last of "
                    f"{attempt} attempts; delete the stack again, later if the account is throttled"
                )
        raise AssertionError("unreachable: count() does not end")


def unauthorized_or_odd(action: str, code: str, message: str) -> PermanentError:
    """The error for a permanent refusal."""
    got = f"{code} ({message})" if message else code
    if code in _UNAUTHORIZED:
        return PermanentError(
            f"{action}: must be allowed to the function's role, got {got}; see which policy denies it (the "
            "role's own, its permissions boundary, a service control policy), then delete the stack again"
        )
    return PermanentError(f"{action}: must be answered, got {got}; delete the stack again")


def _read(error: ClientError) -> tuple[str, str]:
    details = error.response.get("Error", {})
    return str(details.get("Code", "")), redact(str(details.get("Message", "")))
