"""The managed node groups of a cluster, asked until EKS answers or the time is up."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_client import make_client
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from deadline import Deadline
from errors import DeadlineError, PermanentError
from logs import Log
from redaction import redact

# AccessDenied passes: a policy takes some seconds to reach every endpoint.
# belief: IAM-propagation
_PASSING: Final = frozenset(
    {"AccessDeniedException", "ThrottlingException", "Throttling", "TooManyRequestsException"}
)
_MISSING: Final = "ResourceNotFoundException"
# belief: EKS-stack-tags-on-node-groups
_STACK: Final = "aws:cloudformation:stack-id"
_RESOURCE: Final = "aws:cloudformation:logical-id"
# The number of a group that failed or is on its way out is not what is needed.
# https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
_GOING: Final = frozenset({"CREATE_FAILED", "DELETING", "DELETE_FAILED"})

log = Log("node_counts")


@dataclass(frozen=True)
class NodeGroup:
    """A node group that exists.

    Attributes:
        name: EKS's name of it.
        desired_size: How many nodes it should have, as EKS says.
    """

    name: str
    desired_size: int


def make_eks() -> Any:
    """A client for EKS that succeeds or fails soon, and repeats nothing by itself."""
    return make_client(
        "eks",
        os.environ.get("AWS_REGION"),
        connect=4,
        read=10,
        user_agent_extra="cdk-eks-cilium-node-counts",
    )


class NodeGroups:
    """The node groups of one cluster."""

    def __init__(self, client: Any, cluster_name: str, deadline: Deadline) -> None:
        self._client = client
        self._cluster = cluster_name
        self._deadline = deadline

    def made_by(self, stack_id: str, logical_id: str) -> NodeGroup | None:
        """The group that a stack made for one of its resources; None if it is missing.

        CloudFormation makes the names up, and tags each group with the stack and the logical id. If there
        are several, because an old one could not be deleted, the latest counts.

        Raises:
            PermanentError: If EKS refuses.
            DeadlineError: If it does not answer in time.
        """
        own = [
            each
            for each in self._all()
            if (each.get("tags") or {}).get(_STACK) == stack_id
            and each["tags"].get(_RESOURCE) == logical_id
            and each.get("status") not in _GOING
        ]
        if not own:
            return None
        # belief: EKS-describes-autoscaled-size
        latest = max(own, key=lambda each: each["createdAt"])
        return NodeGroup(str(latest["nodegroupName"]), int(latest["scalingConfig"]["desiredSize"]))

    def _all(self) -> Iterator[Mapping[str, Any]]:
        token: dict[str, str] = {}
        while True:
            page = self._ask("list_nodegroups", **token)
            if page is None:
                raise PermanentError(
                    f"Cluster {self._cluster}: must exist, EKS answered {_MISSING}; deploy the cluster first"
                )
            for name in page["nodegroups"]:
                described = self._ask("describe_nodegroup", nodegroupName=name)
                if described is not None:  # somebody deleted it in the meantime
                    yield described["nodegroup"]
            if not page.get("nextToken"):
                return
            token = {"nextToken": page["nextToken"]}

    def _ask(self, operation: str, **arguments: str) -> Mapping[str, Any] | None:
        """EKS's answer; None if what is asked for is missing."""
        call = getattr(self._client, operation)
        action = "eks:" + operation.title().replace("_", "")
        for attempt in itertools.count(1):
            try:
                answer: Mapping[str, Any] = call(clusterName=self._cluster, **arguments)
                return answer
            except ClientError as error:
                code, problem, passes = _read(error)
                if code == _MISSING:
                    return None
                if not passes:
                    raise PermanentError(
                        f"{action} on cluster {self._cluster}: must be answered, {problem}; check that the "
                        "cluster is this account's, then deploy again"
                    ) from None
            except (BotoCoreError, ResponseParserError) as error:
                code, problem = "", redact(f"EKS did not answer ({type(error).__name__})")
            log.info({"action": action, "attempt": attempt, "outcome": problem})
            if not self._deadline.pause(attempt):
                raise DeadlineError(
                    f"{action} on cluster {self._cluster}: must be answered before the function's time is "
                    f"up, {problem} after {attempt} attempts in {self._deadline.elapsed:.0f} s; {_fix(code)}"
                )
        raise AssertionError("unreachable: count() does not end")


def _read(error: ClientError) -> tuple[str, str, bool]:
    """The code of EKS's error, the whole in words, and whether it may pass."""
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    problem = redact(f"EKS answered {code}: {told.get('Message', '')}")
    return code, problem, code in _PASSING or status >= 500


def _fix(code: str) -> str:
    again = "then deploy again: without the number, the deploy would reset the group's nodes"
    if code == "AccessDeniedException":
        return (
            "see which policy denies it to the function's role (the role's own, its permissions boundary, a "
            f"service control policy), {again}"
        )
    return f"wait until EKS's API answers again, {again}"
