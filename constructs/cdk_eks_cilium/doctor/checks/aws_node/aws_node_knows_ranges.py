"""Whether aws-node, in a migration, leaves the addresses of traffic to new pods as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.addresses import Ranges
from cdk_eks_cilium.doctor.checks.views.moving_nodes import left_to_aws_node
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.aws_kinds import VPCS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, NODES
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

# https://github.com/aws/amazon-vpc-cni-k8s/pull/903, in the changelog of 1.7.0: until then aws-node read the
# ranges of the VPC once, when it started. Since then ``updateCIDRsRulesOnChange`` of pkg/ipamd/ipamd.go reads
# them each half a minute.
_REFRESHES_SINCE: Final = (1, 7)
_TAG: Final = re.compile(r":v(\d+)\.(\d+)\.")
_OBJECT: Final = "DaemonSet kube-system/aws-node"
_RESTART: Final = "kubectl --namespace kube-system rollout restart daemonset aws-node"


@check(
    "aws-node-knows-ranges",
    "aws-node knows the ranges of new pods while a migration is under way",
    reads=(DAEMON_SETS, NODES, VPCS),
    symptom="during a migration new pods see an old pod by the address of its node, and policies drop it",
    answers=("EKS-aws-node-learns-ranges",),
    links=(
        "https://github.com/aws/amazon-vpc-cni-k8s/blob/master/pkg/ipamd/ipamd.go",
        "https://docs.aws.amazon.com/eks/latest/userguide/external-snat.html",
    ),
)
def aws_node_knows_ranges(seen: Seen) -> Iterator[Outcome]:
    """On old nodes aws-node translates the addresses of traffic that leaves the VPC, unless
    AWS_VPC_K8S_CNI_EXTERNALSNAT is true. Traffic to ranges of the VPC keeps the address of its pod.

    It asks for these ranges again and again. A range that the VPC does not have, an aws-node that is not
    ready, and one that is too old keep a new range unknown on a node.
    """
    left = seen.derived(left_to_aws_node)
    if not left:
        yield Skip("no migration is under way")
        return
    found = seen.one(DAEMON_SETS, "aws-node", KUBE_SYSTEM) or {}
    if _env(found, "AWS_VPC_K8S_CNI_EXTERNALSNAT") == "true":
        yield Fine("aws-node translates no address")
        return
    evidence = [*_of_ranges(seen), *_of_agents(found)]
    if evidence:
        yield Finding(
            Severity.WARNING,
            f"aws-node may translate traffic to new pods on {counted(len(left), 'old node')}",
            tuple(evidence),
            f"# It reads the ranges when it starts. Associate ranges with the VPC before:\n{_RESTART}",
        )
    else:
        yield Fine(f"aws-node is ready on {counted(len(left), 'old node')}")


def _env(aws_node: Object, name: str) -> str:
    containers = at(aws_node, "spec.template.spec.containers") or ()
    pairs = [pair for each in containers if each.get("name") == "aws-node" for pair in each.get("env") or ()]
    return next((str(pair.get("value", "")) for pair in pairs if pair.get("name") == name), "")


def _of_ranges(seen: Seen) -> Iterator[Evidence]:
    """Ranges of new pods that are not of the VPC, as far as the settings tell them."""
    blocks = Ranges(
        str(each.get("CidrBlock"))
        for vpc in seen.list(VPCS)
        for each in vpc.get("CidrBlockAssociationSet") or ()
        if at(each, "CidrBlockState.State") == "associated"
    )
    for wanted in seen.plan.pod_ranges or ():
        if wanted.partition("/")[0] not in blocks:
            yield Evidence("ec2 VPC", f"CidrBlockAssociationSet[{wanted}]", "", "associated")


def _of_agents(aws_node: Object) -> Iterator[Evidence]:
    ready, wanted = (at(aws_node, f"status.{each}", 0) for each in ("numberReady", "desiredNumberScheduled"))
    if ready < wanted:
        yield Evidence(_OBJECT, "status.numberReady", str(ready), str(wanted))
    for each in at(aws_node, "spec.template.spec.containers") or ():
        tag = _TAG.search(str(each.get("image", "")))
        if each.get("name") == "aws-node" and tag and (int(tag[1]), int(tag[2])) < _REFRESHES_SINCE:
            since = ".".join(map(str, _REFRESHES_SINCE))
            yield Evidence(_OBJECT, "image", str(each["image"]), f"{since} or later")
