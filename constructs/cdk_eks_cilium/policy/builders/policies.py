"""Policies written in Python."""

from __future__ import annotations

from collections.abc import Mapping

from cdk_eks_cilium.policy.model import Metadata

from .draft import Draft
from .made import made, refused
from .pods import Labels, selector_of
from .verbs import PolicyVerbs


class NetworkPolicy(PolicyVerbs):
    """A policy for pods of one namespace, a CiliumNetworkPolicy.

    Args:
        name: Its name.
        namespace: The namespace of the pods. By default the manifest names none, and whatever applies it
            chooses one.
        pods: Labels of the pods, or a `LabelSelector`. By default every pod of the namespace.
        labels: Labels of the policy itself. By default none.
        description: Text for people. By default none.

    Raises:
        InputError: If something is no name, or no label.
    """

    def __init__(
        self,
        name: str,
        *,
        namespace: str | None = None,
        pods: Labels | None = None,
        labels: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> None:
        self._draft = pod_draft(name, namespace, pods, labels, description)


class ClusterwideNetworkPolicy(PolicyVerbs):
    """A policy for pods of every namespace, or for nodes, a CiliumClusterwideNetworkPolicy.

    Args:
        name: Its name.
        pods: Labels of the pods, or a `LabelSelector`. By default every pod of the cluster, those of
            ``kube-system`` included.
        nodes: Labels of the nodes, with which the policy is for nodes (and needs the host firewall), not
            for pods.
        labels: Labels of the policy itself. By default none.
        description: Text for people. By default none.

    Raises:
        InputError: If something is no name, or no label, or both pods and nodes are given.
    """

    def __init__(
        self,
        name: str,
        *,
        pods: Labels | None = None,
        nodes: Labels | None = None,
        labels: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> None:
        self._draft = clusterwide_draft(name, pods, nodes, labels, description)


def pod_draft(
    name: str,
    namespace: str | None,
    pods: Labels | None,
    labels: Mapping[str, str] | None,
    description: str | None,
) -> Draft:
    """An empty draft for pods of a namespace, see `NetworkPolicy`.

    Raises:
        InputError: If something is no name, or no label.
    """
    where = f"NetworkPolicy {name}"
    metadata = made(Metadata, where, name=name, namespace=namespace, labels=dict(labels) if labels else None)
    return Draft(metadata, selector_of(pods, f"{where}: pods"), description=description)


def clusterwide_draft(
    name: str,
    pods: Labels | None,
    nodes: Labels | None,
    labels: Mapping[str, str] | None,
    description: str | None,
) -> Draft:
    """An empty draft for pods of every namespace, or for nodes, see `ClusterwideNetworkPolicy`.

    Raises:
        InputError: If something is no name, or no label, or both pods and nodes are given.
    """
    where = f"ClusterwideNetworkPolicy {name}"
    if pods is not None and nodes is not None:
        raise refused(where, "must be for pods or for nodes, got both", "write two policies")
    metadata = made(Metadata, where, name=name, labels=dict(labels) if labels else None)
    chosen = selector_of(pods if nodes is None else nodes, f"{where}: {'pods' if nodes is None else 'nodes'}")
    return Draft(metadata, chosen, nodes=nodes is not None, clusterwide=True, description=description)
