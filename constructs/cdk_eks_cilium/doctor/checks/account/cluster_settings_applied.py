"""Whether the control plane has what the settings say, and defaults for the rest."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.aws_kinds import CLUSTER
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.plan import ControlPlanePlan
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "cluster-settings-applied",
    "protection, support and zonal shift of the cluster are as the settings say",
    reads=(CLUSTER,),
    symptom="a destroy is refused though nothing protects the cluster, or a setting has no effect",
    answers=("CFN-removed-property-is-reset",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterConfig.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html",
    ),
)
def cluster_settings_applied(seen: Seen) -> Iterator[Outcome]:
    """CloudFormation may leave a property as it is when a template no longer has it, and it does not see
    what somebody changed by hand.

    So each of these must be what the settings say, and EKS's default where a setting is left out.
    """
    wanted: ControlPlanePlan = seen.planned("control_plane")
    for cluster in seen.list(CLUSTER):
        found = list(_findings(cluster, wanted))
        yield from found
        if not found:
            protected = "on" if wanted.deletion_protection else "off"
            yield Fine(f"deletion protection {protected}, {wanted.support.lower()} support")


def _findings(cluster: Object, wanted: ControlPlanePlan) -> Iterator[Finding]:
    name = str(cluster.get("name"))
    update = f"aws eks update-cluster-config --name {name}"
    protected = bool(cluster.get("deletionProtection"))
    if protected != wanted.deletion_protection:
        yield Finding(
            Severity.WARNING if protected else Severity.ERROR,
            f"the cluster is {'protected from' if protected else 'open to'} deletion, against the settings",
            (_evidence(name, "deletionProtection", protected, wanted.deletion_protection),),
            f"{update} --{'no-' if protected else ''}deletion-protection",
        )
    support = str(at(cluster, "upgradePolicy.supportType", ""))
    if support != wanted.support:
        evidence = Evidence(f"eks cluster {name}", "upgradePolicy.supportType", support, wanted.support)
        yield Finding(
            Severity.WARNING,
            f"EKS gives the cluster {support.lower() or 'unknown'} support instead of "
            f"{wanted.support.lower()}",
            (evidence,),
            f"{update} --upgrade-policy supportType={wanted.support}",
        )
    shifted = bool(at(cluster, "zonalShiftConfig.enabled"))
    if shifted != bool(wanted.zonal_shift):
        yield Finding(
            Severity.WARNING,
            f"zonal shift is {'on' if shifted else 'off'}, against the settings",
            (_evidence(name, "zonalShiftConfig.enabled", shifted, bool(wanted.zonal_shift)),),
            f"{update} --zonal-shift-config enabled={str(bool(wanted.zonal_shift)).lower()}",
        )


def _evidence(cluster: str, field: str, seen: bool, expected: bool) -> Evidence:
    return Evidence(f"eks cluster {cluster}", field, str(seen).lower(), str(expected).lower())
