"""Selectors of peers with what Cilium adds to them: the policy's namespace, and the local cluster."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_eks_cilium.policy.model import Item, LabelSelector, Requirement
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .labels import (
    CLUSTER,
    NAMESPACE,
    Matcher,
    bare_key,
    is_reserved,
    matcher,
    names_namespace,
    names_namespace_labels,
    reserved_labels,
)


@dataclass(frozen=True)
class Surroundings:
    """What the meaning of peers depends on.

    Attributes:
        inventory: What is known of the cluster.
        version: The release of Cilium; None for the newest.
    """

    inventory: Inventory
    version: CiliumVersion | None = None


def peer_selector(
    selector: LabelSelector, namespace: str | None, around: Surroundings
) -> tuple[LabelSelector, dict[str, str]]:
    """A selector of peers, and the labels that Cilium adds (`utils.go` in Cilium's ``cilium.io/utils``).

    *namespace* is that of the policy; None if it is clusterwide.
    """
    if is_reserved(selector):
        return selector, {}
    further = _cluster_label(selector, around)
    if namespace is not None:
        own = {f"k8s:{NAMESPACE}": namespace} if is_kept_to_its_namespace(selector, around.version) else {}
        return selector, {**further, **own}
    # In a clusterwide policy Cilium requires a namespace, unless the selector names namespaces.
    if names_namespace(selector):
        return selector, further
    expressions = (
        *(selector.match_expressions or ()),
        Requirement(key=f"k8s:{NAMESPACE}", operator="Exists"),
    )
    return LabelSelector(match_labels=selector.match_labels, match_expressions=expressions), further


def is_kept_to_its_namespace(selector: LabelSelector, version: CiliumVersion | None) -> bool:
    """Whether a selector of peers means only pods of the policy's own namespace, if it has a namespace."""
    by_labels = behaviour.policy.NAMESPACES_BY_LABELS.holds(version)
    return not is_reserved(selector) and not (
        names_namespace(selector) or (by_labels and names_namespace_labels(selector))
    )


def _cluster_label(selector: LabelSelector, around: Surroundings) -> dict[str, str]:
    """The label of the local cluster, for ``clustermesh.policyDefaultLocalCluster``, on by default."""
    older = not behaviour.policy.LOCAL_CLUSTER.holds(around.version)
    if older or any(bare_key(key) == CLUSTER for key in selector.keys):
        return {}
    return {f"k8s:{CLUSTER}": around.inventory.cluster_name}


def means_the_world(selector: LabelSelector, namespace: str | None, around: Surroundings) -> bool:
    """Whether a selector of pods means the world and nodes, too: a selector that only rules labels out does.

    https://github.com/cilium/cilium/issues/46949
    """
    if is_reserved(selector):
        return False
    return bool(matcher(*peer_selector(selector, namespace, around)).matches(reserved_labels("world")))


def requirements_of(item: Item, namespace: str | None, around: Surroundings) -> tuple[Matcher, ...]:
    """What ``fromRequires`` or ``toRequires`` require of peers that labels choose.

    Nothing in releases without these fields.
    """
    if not behaviour.policy.REQUIREMENTS.holds(around.version):
        return ()
    given = getattr(item, "from_requires", None) or getattr(item, "to_requires", None) or ()
    return tuple(matcher(*peer_selector(selector, namespace, around)) for selector in given)
