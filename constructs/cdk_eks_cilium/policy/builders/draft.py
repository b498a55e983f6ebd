"""An unfinished policy, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from cdk_eks_cilium.policy.model import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    EgressDenyRule,
    EgressRule,
    EnableDefaultDeny,
    IngressDenyRule,
    IngressRule,
    Item,
    LabelSelector,
    Metadata,
    Rule,
)
from cdk_eks_cilium.policy.validity import problems_for
from cdk_eks_cilium.problems import InputError, Problem, refuse

from .making import Labels, make, selector

Kind = TypeVar("Kind", CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy)

ITEMS: Final[dict[str, type[Item]]] = {
    "ingress": IngressRule,
    "ingress_deny": IngressDenyRule,
    "egress": EgressRule,
    "egress_deny": EgressDenyRule,
}
"""The sections of a rule, as its fields, with the type of their items."""


@dataclass(frozen=True)
class Draft(Generic[Kind]):
    """An unfinished policy. It never changes: every verb makes a new draft.

    Attributes:
        kind: The kind of policy.
        where: The place that errors name.
        metadata: The name and the namespace.
        pods: The pods that it is for; None if it is for nodes.
        nodes: The nodes that it is for; None if it is for pods.
        description: What it is for, in words.
        items: The items with their sections, in the order of the verbs.
        kept_open: The directions in which it does not refuse what nothing allows.
    """

    kind: type[Kind]
    where: str
    metadata: Metadata
    pods: LabelSelector | None = None
    nodes: LabelSelector | None = None
    description: str | None = None
    items: tuple[tuple[str, Item], ...] = ()
    kept_open: frozenset[str] = frozenset()

    def adding(self, section: str, item: Item) -> Draft[Kind]:
        """The draft with one more item, which replaces the empty item that `denying` left in its section."""
        others: tuple[tuple[str, Item], ...] = tuple(
            each for each in self.items if each[0] != section or not each[1].is_empty
        )
        return replace(self, items=(*others, (section, item)))

    def denying(self, direction: str) -> Draft[Kind]:
        """The draft with a section of *direction*, which refuses what nothing allows."""
        if any(section in (direction, f"{direction}_deny") for section, _ in self.items):
            return self
        return self.adding(direction, ITEMS[direction]())

    def keeping_open(self, direction: str) -> Draft[Kind]:
        """The draft that refuses, in *direction*, only what it denies."""
        return replace(self, kept_open=self.kept_open | {direction})

    def policy(self) -> Kind:
        """The policy.

        Raises:
            InputError: If the policy is empty, or no release of Cilium accepts it.
        """
        if not self.items:
            fix = "call allow_to, allow_from, deny_to, deny_from or default_deny"
            raise InputError([Problem(self.where, "must have a rule", fix=fix, id="CEK5001")])
        sections = {
            name: tuple(item for section, item in self.items if section == name) for name in dict(self.items)
        }
        stance = EnableDefaultDeny(**dict.fromkeys(self.kept_open, False)) if self.kept_open else None
        rule = make(
            Rule,
            self.where,
            endpoint_selector=self.pods,
            node_selector=self.nodes,
            description=self.description,
            **sections,
            enable_default_deny=stance,
        )
        policy = self.kind(metadata=self.metadata, spec=rule)
        refuse(problems_for(policy, where=self.where))
        return policy


def namespaced(
    name: str, *, namespace: str, pods: Labels | None, description: str | None
) -> Draft[CiliumNetworkPolicy]:
    """Begin a policy of a namespace; arguments as in `PolicyBuilder`.

    Raises:
        InputError: If a name or a label is invalid.
    """
    where = f"NetworkPolicy {namespace}/{name}"
    metadata = make(Metadata, where, name=name, namespace=namespace)
    chosen = selector(pods, f"{where}: pods")
    return Draft(CiliumNetworkPolicy, where, metadata, pods=chosen, description=description)


def clusterwide(
    name: str, *, pods: Labels | None, nodes: Labels | None, description: str | None
) -> Draft[CiliumClusterwideNetworkPolicy]:
    """Begin a policy of the cluster; arguments as in `ClusterwidePolicyBuilder`.

    Raises:
        InputError: If a name or a label is invalid, or both pods and nodes are given.
    """
    where = f"ClusterwideNetworkPolicy {name}"
    if pods is not None and nodes is not None:
        fix = "write one policy for pods and one for nodes"
        raise InputError([Problem(where, "must be for pods or for nodes, got both", fix=fix, id="CEK5002")])
    return Draft(
        CiliumClusterwideNetworkPolicy,
        where,
        make(Metadata, where, name=name),
        pods=selector(pods, f"{where}: pods") if nodes is None else None,
        nodes=selector(nodes, f"{where}: nodes") if nodes is not None else None,
        description=description,
    )
