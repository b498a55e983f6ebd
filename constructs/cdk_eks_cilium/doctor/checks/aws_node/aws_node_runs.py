"""Whether aws-node runs on no node."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

_OBJECT = "DaemonSet kube-system/aws-node"


@check(
    "aws-node-runs",
    "aws-node runs on no node",
    reads=(DAEMON_SETS, NODES),
    symptom="pods get addresses of node subnets, or nodes never get prefixes",
    answers=("EKS-aws-node-stays-gone",),
    links=("https://docs.aws.amazon.com/eks/latest/userguide/managing-vpc-cni.html",),
    gate=True,
)
def aws_node_runs(seen: Seen) -> Iterator[Outcome]:
    """aws-node is EKS's own CNI. Where both run, each takes interfaces and pods from the other.

    EKS makes the DaemonSet again when its add-on vpc-cni is installed or updated.
    """
    found = seen.one(DAEMON_SETS, "aws-node", KUBE_SYSTEM)
    if found is None:
        yield Fine("the DaemonSet is not there")
        return
    selector = at(found, "spec.template.spec.nodeSelector") or {}
    nodes = seen.list(NODES)
    matched = [node for node in nodes if selector.items() <= labels_of(node).items()]
    if selector and not matched:
        yield Fine("the DaemonSet's selector matches no node")
        return
    where = f"{len(matched)} of {len(nodes)} nodes"
    evidence = (
        Evidence(_OBJECT, "status.numberReady", str(at(found, "status.numberReady", 0)), "0"),
        Evidence(_OBJECT, "spec.template.spec.nodeSelector", f"{selector}, which matches {where}", "no node"),
    )
    fix = (
        "# The add-on first: it would bring the DaemonSet back.\n"
        f"aws eks delete-addon --cluster-name {seen.plan.cluster or 'CLUSTER'} --addon-name vpc-cni\n"
        "kubectl --namespace kube-system delete daemonset aws-node\n"
        "# Then replace the nodes on which it ran: they never get prefixes."
    )
    yield Finding(Severity.ERROR, f"aws-node runs on {where}", evidence, fix)
