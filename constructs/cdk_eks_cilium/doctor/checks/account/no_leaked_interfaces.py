"""Whether Cilium left no interfaces behind."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium_config import config
from cdk_eks_cilium.doctor.checks.views.subnets import tags_of
from cdk_eks_cilium.doctor.checks.views.words import commands, counted
from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM_CONFIG_MAPS, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

_DESCRIPTION = "Cilium-CNI ("
"""The operator's description has the instance:
https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go."""


@check(
    "no-leaked-interfaces",
    "no interface of a node that is gone is left",
    reads=(INTERFACES, NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="a pod subnet fills up, or a security group or subnet cannot be deleted",
    links=("https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/garbage_collector.go",),
)
def no_leaked_interfaces(seen: Seen) -> Iterator[Outcome]:
    """The operator makes an interface and then attaches it. Where the node ends between the two, the
    interface stays, takes addresses, and holds its security group.

    The operator collects them where its tags are known. An interface whose node is there may be on its way.
    """
    instances = {str(at(node, "spec.providerID", "")).rpartition("/")[2] for node in seen.list(NODES)}
    cluster = config(seen).get("cluster-name")
    left = {
        str(each.get("NetworkInterfaceId")): str(each.get("Description"))
        for each in seen.list(INTERFACES)
        if each.get("Status") == "available"
        and str(each.get("Description", "")).startswith(_DESCRIPTION)
        and str(each.get("Description", "")).removeprefix(_DESCRIPTION).rstrip(")") not in instances
        and tags_of(each, "TagSet").get("io.cilium/cluster-name") in (None, cluster)
    }
    if not left:
        yield Fine("none")
        return
    evidence = tuple(
        Evidence(f"ec2 {name}", "Status", f"available, {description}", "in-use, or deleted")
        for name, description in left.items()
    )
    fix = "# Two clusters can share a VPC: look whose they are before.\n" + commands(
        "aws ec2 delete-network-interface --network-interface-id {}", list(left)
    )
    yield Finding(
        Severity.WARNING, f"{counted(len(left), 'interface')} of nodes that are gone left", evidence, fix
    )
