"""Whether aws-node left no interface and no address on nodes."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium_config import NO_ENI, config, is_on, uses_eni
from cdk_eks_cilium.doctor.checks.views.eni_nodes import EniNode, eni_nodes, is_of_aws_node
from cdk_eks_cilium.doctor.checks.views.subnets import optional, tags_of
from cdk_eks_cilium.doctor.checks.views.words import commands, counted, named, replacements
from cdk_eks_cilium.doctor.engine.aws_kinds import INTERFACES
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_NODES, DAEMON_SETS, KUBE_SYSTEM, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "no-interfaces-of-aws-node",
    "aws-node left nothing on nodes",
    reads=(CILIUM_NODES, KUBE_SYSTEM_CONFIG_MAPS, DAEMON_SETS, INTERFACES),
    symptom="a node never gets prefixes, and runs out of addresses early",
    answers=("CILIUM-aws-node-spoils-prefixes", "EKS-aws-node-stays-gone"),
    links=(
        "https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/node.go",
        "https://github.com/aws/amazon-vpc-cni-k8s#eni-tags-related-to-allocation",
    ),
)
def no_interfaces_of_aws_node(seen: Seen) -> Iterator[Outcome]:
    """aws-node takes addresses and interfaces as soon as it runs on a node, and leaves them there.

    Single secondary addresses on any interface, the primary one too, keep Cilium from prefixes on that node
    for good. Cilium also uses the interfaces themselves, in the node's subnet. Only a new node helps.
    """
    options = config(seen)
    if not uses_eni(options):
        yield Skip(NO_ENI)
        return
    if _still_runs(seen):
        yield Skip("aws-node still runs; aws-node-runs tells of it")
        return
    prefixes = is_on(options, "aws-enable-prefix-delegation")
    nodes = seen.derived(eni_nodes)
    evidence = {node.name: found for node in nodes if (found := list(_left(node, prefixes)))}
    if evidence:
        names = list(evidence)
        yield Finding(
            Severity.ERROR,
            f"{counted(len(names), 'node')} with what aws-node left: {named(names)}",
            tuple(each for found in evidence.values() for each in found),
            "# aws-node ran here before Cilium did.\n" + replacements(names),
        )
    loose = [each for each in optional(seen, INTERFACES) or () if _is_loose(each)]
    if loose:
        ids = [str(each.get("NetworkInterfaceId")) for each in loose]
        yield Finding(
            Severity.WARNING,
            f"{counted(len(ids), 'interface')} of aws-node attached to nothing",
            tuple(Evidence(f"ec2 {each}", "Status", "available", "deleted") for each in ids),
            "# They take addresses, and keep subnets and security groups from deletion.\n"
            + commands("aws ec2 delete-network-interface --network-interface-id {}", ids),
        )
    if not evidence and not loose:
        yield Fine(counted(len(nodes), "node"))


def leftovers(seen: Seen) -> frozenset[str]:
    """The names of nodes on which aws-node left something. Ask with ``seen.derived``."""
    prefixes = is_on(config(seen), "aws-enable-prefix-delegation")
    return frozenset(node.name for node in seen.derived(eni_nodes) if any(_left(node, prefixes)))


def _left(node: EniNode, prefixes: bool) -> Iterator[Evidence]:
    for each in node.interfaces:
        field = f"status.eni.enis[{each.id}]"
        if each.of_aws_node:
            yield Evidence(
                node.object_name, f"{field}.description", each.description or "aws-node's tags", "Cilium-CNI"
            )
        elif prefixes and each.excluded and each.singles and not each.prefixes:
            # `IsPrefixDelegated` looks at every interface of the instance.
            yield Evidence(
                node.object_name,
                f"{field}.addresses",
                f"{counted(len(each.singles), 'secondary address', 'secondary addresses')}",
                "no secondary address on an interface that pods do not use",
            )


def _still_runs(seen: Seen) -> bool:
    found = seen.one(DAEMON_SETS, "aws-node", KUBE_SYSTEM)
    return bool(at(found, "status.currentNumberScheduled") or at(found, "status.numberReady"))


def _is_loose(found: Object) -> bool:
    own = is_of_aws_node(str(found.get("Description") or ""), tags_of(found, "TagSet"))
    return own and found.get("Status") == "available"
