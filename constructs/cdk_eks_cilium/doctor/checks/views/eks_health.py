"""What EKS says of the health of a cluster, a node group or an add-on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Severity
from cdk_eks_cilium.doctor.engine.reader import Object

# https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html, API_Addon.html and API_Cluster.html
_GOOD: Final = frozenset({"ACTIVE", "CREATING", "UPDATING", "DELETING", "PENDING"})


@dataclass(frozen=True)
class EksPart:
    """A part of EKS.

    Attributes:
        kind: ``cluster``, ``nodegroup`` or ``addon``.
        name: Its name.
        command: Shows it.
    """

    kind: str
    name: str
    command: str


def health_findings(part: EksPart, found: Object) -> Iterator[Finding]:
    """What is wrong with a part: its status and its issues, as EKS tells them."""
    name = f"eks {part.kind} {part.name}"
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
        fix = f"# EKS says what is wrong, and forgets it some minutes after the repair:\n{part.command}"
        yield Finding(Severity.ERROR, f"EKS finds {part.kind} {part.name} unhealthy: {codes}", evidence, fix)


def _resources(issue: Object) -> str:
    ids = issue.get("resourceIds") or ()
    return f"({', '.join(ids)})" if ids else ""
