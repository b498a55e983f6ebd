"""Whether pods cannot take the credentials of nodes from the metadata service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_eks_cilium.doctor.checks.views.cluster_nodes import cluster_nodes
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.aws_kinds import INSTANCES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import NODES
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "metadata-guarded",
    "nodes keep their credentials from pods",
    reads=(NODES, INSTANCES),
    symptom="pods act in AWS with the rights of their node",
    answers=("NODE-hop-limit",),
    links=(
        "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html",
    ),
)
def metadata_guarded(seen: Seen) -> Iterator[Outcome]:
    """The metadata service gives a node's credentials to whoever reaches it. With tokens and a hop limit of 1
    its answers do not reach pods, apart from pods of the host's network.
    """
    nodes = {node.instance: node.name for node in seen.derived(cluster_nodes) if node.instance}
    judged = 0
    evidence: list[Evidence] = []
    for reservation in seen.list(INSTANCES):
        for instance in reservation.get("Instances") or ():
            if instance.get("InstanceId") in nodes:
                judged += 1
                evidence += _open(instance, nodes[instance["InstanceId"]])
    if evidence:
        fix = (
            "# The launch templates of this library set both. Replace the node, or until then:\n"
            "aws ec2 modify-instance-metadata-options --instance-id INSTANCE --http-tokens required "
            "--http-put-response-hop-limit 1"
        )
        open_nodes = counted(len({each.object for each in evidence}), "node")
        summary = f"{open_nodes} of {judged} may give their credentials to pods"
        yield Finding(Severity.WARNING, summary, tuple(evidence), fix)
    else:
        yield Fine(counted(judged, "node"))


def _open(instance: Any, node: str) -> Iterator[Evidence]:
    options = instance.get("MetadataOptions") or {}
    if options.get("HttpEndpoint") == "disabled":
        return
    where = f"ec2 {instance['InstanceId']} ({node})"
    if options.get("HttpTokens") != "required":
        yield Evidence(where, "MetadataOptions.HttpTokens", str(options.get("HttpTokens", "")), "required")
    limit = options.get("HttpPutResponseHopLimit", 1)
    if limit > 1:
        yield Evidence(where, "MetadataOptions.HttpPutResponseHopLimit", str(limit), "1")
