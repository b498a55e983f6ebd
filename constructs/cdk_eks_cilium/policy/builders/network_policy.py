"""Policies written with verbs, without a stack."""

from __future__ import annotations

from typing import TypeVar

from cdk_eks_cilium.policy.documents import dump
from cdk_eks_cilium.policy.model import (
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    Metadata,
)
from cdk_eks_cilium.policy.validity import problems_for
from cdk_eks_cilium.problems import InputError, Problem, refuse

from .making import Labels, make, selector
from .verbs import PolicyVerbs

Kind = TypeVar("Kind", CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy)


class NetworkPolicy(PolicyVerbs):
    """A CiliumNetworkPolicy, written with the verbs of `PolicyVerbs`.

    Args:
        name: Its name in Kubernetes.
        namespace: The namespace of the pods.
        pods: Labels of the pods that it is for, or a selector. By default all of the namespace.
        description: What it is for, in words.

    Raises:
        InputError: If a name or a label is none.
    """

    def __init__(
        self, name: str, *, namespace: str, pods: Labels | None = None, description: str | None = None
    ) -> None:
        self._begin()
        self._where = f"NetworkPolicy {namespace}/{name}"
        self._metadata = make(Metadata, self._where, name=name, namespace=namespace)
        self._pods = selector(pods, f"{self._where}: pods")
        self._description = description

    def policy(self) -> CiliumNetworkPolicy:
        """The policy.

        Raises:
            InputError: If no verb has said anything, or no release of Cilium takes what was said.
        """
        rule = self._rule(self._where, endpoint_selector=self._pods, description=self._description)
        return _taken(CiliumNetworkPolicy(metadata=self._metadata, spec=rule), self._where)

    def to_yaml(self) -> str:
        """The policy as YAML."""
        return dump([self.policy()])


class ClusterwideNetworkPolicy(PolicyVerbs):
    """A CiliumClusterwideNetworkPolicy, written with the verbs of `PolicyVerbs`.

    Args:
        name: Its name in Kubernetes.
        pods: Labels of the pods that it is for, or a selector. By default all of the cluster.
        nodes: Labels of the nodes that it is for, or a selector, in place of pods. That needs the host
            firewall.
        description: What it is for, in words.

    Raises:
        InputError: If a name or a label is none, or both pods and nodes are meant.
    """

    def __init__(
        self,
        name: str,
        *,
        pods: Labels | None = None,
        nodes: Labels | None = None,
        description: str | None = None,
    ) -> None:
        self._begin()
        self._where = f"ClusterwideNetworkPolicy {name}"
        if pods is not None and nodes is not None:
            fix = "write one policy for pods and one for nodes"
            raise InputError([Problem(self._where, "must be for pods or for nodes, got both", fix=fix)])
        self._metadata = make(Metadata, self._where, name=name)
        self._pods = selector(pods, f"{self._where}: pods") if nodes is None else None
        self._nodes = selector(nodes, f"{self._where}: nodes") if nodes is not None else None
        self._description = description

    def policy(self) -> CiliumClusterwideNetworkPolicy:
        """The policy.

        Raises:
            InputError: If no verb has said anything, or no release of Cilium takes what was said.
        """
        rule = self._rule(
            self._where,
            endpoint_selector=self._pods,
            node_selector=self._nodes,
            description=self._description,
        )
        return _taken(CiliumClusterwideNetworkPolicy(metadata=self._metadata, spec=rule), self._where)

    def to_yaml(self) -> str:
        """The policy as YAML."""
        return dump([self.policy()])


def _taken(policy: Kind, where: str) -> Kind:
    """The policy, unless every release of Cilium refuses it."""
    refuse(problems_for(policy, where=where))
    return policy
