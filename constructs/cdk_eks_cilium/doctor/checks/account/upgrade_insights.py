"""Whether EKS's insights find nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.aws_kinds import INSIGHTS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_SEVERITIES: Final = {"ERROR": Severity.ERROR, "WARNING": Severity.WARNING}
"""By ``insightStatus.status``; the others are PASSING, and UNKNOWN where EKS could not look."""


@check(
    "upgrade-insights",
    "EKS's insights find nothing that stops an upgrade, and nothing misconfigured",
    reads=(INSIGHTS,),
    symptom="an upgrade of the control plane breaks workloads, or EKS refuses it",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/cluster-insights.html",
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_Insight.html",
    ),
)
def upgrade_insights(seen: Seen) -> Iterator[Outcome]:
    """EKS looks once a day for calls of APIs that end, nodes that are too old, add-ons that do not go with
    the next release, and settings that hurt. It refuses an upgrade with errors unless it is forced.
    """
    insights = seen.list(INSIGHTS)
    bad = [each for each in insights if at(each, "insightStatus.status") in _SEVERITIES]
    for each in bad:
        yield _finding(each, seen.plan.cluster or "CLUSTER")
    if not bad:
        unknown = sum(at(each, "insightStatus.status") == "UNKNOWN" for each in insights)
        beside = f", of which EKS could not judge {unknown}" if unknown else ""
        yield Fine(f"{counted(len(insights), 'insight')}{beside}")


def _finding(insight: Object, cluster: str) -> Finding:
    name = f"eks insight {insight.get('id')}"
    status = str(at(insight, "insightStatus.status"))
    evidence = [
        Evidence(name, "insightStatus", f"{status}: {at(insight, 'insightStatus.reason', '')}", "PASSING"),
        Evidence(
            name,
            "category",
            f"{insight.get('category')} of {insight.get('kubernetesVersion') or 'any release'}",
        ),
    ]
    for each in insight.get("resources") or ():
        if at(each, "insightStatus.status") != "PASSING":
            where = str(each.get("kubernetesResourceUri") or each.get("arn"))
            evidence.append(Evidence(where, "insightStatus", str(at(each, "insightStatus.status"))))
    for each in at(insight, "categorySpecificSummary.deprecationDetails") or ():
        evidence.append(
            Evidence(str(each.get("usage")), "stopServingVersion", str(each.get("stopServingVersion")))
        )
    lines = [f"# {line}" for line in str(insight.get("recommendation") or "").splitlines() if line.strip()]
    lines += [f"# {link}" for link in (insight.get("additionalInfo") or {}).values()]
    lines.append(f"aws eks describe-insight --cluster-name {cluster} --id {insight.get('id')}")
    return Finding(_SEVERITIES[status], f"EKS: {insight.get('name')}", tuple(evidence), "\n".join(lines))
