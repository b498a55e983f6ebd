"""Who gets into the cluster, and whether the caller does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.account_kinds import IDENTITY, ROLES, USERS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.readings import Aws
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "access-as-meant",
    "the principals of the settings exist, and the caller is among them",
    reads=(IDENTITY, ROLES, USERS),
    symptom="the specified principalArn is invalid, or kubectl says that you must be logged in",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html",
    ),
)
def access_as_meant(seen: Seen) -> Iterator[Outcome]:
    """EKS makes no access entry for a principal that does not exist. CloudFormation's role makes the cluster,
    so that whoever calls CDK gets in by the settings alone.

    IAM tells nothing of principals of other accounts, which are not looked up.
    """
    access = seen.planned("deployment").access
    identity = seen.list(IDENTITY)[0]
    if not access:
        yield Fine("the stack makes an administrator role, which principals of the account may assume")
        return
    account, caller = str(identity.get("Account")), str(identity.get("Arn"))
    own = [arn for arn in access if _account(arn) == account]
    fine = True
    try:
        known = {str(each.get("Arn")) for reading in _readings(own) for each in seen.list(reading)}
        missing = tuple(
            Evidence(f"iam {arn}", "Arn", "", "a role or user of the account")
            for arn in own
            if arn not in known
        )
        if missing:
            fine = False
            fix = (
                "# Correct principal_arn in 'access' of the settings, with the path of the role. Roles:\n"
                "aws iam list-roles --query 'Roles[].Arn' --output text"
            )
            number = counted(len(missing), "principal")
            yield Finding(Severity.ERROR, f"{number} of the settings do not exist", missing, fix)
    except UnreadError as error:
        fine = False
        yield Unknown(str(error))
    if not any(_is_caller(arn, caller) for arn in access):
        fine = False
        evidence = (Evidence("sts caller", "Arn", caller, f"among {named(access)}"),)
        fix = (
            "# Unless that is meant, as for a pipeline: add the caller's role to 'access' of the settings.\n"
            "cdk-eks-cilium settings check"
        )
        yield Finding(Severity.WARNING, "the caller gets no access to the cluster", evidence, fix)
    if fine:
        others = len(access) - len(own)
        yield Fine(named(access) + (f"; {others} of other accounts were not looked up" if others else ""))


def _readings(arns: Sequence[str]) -> tuple[Aws, ...]:
    kinds = {arn.split(":", 5)[5].partition("/")[0] for arn in arns}
    return tuple(reading for kind, reading in (("role", ROLES), ("user", USERS)) if kind in kinds)


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _is_caller(arn: str, caller: str) -> bool:
    """Whether a principal is who called: a session of a role has an ARN of its own, without the role's path.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    """
    if arn == caller:
        return True
    resource = caller.split(":", 5)[5] if caller.count(":") >= 5 else ""
    kind, _, rest = resource.partition("/")
    role = rest.partition("/")[0]
    same = _account(arn) == _account(caller) and ":role/" in arn
    return kind == "assumed-role" and same and arn.rpartition("/")[2] == role
