"""Network policies as constructs: written with verbs, and in the cluster once Cilium runs."""

from __future__ import annotations

from constructs import Construct

from cdk_eks_cilium.cilium import Cilium
from cdk_eks_cilium.policies.policy_set import PolicySet, PolicySets
from cdk_eks_cilium.policy import builders
from cdk_eks_cilium.policy.builders.making import Labels
from cdk_eks_cilium.policy.model import CiliumClusterwideNetworkPolicy, CiliumNetworkPolicy


class NetworkPolicy(builders.PolicyVerbs, Construct):
    """A CiliumNetworkPolicy in a cluster, written with the verbs of `policy.NetworkPolicy`.

    All policies of a namespace are one resource of the stack, those of a `Tenant` there among them. It waits
    for Cilium's operator, which registers the kind.

    Args:
        cilium: The Cilium that enforces it.
        namespace: The namespace of the pods, which must be there.
        pods: Labels of the pods that it is for, or a selector. By default all of the namespace.
        name: Its name in Kubernetes. By default the construct's id, in lower case with dashes.
        description: What it is for, in words.

    Attributes:
        policy_set: The set that it is in. Whatever makes the namespace must come before its ``rights``.

    Raises:
        InputError: If a name or a label is none.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cilium: Cilium,
        namespace: str,
        pods: Labels | None = None,
        name: str | None = None,
        description: str | None = None,
    ) -> None:
        Construct.__init__(self, scope, id)
        self._written = builders.NetworkPolicy(
            name or name_of(id), namespace=namespace, pods=pods, description=description
        )
        self._items, self._default_deny = self._written.said
        self.policy_set: PolicySet = PolicySets.of(self, cilium).in_namespace(namespace)
        self.policy_set.add(self._written)

    def policy(self) -> CiliumNetworkPolicy:
        """The policy.

        Raises:
            InputError: If no verb has said anything, or no release of Cilium takes what was said.
        """
        return self._written.policy()

    def to_yaml(self) -> str:
        """The policy as YAML."""
        return self._written.to_yaml()


class ClusterwideNetworkPolicy(builders.PolicyVerbs, Construct):
    """A CiliumClusterwideNetworkPolicy in a cluster, written with the verbs of `policy.NetworkPolicy`.

    Args:
        cilium: The Cilium that enforces it.
        pods: Labels of the pods that it is for, or a selector. By default all of the cluster.
        nodes: Labels of the nodes that it is for, or a selector, in place of pods. That needs the host
            firewall.
        name: Its name in Kubernetes. By default the construct's id, in lower case with dashes.
        description: What it is for, in words.

    Attributes:
        policy_set: The set that it is in.

    Raises:
        InputError: If a name or a label is none, or both pods and nodes are meant.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cilium: Cilium,
        pods: Labels | None = None,
        nodes: Labels | None = None,
        name: str | None = None,
        description: str | None = None,
    ) -> None:
        Construct.__init__(self, scope, id)
        self._written = builders.ClusterwideNetworkPolicy(
            name or name_of(id), pods=pods, nodes=nodes, description=description
        )
        self._items, self._default_deny = self._written.said
        self.policy_set: PolicySet = PolicySets.of(self, cilium).clusterwide()
        self.policy_set.add(self._written)

    def policy(self) -> CiliumClusterwideNetworkPolicy:
        """The policy.

        Raises:
            InputError: If no verb has said anything, or no release of Cilium takes what was said.
        """
        return self._written.policy()

    def to_yaml(self) -> str:
        """The policy as YAML."""
        return self._written.to_yaml()


def name_of(id: str) -> str:
    """The name in Kubernetes of a construct: ``AllowGitlab`` is ``allow-gitlab``."""
    dashed = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in id)
    return dashed.replace("_", "-").strip("-")
