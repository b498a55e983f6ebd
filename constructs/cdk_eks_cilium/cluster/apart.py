"""What may be in different stacks. Stacks are deployed whole, so two stacks cannot wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

import aws_cdk as cdk
from constructs import IConstruct

from cdk_eks_cilium.problems import Problem


def apart(one: IConstruct, other: IConstruct) -> bool:
    """Whether two constructs are in different stacks."""
    return cdk.Stack.of(one) is not cdk.Stack.of(other)


def _inside(construct: IConstruct, stack: cdk.Stack) -> bool:
    """Whether a construct is in *stack*, or in a stack nested in it."""
    at: cdk.Stack | None = cdk.Stack.of(construct)
    while at is not None and at is not stack:
        at = at.nested_stack_parent
    return at is not None


def node_problems(
    release: IConstruct, cluster: IConstruct, nodes: IConstruct, *, core_addons: bool
) -> Iterator[Problem]:
    """Yield why *nodes*, from whichever stack, cannot wait for Cilium's *release*.

    Args:
        release: What the nodes wait for.
        cluster: The nodes' cluster, which the release needs.
        nodes: A node group, or another construct that starts nodes.
        core_addons: Whether CoreDNS's add-on, beside the release, waits for the nodes.
    """
    own = cdk.Stack.of(release)
    if _inside(nodes, own):
        return
    theirs = cdk.Stack.of(nodes).stack_name
    # A stack nested in the cluster's is a resource there, which nodes beside it can wait for.
    nested = _inside(release, cdk.Stack.of(nodes))
    if apart(cluster, release) and not apart(cluster, nodes) and not nested:
        yield Problem(
            nodes.node.path,
            f"must not be in the cluster's stack {theirs!r}: nodes wait for Cilium, and Cilium's stack "
            f"{own.stack_name!r} waits for the cluster's",
            fix=f"make the nodes in {own.stack_name!r} with Cilium.add_node_group()",
            id="CEK6041",
        )
    elif core_addons:
        yield Problem(
            nodes.node.path,
            f"must be in Cilium's stack {own.stack_name!r} with aws_node 'never-install', not in {theirs!r}: "
            "nodes wait for Cilium, and CoreDNS's add-on in Cilium's stack waits for nodes",
            fix="make them with Cilium.add_node_group(), or in the same stack",
            id="CEK6042",
        )
