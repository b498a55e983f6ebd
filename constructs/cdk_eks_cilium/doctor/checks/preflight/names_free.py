"""Whether the names that the stacks give are free."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.engine.account_kinds import CLUSTERS, LOG_GROUPS, STACKS
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "names-free",
    "the names of the cluster and of its log group are free, or the stack's own",
    reads=(CLUSTERS, LOG_GROUPS, STACKS),
    symptom="ResourceInUseException or ResourceAlreadyExistsException, and a stack that rolls back",
    answers=("AWS-log-group-name-free",),
    links=(
        "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html",
        "https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html",
    ),
)
def names_free(seen: Seen) -> Iterator[Outcome]:
    """CloudFormation takes over nothing that exists. A former cluster of the same name leaves its log group
    where EKS made it, so that a deploy fails at the group.

    What the stack of this environment has made is its own.
    """
    cluster = str(seen.planned("cluster"))
    if _deployed(seen, cluster):
        yield Fine(f"the stack {cluster}-cluster has them")
        return
    fine = True
    try:
        if cluster in map(str, seen.list(CLUSTERS)):
            fine = False
            yield Finding(
                Severity.ERROR,
                f"a cluster {cluster} exists already, and not of these stacks",
                (Evidence(f"eks cluster {cluster}", "name", cluster, "free"),),
                "# Give the environment another name in the settings, or delete that cluster:\n"
                f"aws eks describe-cluster --region {seen.plan.region} --name {cluster} --query cluster.tags",
            )
    except UnreadError as error:
        fine = False
        yield Unknown(str(error))
    taken = {str(each.get("logGroupName")) for each in seen.list(LOG_GROUPS)}
    for name in seen.planned("deployment").log_groups:
        if name in taken:
            fine = False
            yield Finding(
                Severity.ERROR,
                f"the log group {name} exists already",
                (Evidence(f"logs log group {name}", "logGroupName", name, "free"),),
                "# Its logs go with it. Export them first if anyone needs them.\n"
                f"aws logs delete-log-group --region {seen.plan.region} --log-group-name {name}",
            )
    if fine:
        yield Fine(cluster)


def _deployed(seen: Seen, cluster: str) -> bool:
    """Whether the stack of the cluster is there, so that what it made is its own."""
    return any(
        each.get("StackName") == f"{cluster}-cluster" and each.get("StackStatus") != "REVIEW_IN_PROGRESS"
        for each in seen.list(STACKS)
    )
