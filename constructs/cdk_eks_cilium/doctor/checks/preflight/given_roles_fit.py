"""Whether roles that were made elsewhere exist, with their trust and policies."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.account_kinds import ROLE_POLICIES, ROLES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "given-roles-fit",
    "roles that settings name exist, trust their service, and have its policies",
    reads=(ROLES, ROLE_POLICIES),
    symptom="IamNodeRoleNotFound, or nodes that never join",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html",
    ),
)
def given_roles_fit(seen: Seen) -> Iterator[Outcome]:
    """Where settings name a role for nodes or control plane, its owner gives it its rights: the stack adds
    nothing.

    Policies of one's own can have the same rights, so a missing policy of AWS is a warning.
    """
    roles = seen.planned("deployment").roles
    if not roles:
        yield Skip("the stack makes its roles")
        return
    known = {str(each.get("Arn")): each for each in seen.list(ROLES)}
    fine = []
    for arn, policies in roles.items():
        role = known.get(arn)
        service = "eks.amazonaws.com" if "AmazonEKSClusterPolicy" in policies else "ec2.amazonaws.com"
        name = arn.rpartition("/")[2]
        if role is None or service not in json.dumps(role.get("AssumeRolePolicyDocument")):
            field, wanted = ("Arn", arn) if role is None else ("AssumeRolePolicyDocument", f"with {service}")
            yield Finding(
                Severity.ERROR,
                f"the role {name} {'does not exist' if role is None else f'does not trust {service}'}",
                (Evidence(f"iam {arn}", field, "" if role is None else f"without {service}", wanted),),
                f"aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument",
            )
            continue
        try:
            lacking = [each for each in policies if each not in _attached(seen)[name]]
        except UnreadError as error:
            yield Unknown(f"the policies of {name}: {error}")
            continue
        if lacking:
            yield Finding(
                Severity.WARNING,
                f"the role {name} lacks policies",
                tuple(Evidence(f"iam {arn}", "AttachedPolicies", "missing", each) for each in lacking),
                "# Unless other policies of the role allow the same:\n"
                + "\n".join(
                    f"aws iam attach-role-policy --role-name {name} --policy-arn "
                    f"arn:aws:iam::aws:policy/{each}"
                    for each in lacking
                ),
            )
            continue
        fine.append(name)
    if fine:
        yield Fine(named(fine))


def _attached(seen: Seen) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for answer in seen.list(ROLE_POLICIES):
        found[str(answer.get("RoleName"))] |= {
            str(each.get("PolicyName")) for each in answer.get("AttachedPolicies") or ()
        }
    return found
