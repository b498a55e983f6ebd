"""Nodes that a migration leaves to aws-node until their pods have moved: docs/migration.md."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

NEW_NODES: Final = "io.cilium.migration/cilium-default"
"""The label of nodes that are Cilium's. A test holds it equal to that of `CiliumMigration`."""


def left_to_aws_node(seen: Seen) -> frozenset[str]:
    """The names of such nodes; empty where no migration is under way. Needs `DAEMON_SETS` and `NODES`.

    Raises:
        UnreadError: One of them could not be read.
    """
    agents = seen.one(DAEMON_SETS, "cilium", KUBE_SYSTEM)
    aws_node = seen.one(DAEMON_SETS, "aws-node", KUBE_SYSTEM)
    if agents is None or aws_node is None:
        return frozenset()
    if NEW_NODES not in (at(agents, "spec.template.spec.nodeSelector") or {}):
        return frozenset()
    return frozenset(
        at(node, "metadata.name", "") for node in seen.list(NODES) if NEW_NODES not in labels_of(node)
    )
