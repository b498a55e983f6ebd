"""Policies written with verbs, without a stack."""

from __future__ import annotations

from cdk_eks_cilium.policy.model import CiliumClusterwideNetworkPolicy, CiliumNetworkPolicy

from .draft import clusterwide, namespaced
from .making import Labels
from .verbs import PolicyVerbs


class PolicyBuilder(PolicyVerbs[CiliumNetworkPolicy]):
    """Builds a CiliumNetworkPolicy with the verbs of `PolicyVerbs`.

    Args:
        name: Its name in Kubernetes.
        namespace: The namespace of the pods.
        pods: Labels of the pods that it is for, or a selector. By default all of the namespace.
        description: What it is for, in words.

    Raises:
        InputError: If a name or a label is invalid.
    """

    def __init__(
        self, name: str, *, namespace: str, pods: Labels | None = None, description: str | None = None
    ) -> None:
        self._draft = namespaced(name, namespace=namespace, pods=pods, description=description)


class ClusterwidePolicyBuilder(PolicyVerbs[CiliumClusterwideNetworkPolicy]):
    """Builds a CiliumClusterwideNetworkPolicy with the verbs of `PolicyVerbs`.

    Args:
        name: Its name in Kubernetes.
        pods: Labels of the pods that it is for, or a selector. By default all of the cluster.
        nodes: Labels of the nodes that it is for, or a selector, in place of pods. That needs the host
            firewall.
        description: What it is for, in words.

    Raises:
        InputError: If a name or a label is invalid, or both pods and nodes are given.
    """

    def __init__(
        self,
        name: str,
        *,
        pods: Labels | None = None,
        nodes: Labels | None = None,
        description: str | None = None,
    ) -> None:
        self._draft = clusterwide(name, pods=pods, nodes=nodes, description=description)
