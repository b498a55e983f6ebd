"""Whether aws-node runs on no node."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.moving_nodes import NEW_NODES, left_to_aws_node
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, NODES
from cdk_eks_cilium.doctor.engine.reader import Object
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

    EKS makes the DaemonSet again when its add-on vpc-cni is installed or updated. In the middle of a
    migration that can start its pods on nodes that are Cilium's already.
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
    left = seen.derived(left_to_aws_node)
    if left and _keeps_off(found):
        yield _during_migration(found, len(left), len(nodes))
        return
    where = f"{len(matched)} of {len(nodes)} nodes"
    evidence = (
        Evidence(_OBJECT, "metadata.name", "aws-node", "no such DaemonSet"),
        Evidence(_OBJECT, "spec.template.spec.nodeSelector", f"{selector}, which matches {where}", "no node"),
    )
    fix = (
        "# The add-on first: it would bring the DaemonSet back.\n"
        f"aws eks delete-addon --cluster-name {seen.plan.cluster or 'CLUSTER'} --addon-name vpc-cni\n"
        "kubectl --namespace kube-system delete daemonset aws-node\n"
        "# Then replace the nodes on which it ran: they never get prefixes."
    )
    yield Finding(Severity.ERROR, f"aws-node runs on {where}", evidence, fix)


def _during_migration(aws_node: Object, left: int, nodes: int) -> Outcome:
    """Whether aws-node's pods are on the nodes that a migration leaves to it alone.

    The DaemonSet can be right again while its pods are not: ``numberMisscheduled`` counts them.
    https://kubernetes.io/docs/reference/kubernetes-api/apps/daemon-set-v1/#DaemonSetStatus
    """
    stray = at(aws_node, "status.numberMisscheduled", 0)
    wanted = at(aws_node, "status.desiredNumberScheduled", 0)
    evidence = []
    if stray:
        evidence.append(Evidence(_OBJECT, "status.numberMisscheduled", str(stray), "0"))
    if wanted > left:
        evidence.append(Evidence(_OBJECT, "status.desiredNumberScheduled", str(wanted), f"{left} or fewer"))
    if not evidence:
        return Skip(f"a migration leaves aws-node on {left} of {nodes} nodes")
    fix = (
        "# See on which of Cilium's nodes it runs: an update of the add-on vpc-cni starts it there.\n"
        "kubectl --namespace kube-system get pods --selector k8s-app=aws-node --output wide\n"
        f"kubectl get nodes --selector {NEW_NODES}\n"
        "# Deploy the migration's stack again, which keeps aws-node off, and replace these nodes."
    )
    number = max(stray, wanted - left)
    where = f"{number} {'node that is' if number == 1 else 'nodes that are'} Cilium's"
    return Finding(Severity.ERROR, f"aws-node runs on {where}, in a migration", tuple(evidence), fix)


def _keeps_off(aws_node: Object) -> bool:
    """Whether an affinity keeps the DaemonSet off nodes that are Cilium's."""
    required = "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
    terms = at(aws_node, f"spec.template.spec.{required}") or ()
    wanted = {"key": NEW_NODES, "operator": "DoesNotExist"}
    return bool(terms) and all(wanted in (each.get("matchExpressions") or ()) for each in terms)
