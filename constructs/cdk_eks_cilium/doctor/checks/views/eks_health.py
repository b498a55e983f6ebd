"""What EKS says of the health of a cluster, a node group or an add-on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Severity
from cdk_eks_cilium.doctor.engine.reader import Object

# https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html, API_Addon.html and API_Cluster.html
_GOOD: Final = frozenset({"ACTIVE", "CREATING", "UPDATING", "DELETING", "PENDING"})


@dataclass(frozen=True)
class EksKind:
    """A kind of what EKS manages.

    Attributes:
        name: ``cluster``, ``nodegroup`` or ``addon``.
        key: The key of an object's name in EKS's answers.
        option: The option of the AWS CLI that takes this name.
    """

    name: str
    key: str
    option: str

    def command(self, found: Object) -> str:
        """Shows an object of the kind."""
        cluster = f" --cluster-name {found.get('clusterName')}" if "clusterName" in found else ""
        return f"aws eks describe-{self.name}{cluster} {self.option} {found.get(self.key)}"


A_CLUSTER: Final = EksKind("cluster", "name", "--name")
A_NODE_GROUP: Final = EksKind("nodegroup", "nodegroupName", "--nodegroup-name")
AN_ADD_ON: Final = EksKind("addon", "addonName", "--addon-name")


def health_findings(kind: EksKind, every: Iterable[Object]) -> Iterator[Finding]:
    """What is wrong with objects of a kind: their status and their issues, as EKS tells them."""
    for found in every:
        yield from _of_one(kind, found)


def _of_one(kind: EksKind, found: Object) -> Iterator[Finding]:
    subject = f"{kind.name} {found.get(kind.key)}"
    name = f"eks {subject}"
    status = str(found.get("status"))
    issues = at(found, "health.issues") or ()
    evidence = tuple(
        Evidence(
            name,
            f"health.issues[{each.get('code')}]",
            " ".join(filter(None, (str(each.get("message") or ""), _resources(each)))),
        )
        for each in issues
    )
    if status not in _GOOD:
        evidence = (Evidence(name, "status", status, "ACTIVE"), *evidence)
    if evidence:
        codes = ", ".join(dict.fromkeys(str(each.get("code")) for each in issues)) or status
        fix = (
            f"# EKS says what is wrong, and forgets it some minutes after the repair:\n{kind.command(found)}"
        )
        yield Finding(Severity.ERROR, f"EKS finds {subject} unhealthy: {codes}", evidence, fix)


def _resources(issue: Object) -> str:
    ids = issue.get("resourceIds") or ()
    return f"({', '.join(ids)})" if ids else ""
