"""Whether the node groups of the settings boot an image that their launch template names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import is_made_from
from cdk_eks_cilium.doctor.checks.views.words import named
from cdk_eks_cilium.doctor.engine.aws_kinds import NODE_GROUPS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.plan import NodeGroupPlan
from cdk_eks_cilium.doctor.engine.seen import Seen

_OWN_IMAGE: Final = "CUSTOM"
"""What EKS calls the AMI type of a group whose launch template has an AMI id:
https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html."""


@check(
    "groups-boot-own-images",
    "the launch templates of the node groups name their image",
    reads=(NODE_GROUPS,),
    symptom="the next deploy fails at a node group, whose launch template may not get an AMI id",
    answers=("EKS-custom-ami-in-place",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html",
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html",
    ),
)
def groups_boot_own_images(seen: Seen) -> Iterator[Outcome]:
    """Every launch template of this library names an AMI id, so that EKS adds nothing to its boot data.

    A group that was made without one, by an older template or by hand under the same name, has an image of
    EKS's choice and EKS's own number of pods. It stays so: EKS takes no AMI id for it later.
    """
    groups: tuple[NodeGroupPlan, ...] = seen.planned("groups")
    judged = [
        each
        for each in seen.list(NODE_GROUPS)
        if any(is_made_from(str(each.get("nodegroupName")), planned) for planned in groups)
    ]
    wrong = [each for each in judged if each.get("amiType") != _OWN_IMAGE]
    if wrong:
        names = [str(each.get("nodegroupName")) for each in wrong]
        evidence = tuple(
            Evidence(f"eks nodegroup {name}", "amiType", str(each.get("amiType") or ""), _OWN_IMAGE)
            for name, each in zip(names, wrong, strict=True)
        )
        fix = (
            "# Give the group another name in node_groups of the settings, and deploy: the new group is made "
            "before the old one goes.\ncdk-eks-cilium settings check"
        )
        yield Finding(Severity.ERROR, f"EKS chose the image of {named(names)}", evidence, fix)
    elif judged:
        yield Fine(named(str(each.get("nodegroupName")) for each in judged))
    else:
        yield Skip("the cluster has no node group of the settings")
