"""Judges calls by the policies of the roles that make them, and remembers every call and every denial.

The policies that exist at the call decide. An identity policy must allow the call. Where the
role has a permissions boundary, the boundary must allow it, too
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html). The same goes for
the policy of a VPC endpoint on the way.
"""

# belief: IAM-policy-evaluation

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rehearsal.aws.environment import Environment
from rehearsal.aws.iam.endpoints import ENDPOINT_POLICY, Endpoints
from rehearsal.aws.iam.evaluator import Decision, Request, decide, why_not
from rehearsal.aws.iam.operations import Operation
from rehearsal.aws.iam.policies import Policies, RolePolicies
from rehearsal.aws.iam.reference import ACTIONS, FREE
from rehearsal.aws.iam.resources import Resources, action_of

_IDENTITY, _BOUNDARY = "identity-based policy", "permissions boundary"


@dataclass(frozen=True)
class Caller:
    """A session of a role.

    Attributes:
        role_arn: The role.
        session: The name of the session.
        tags: The session's tags, which count as tags of the principal.
        subnets: The subnets that its calls may leave from; none outside of a VPC.
    """

    role_arn: str
    session: str = "session"
    tags: Mapping[str, str] = field(default_factory=dict)
    subnets: tuple[str, ...] = ()

    @property
    def role(self) -> str:
        """The name of the role, without its path."""
        return self.role_arn.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The session as AWS names it."""
        account = self.role_arn.partition(":role/")[0].replace(":iam:", ":sts:")
        return f"{account}:assumed-role/{self.role}/{self.session}"


@dataclass(frozen=True)
class Call:
    """A call that was judged: by whom, and what it needed."""

    caller: Caller
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Denial:
    """A call that IAM denies.

    Attributes:
        caller: Who made it.
        request: The action on a resource that is denied.
        policy_type: What denies it, in AWS's words.
        explicit: Whether a statement denies it, rather than none allowing it.
        reason: The statement that comes closest and its condition that fails, in words.
    """

    caller: Caller
    request: Request
    policy_type: str
    explicit: bool
    reason: str

    @property
    def message(self) -> str:
        """AWS's message: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
        action, resource = self.request.action, self.request.resource
        where = "" if resource == "*" else f" on resource: {resource}"
        why = f"because no {self.policy_type} allows the {action} action"
        if self.explicit:
            why = f"with an explicit deny in {'an' if self.policy_type[0] == 'i' else 'a'} {self.policy_type}"
        return f"User: {self.caller.arn} is not authorized to perform: {action}{where} {why}"

    def __str__(self) -> str:
        what = f"role {self.caller.role} may not {self.request.action} on {self.request.resource}"
        return f"{what}: {self.policy_type}: {self.reason}"


class Access:
    """IAM of one account.

    Args:
        environment: The account and its region.

    Attributes:
        policies: The policies of its roles.
        owners: The account of each subnet and VPC that another account owns, by id.
        calls: Every call that was judged.
        denials: What was denied, each call once, in the order of the first time.
        unjudged: What was not judged, with the reason, in words.
    """

    def __init__(self, environment: Environment) -> None:
        self.policies = Policies(environment)
        self.owners: dict[str, str] = {}
        self.calls: list[Call] = []
        self.denials: list[Denial] = []
        self.unjudged: set[str] = set()
        self._where = environment
        self._resources = Resources(environment, self.owners)
        self._endpoints = Endpoints(environment)
        self._lock = threading.Lock()

    def judge(self, caller: Caller, operation: Operation) -> Denial | None:
        """Why a call is denied; None if it is allowed, or if it cannot be judged."""
        action = action_of(operation)
        if action in FREE:
            return None
        policies = self.policies.of_role(caller.role_arn)
        if policies is None:
            self._leave(f"role {caller.role} is not in the templates: its calls")
            return None
        if action not in ACTIONS:
            self._leave(f"{action} by role {caller.role}: the table of actions does not have it")
            return None
        own = self._principal(caller)
        requests = tuple(
            Request(part.action, part.resource, {**own, **part.context})
            for part in self._resources.requests(operation)
        )
        self.calls.append(Call(caller, requests))
        try:
            denial = next(filter(None, (denied(caller, policies, part) for part in requests)), None)
            denial = denial or self._stopped(caller, operation.service, requests)
        except ValueError as error:
            self._leave(f"{action} by role {caller.role}: {error}")
            return None
        if denial and policies.unknown and not denial.explicit:
            self._leave(
                f"{action} by role {caller.role}: the content of {', '.join(policies.unknown)} is unknown"
            )
            return None
        if denial:
            self._remember(denial)
        return denial

    def _stopped(self, caller: Caller, service: str, requests: Iterable[Request]) -> Denial | None:
        """What an endpoint on the way does not let through."""
        for request in requests:
            if blocked := self._endpoints.blocked(caller.subnets, service, request):
                reason = f"{blocked.endpoint}: {blocked.reason}"
                return Denial(caller, request, ENDPOINT_POLICY, blocked.explicit, reason)
        return None

    def blocked(self, subnets: Iterable[str], service: str, request: Request) -> str:
        """Why no call of somebody else gets through the endpoints on the way, as a clause; empty if it does.

        Args:
            subnets: The subnets that the call may leave from.
            service: The last part of the name of the endpoint, such as ``ecr.dkr``.
            request: The call, with condition keys of its principal if it has one.
        """
        try:
            found = self._endpoints.blocked(subnets, service, request)
        except ValueError as error:
            self._leave(f"{request.action}: {error}")
            return ""
        if found is None:
            return ""
        what = f"{request.action} on {request.resource}"
        return f"the policy of {found.endpoint} does not let {what} through: {found.reason}"

    def distrust(self, role_arn: str, kind: str, who: str, action: str, context: Mapping[str, str]) -> str:
        """Why a principal may not assume a role, in words; empty if it may, or if the role is not known here.

        Args:
            role_arn: The role.
            kind: The kind of principal in a trust policy: ``Service`` or ``Federated``.
            who: The principal: a service's name, or an identity provider's ARN.
            action: Such as ``sts:AssumeRole``.
            context: Condition keys of the request.
        """
        policies = self.policies.of_role(role_arn)
        if policies is None:
            self._leave(f"role {Caller(role_arn).role} is not in the templates: who may assume it")
            return ""
        request = Request(action, role_arn, {**context, "aws:RequestedRegion": self._where.region})
        own = [
            {**{key: value for key, value in one.items() if key != "Principal"}, "Resource": "*"}
            for one in policies.trust
            if _names(one.get("Principal"), kind, who)
        ]
        try:
            reason = why_not(own, request)
        except ValueError as error:
            self._leave(f"trust policy of role {Caller(role_arn).role}: {error}")
            return ""
        if not reason:
            return ""
        return f"role {Caller(role_arn).role} does not let {who} {action}: its trust policy: {reason}"

    def _principal(self, caller: Caller) -> dict[str, str | tuple[str, ...]]:
        """The global condition keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html."""
        return {
            "aws:PrincipalArn": caller.role_arn,
            "aws:PrincipalAccount": self._where.account,
            "aws:RequestedRegion": self._where.region,
            "aws:SecureTransport": "true",
            **{f"aws:PrincipalTag/{key}": value for key, value in caller.tags.items()},
        }

    def _leave(self, what: str) -> None:
        with self._lock:
            self.unjudged.add(what)

    def _remember(self, denial: Denial) -> None:
        with self._lock:
            if not any(str(each) == str(denial) for each in self.denials):
                self.denials.append(denial)


def denied(caller: Caller, policies: RolePolicies, request: Request) -> Denial | None:
    """Why the policies of a role deny a request; None if they allow it.

    Raises:
        ValueError: A policy holds something that the evaluator does not know.
    """
    for kind, own in ((_IDENTITY, policies.identity), (_BOUNDARY, policies.boundary)):
        if own is not None and (decision := decide(own, request)) is not Decision.ALLOWED:
            return Denial(caller, request, kind, decision is Decision.DENIED, why_not(own, request))
    return None


def _names(principal: object, kind: str, who: str) -> bool:
    if not isinstance(principal, dict):
        return principal == "*"
    given = principal.get(kind, [])
    return who in ([given] if isinstance(given, str) else given)
