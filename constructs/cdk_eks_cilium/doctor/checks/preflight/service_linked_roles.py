"""Whether the roles that EKS and Auto Scaling act as are there."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import ROLES, SERVICE_ROLES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "service-linked-roles",
    "the service-linked roles of EKS and Auto Scaling are there",
    reads=(ROLES,),
    symptom="not authorized to perform iam:CreateServiceLinkedRole",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles.html",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html",
    ),
)
def service_linked_roles(seen: Seen) -> Iterator[Outcome]:
    """EKS and Auto Scaling make their roles when an account uses them for the first time, if whoever deploys
    may make them. The role that CDK's bootstrap makes may, unless a boundary or an organization's policy
    forbids it.
    """
    known = {str(each.get("RoleName")) for each in seen.list(ROLES)}
    missing = {name: service for name, service in SERVICE_ROLES.items() if name not in known}
    if not missing:
        yield Fine(named(SERVICE_ROLES))
        return
    yield Finding(
        Severity.WARNING,
        f"the first deploy must make roles: {named(missing)}",
        tuple(Evidence(f"iam {name}", "RoleName", "", name) for name in missing),
        "# The deploy makes them, if its role may. Or make them now:\n"
        + "\n".join(
            f"aws iam create-service-linked-role --aws-service-name {service}" for service in missing.values()
        ),
    )
