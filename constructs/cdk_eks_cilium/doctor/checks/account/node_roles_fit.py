"""Whether the roles of nodes may do what nodes do, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.aws_kinds import NODE_GROUPS, NODE_ROLE_POLICIES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM
from cdk_eks_cilium.doctor.engine.seen import Seen

_JOINS: Final = "AmazonEKSWorkerNodePolicy"
_OF_AWS_NODE: Final = "AmazonEKS_CNI_Policy"


@check(
    "node-roles-fit",
    "the roles of nodes let them boot, and give them no rights of a CNI",
    reads=(NODE_GROUPS, NODE_ROLE_POLICIES, DAEMON_SETS),
    symptom="new nodes never join, or pods on the host's network can change interfaces of the account",
    answers=("NODE-boot-needs-describe-instances",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html",
        "https://github.com/awslabs/amazon-eks-ami/issues/2436",
        "https://github.com/bottlerocket-os/bottlerocket-core-kit/issues/849",
    ),
)
def node_roles_fit(seen: Seen) -> Iterator[Outcome]:
    """A node that boots describes its own instance, so AmazonEKSWorkerNodeMinimalPolicy is too little.

    Interfaces are the work of cilium-operator, which has a role of its own. So AmazonEKS_CNI_Policy is needed
    only while aws-node is there: everything on the host's network of a node could use it.
    """
    roles = sorted(
        {str(each["nodeRole"]).rpartition("/")[2] for each in seen.list(NODE_GROUPS) if each.get("nodeRole")}
    )
    if not roles:
        yield Skip("EKS names no role of a node group")
        return
    aws_node = seen.one(DAEMON_SETS, "aws-node", KUBE_SYSTEM) is not None
    findings = [each for role in roles for each in _findings(role, _attached(seen, role), aws_node=aws_node)]
    yield from findings
    if not findings:
        yield Fine(named(roles))


def _attached(seen: Seen, role: str) -> set[str]:
    """The policies of a role. In answers that somebody saved by hand, nothing tells whose they are."""
    return {
        str(each.get("PolicyName"))
        for each in seen.list(NODE_ROLE_POLICIES)
        if each.get("RoleName", role) == role
    }


def _findings(role: str, attached: set[str], *, aws_node: bool) -> Iterator[Finding]:
    where = f"iam role {role}"
    if _JOINS not in attached:
        yield Finding(
            Severity.WARNING,
            f"the role {role} of nodes lacks {_JOINS}",
            (Evidence(where, "AttachedPolicies", ", ".join(sorted(attached)), f"with {_JOINS}"),),
            "# Unless another policy of the role allows ec2:DescribeInstances:\n"
            f"aws iam attach-role-policy --role-name {role} --policy-arn arn:aws:iam::aws:policy/{_JOINS}",
        )
    if _OF_AWS_NODE in attached and not aws_node:
        yield Finding(
            Severity.WARNING,
            f"nodes with the role {role} still have the rights of aws-node",
            (Evidence(where, "AttachedPolicies", _OF_AWS_NODE, f"without {_OF_AWS_NODE}"),),
            "# Unless something else on the nodes makes interfaces, or cilium-operator has no role of its "
            "own:\n"
            f"aws iam detach-role-policy --role-name {role} "
            f"--policy-arn arn:aws:iam::aws:policy/{_OF_AWS_NODE}",
        )
