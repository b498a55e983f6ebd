"""Whether nothing still relies on aws-node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import ENI_CONFIGS, POD_SECURITY_GROUPS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "aws-node-leftovers",
    "nothing relies on aws-node",
    reads=(ENI_CONFIGS, POD_SECURITY_GROUPS),
    symptom="pods lack the security groups or the subnets that objects of the VPC CNI give them",
    links=(
        "https://docs.aws.amazon.com/eks/latest/userguide/cni-custom-network.html",
        "https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html",
    ),
)
def aws_node_leftovers(seen: Seen) -> Iterator[Outcome]:
    """ENIConfigs and SecurityGroupPolicies are objects of the VPC CNI. Cilium reads neither.

    A SecurityGroupPolicy is worse than useless: people believe that its groups filter the traffic of pods.
    EKS keeps the CRDs in every cluster, so only objects matter.
    """
    groups, subnets = seen.list(POD_SECURITY_GROUPS), seen.list(ENI_CONFIGS)
    if groups:
        yield Finding(
            Severity.WARNING,
            f"{counted(len(groups), 'SecurityGroupPolicy', 'SecurityGroupPolicies')} without effect: "
            "pods have the groups of their interface",
            tuple(_evidence(groups)),
            "# Write the rules as policies of Cilium, then:\n"
            "kubectl delete securitygrouppolicies.vpcresources.k8s.aws --all --all-namespaces",
        )
    if subnets:
        yield Finding(
            Severity.WARNING,
            f"{counted(len(subnets), 'ENIConfig')} without effect: Cilium has subnets of its own",
            tuple(_evidence(subnets)),
            "kubectl delete eniconfigs.crd.k8s.amazonaws.com --all",
        )
    if not groups and not subnets:
        yield Fine("no ENIConfig and no SecurityGroupPolicy")


def _evidence(found: Sequence[Object]) -> Iterator[Evidence]:
    for each in found:
        yield Evidence(f"{each.get('kind', 'object')} {name_of(each)}", "metadata.name", "there", "deleted")
