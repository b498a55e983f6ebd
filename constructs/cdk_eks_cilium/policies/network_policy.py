"""Network policies as constructs: written with verbs, and in the cluster once Cilium runs."""

from __future__ import annotations

from constructs import Construct

from cdk_eks_cilium.cilium import Cilium
from cdk_eks_cilium.policies.policy_set import PolicySet, PolicySets
from cdk_eks_cilium.policy.builders import PolicyVerbs
from cdk_eks_cilium.policy.builders.draft import clusterwide, namespaced
from cdk_eks_cilium.policy.builders.making import Labels
from cdk_eks_cilium.policy.model import CiliumClusterwideNetworkPolicy, CiliumNetworkPolicy


class NetworkPolicy(PolicyVerbs[CiliumNetworkPolicy], Construct):
    """A CiliumNetworkPolicy in a cluster, written with the verbs of `policy.PolicyBuilder`.

    All policies of a namespace, a `Tenant`'s among them, are one resource of the stack. It waits for Cilium's
    operator, which registers the kind.

    Args:
        cilium: The Cilium that enforces it.
        namespace: The namespace of the pods, which must exist.
        pods: Labels of the pods that it is for, or a selector. By default all of the namespace.
        name: Its name in Kubernetes. By default the construct's id, in lower case with dashes.
        description: What it is for, in words.

    Attributes:
        policy_set: The set that it is in. Whatever makes the namespace must come before its ``rights``.

    Raises:
        InputError: If a name or a label is invalid.
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
        self._draft = namespaced(name or name_of(id), namespace=namespace, pods=pods, description=description)
        self.policy_set: PolicySet = PolicySets.of(self, cilium).in_namespace(namespace)
        self.policy_set.add(self)


class ClusterwideNetworkPolicy(PolicyVerbs[CiliumClusterwideNetworkPolicy], Construct):
    """A CiliumClusterwideNetworkPolicy in a cluster, written with the verbs of `policy.PolicyBuilder`.

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
        InputError: If a name or a label is invalid, or both pods and nodes are given.
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
        self._draft = clusterwide(name or name_of(id), pods=pods, nodes=nodes, description=description)
        self.policy_set: PolicySet = PolicySets.of(self, cilium).clusterwide()
        self.policy_set.add(self)


def name_of(id: str) -> str:
    """The name in Kubernetes of a construct: ``AllowGitlab`` is ``allow-gitlab``."""
    dashed = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in id)
    return dashed.replace("_", "-").strip("-")
