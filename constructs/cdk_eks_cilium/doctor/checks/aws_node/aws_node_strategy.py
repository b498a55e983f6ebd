"""Whether what is left of aws-node is what the settings want."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

_OBJECT: Final = "DaemonSet kube-system/aws-node"
_KEPT_OFF: Final = "io.cilium/aws-node-enabled"


@check(
    "aws-node-strategy",
    "what is left of aws-node is what the settings want",
    reads=(DAEMON_SETS, NODES),
    symptom="a destroy or an update of the stack does not find the aws-node that it expects",
    answers=("CILIUM-patch-node-selector", "EKS-bootstraps-add-ons"),
    links=("https://docs.cilium.io/en/stable/installation/k8s-install-helm/",),
)
def aws_node_strategy(seen: Seen) -> Iterator[Outcome]:
    """The settings say whether aws-node is deleted, kept off by a node selector, or never installed.

    Where the cluster differs, somebody or EKS changed it since. The next update of the add-on, or the removal
    of one label, then starts aws-node on nodes of Cilium.
    """
    wanted = seen.planned("aws_node")
    found = seen.one(DAEMON_SETS, "aws-node", KUBE_SYSTEM)
    if found is None:
        if wanted == "patch":
            yield _gone(seen.plan.cluster or "CLUSTER")
        else:
            yield Fine(f"the DaemonSet is not there, as '{wanted}' wants")
        return
    selector = at(found, "spec.template.spec.nodeSelector") or {}
    if not selector or any(selector.items() <= labels_of(node).items() for node in seen.list(NODES)):
        yield Skip("it runs: aws-node-runs tells more")
        return
    if wanted == "patch" and _KEPT_OFF in selector:
        yield Fine(f"the selector {_KEPT_OFF} keeps it off every node")
        return
    yield _left(wanted, str(selector))


def _gone(cluster: str) -> Finding:
    return Finding(
        Severity.WARNING,
        "aws-node was deleted, and the settings only want it kept off: no destroy brings it back",
        (Evidence(_OBJECT, "metadata.name", "", "the DaemonSet, with a selector that matches no node"),),
        "# Either write 'aws_node: remove' into the settings, or install the add-on when you need it:\n"
        f"aws eks create-addon --cluster-name {cluster} --addon-name vpc-cni",
    )


def _left(wanted: str, selector: str) -> Finding:
    expected = f"{_KEPT_OFF}=true" if wanted == "patch" else "no such DaemonSet"
    fix = (
        "kubectl --namespace kube-system patch daemonset aws-node --type merge --patch "
        f'\'{{"spec":{{"template":{{"spec":{{"nodeSelector":{{"{_KEPT_OFF}":"true"}}}}}}}}}}\''
        if wanted == "patch"
        else "kubectl --namespace kube-system delete daemonset aws-node"
    )
    summary = (
        "another selector than the deployment's keeps aws-node off"
        if wanted == "patch"
        else f"aws-node is there, though it runs nowhere, and the settings want '{wanted}'"
    )
    evidence = Evidence(_OBJECT, "spec.template.spec.nodeSelector", selector, expected)
    return Finding(Severity.WARNING, summary, (evidence,), fix)
