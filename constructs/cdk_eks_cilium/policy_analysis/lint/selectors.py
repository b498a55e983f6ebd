"""Lints about selectors: of unknown pods, and of wrong namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.policy.model import SECTIONS, LabelSelector
from cdk_eks_cilium.policy.tenancy import KEPT_NAMESPACES
from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView
from cdk_eks_cilium.policy_analysis.evaluation.labels import (
    CLUSTER,
    NAMESPACE,
    bare_key,
    is_reserved,
    names_namespace_labels,
)
from cdk_eks_cilium.policy_analysis.evaluation.selectors import is_kept_to_its_namespace, means_the_world
from cdk_eks_cilium.versions import behaviour

from .context import ItemView, LintContext
from .definition import lint
from .finding import Hit, Spot, listed
from .pods import PodIndex

_NAMESPACES: Final = "https://docs.cilium.io/en/stable/security/policy/kubernetes/#namespaces"
_ENDPOINTS: Final = "https://docs.cilium.io/en/stable/security/policy/language/#endpoints-based"

_OWN_ENDPOINTS: Final = ("reserved:init", "reserved:health", "reserved:ingress", "reserved:unmanaged")
"""Labels of endpoints that are not pods, or have no labels yet, which a policy for pods may select."""


def _namespaces_of(selector: LabelSelector) -> list[str]:
    """The namespaces that a selector names."""
    found = [value for key, value in (selector.match_labels or {}).items() if bare_key(key) == NAMESPACE]
    for one in selector.match_expressions or ():
        if bare_key(one.key) == NAMESPACE and one.operator == "In":
            found += one.values or ()
    return found


def _is_of_another_cluster(selector: LabelSelector) -> bool:
    return any(bare_key(key) == CLUSTER for key in selector.keys)


def _peer_selectors(context: LintContext) -> Iterator[tuple[ItemView, Spot, LabelSelector]]:
    """The selectors of pods of this cluster."""
    for view, spot, selector in _pod_selectors(context):
        if not _is_of_another_cluster(selector):
            yield view, spot, selector


def _pod_selectors(context: LintContext) -> Iterator[tuple[ItemView, Spot, LabelSelector]]:
    for view in context.items(*SECTIONS, nodes=True):
        kind = view.item.peer_kind
        if kind in ("from_endpoints", "to_endpoints"):
            for index, selector in enumerate(getattr(view.item, kind)):
                spot = view.peers_spot
                place = spot.place.at(f"[{index}]")
                if not is_reserved(selector):
                    yield view, Spot(spot.index, place), selector


def text_of(selector: LabelSelector) -> str:
    """A selector in words."""
    parts = [f"{key}={value}" for key, value in (selector.match_labels or {}).items()]
    for one in selector.match_expressions or ():
        values = f" ({', '.join(one.values)})" if one.values else ""
        parts.append(f"{one.key} {one.operator}{values}")
    return ", ".join(parts) or "every pod"


@lint(
    "CNP024",
    "Namespaces are known",
    "warning",
    "A policy for a namespace that does not exist, or with peers in one, does nothing.",
    _NAMESPACES,
    by_objects=True,
)
def _known_namespaces(context: LintContext) -> Iterator[Hit]:
    index = context.index
    if index is None or not index.namespaces:
        return
    known = index.namespaces | KEPT_NAMESPACES
    for _, spot, selector in _peer_selectors(context):
        unknown = [name for name in _namespaces_of(selector) if name not in known]
        if unknown:
            yield spot.hit("must name a known namespace", _near(unknown[0], index), got=listed(unknown))
    for rule in context.rules:
        if rule.namespace is not None and rule.namespace not in known:
            yield rule.spot.hit(
                "must be in a known namespace",
                _near(rule.namespace, index),
                got=rule.namespace,
            )


def _near(name: str, index: PodIndex) -> str:
    return f"correct it, or add Namespace {name} to the known namespaces ({listed(sorted(index.namespaces))})"


def _entities(context: LintContext) -> Iterator[Hit]:
    """Selectors of policies for pods that name an entity without pods.

    A rule for endpoints is never for a node (`rule.matchesSubject` in Cilium's ``pkg/policy/rule.go``), and
    other entities are not endpoints.
    """
    for rule in context.rules:
        named = [key for key in rule.rule.selector.match_labels or () if key.startswith("reserved:")]
        wrong = [key.removeprefix("reserved:") for key in named if key not in _OWN_ENDPOINTS]
        if wrong:
            yield rule.selector_spot.hit(
                "must select pods",
                "choose pods by their labels, or nodes by nodeSelector in a CiliumClusterwideNetworkPolicy",
                got=f"the entity {wrong[0]}",
                severity="warning",
            )


@lint(
    "CNP021",
    "Policies select known pods",
    "warning",
    "A policy that selects nothing protects nothing, without an error: a wrong label looks the same as a "
    "right label.",
    _ENDPOINTS,
    by_objects=True,
)
def _subjects(context: LintContext) -> Iterator[Hit]:
    yield from _entities(context)
    index = context.index
    if index is None or not index.pods:
        return
    for rule in context.rules:
        known = rule.namespace is None or rule.namespace in index.namespaces
        if rule.possible_pods or is_reserved(rule.rule.selector) or not known:
            continue
        if rule.rule.selector.is_empty and not _has_pods(rule.namespace, index):
            continue
        hosts = [
            str(one)
            for one in index.inventory.workloads
            if one.host_network
            and rule.namespace in (None, one.namespace)
            and _matches_labels(rule.rule.selector, one.labels)
        ]
        if hosts:
            yield rule.selector_spot.hit(
                "must select pods with a network of their own",
                "write a CiliumClusterwideNetworkPolicy with a nodeSelector for the host firewall",
                got=f"{listed(hosts)}, on the network of the node",
                severity="warning",
            )
            continue
        where = f" in {rule.namespace}" if rule.namespace else ""
        yield rule.selector_spot.hit(
            f"must select a known pod, got {text_of(rule.rule.selector)}, which no pod{where} has",
            context.fix_of_labels("remove the policy"),
        )


def _has_pods(namespace: str | None, index: PodIndex) -> bool:
    return any(namespace in (None, pod.namespace) for pod in index.pods)


def _matches_labels(selector: LabelSelector, labels: object) -> bool:
    wanted = selector.match_labels or {}
    known = dict(labels) if isinstance(labels, dict) else {}
    return bool(wanted) and all(known.get(bare_key(key)) == value for key, value in wanted.items())


@lint(
    "CNP022",
    "Peers are known pods",
    "warning",
    "A selector of peers that chooses no pod allows, or denies, nothing.",
    _ENDPOINTS,
    by_objects=True,
)
def _peers(context: LintContext) -> Iterator[Hit]:
    for view, spot, selector, elsewhere in _unmatched(context):
        if elsewhere:
            continue
        names = _namespaces_of(selector)
        own = view.of.namespace if is_kept_to_its_namespace(selector, context.version) else None
        where = f" in {own}" if own and not names else ""
        yield spot.hit(
            f"must choose a known pod, got {text_of(selector)}, which no pod{where} has",
            context.fix_of_labels("remove the entry"),
        )


@lint(
    "CNP023",
    "Peers in another namespace come with its name",
    "warning",
    "A selector in a CiliumNetworkPolicy means pods of its own namespace, unless it names another namespace.",
    _NAMESPACES,
    by_objects=True,
)
def _peers_elsewhere(context: LintContext) -> Iterator[Hit]:
    for view, spot, selector, elsewhere in _unmatched(context):
        if elsewhere:
            yield spot.hit(
                f"must name the namespace of its pods: without one it means {view.of.namespace}, where "
                f"no pod has {text_of(selector)}",
                f"add k8s:io.kubernetes.pod.namespace: {elsewhere[0]}",
                got=f"pods only in {listed(elsewhere)}",
            )


@lint(
    "CNP041",
    "Labels of namespaces need a release that reads them",
    "error",
    f"Before {behaviour.policy.NAMESPACES_BY_LABELS.since} Cilium adds the policy's own namespace to a "
    "selector that has labels of namespaces, like to any other.",
    "https://github.com/cilium/cilium/pull/30650",
)
def _namespaces_by_labels(context: LintContext) -> Iterator[Hit]:
    for view, spot, selector in _pod_selectors(context):
        if (
            view.of.namespace is not None
            and names_namespace_labels(selector)
            and is_kept_to_its_namespace(selector, context.version)
        ):
            yield spot.hit(
                "must name namespaces by their names before Cilium "
                f"{behaviour.policy.NAMESPACES_BY_LABELS.since} (this is for {context.version}), which "
                f"looks for these labels only in {view.of.namespace}",
                "add k8s:io.kubernetes.pod.namespace, or write a CiliumClusterwideNetworkPolicy",
                got=text_of(selector),
            )


@lint(
    "CNP038",
    "Selectors of pods mean only pods",
    "warning",
    "A selector that only rules namespaces out means nodes and addresses outside the cluster, "
    f"too. From {behaviour.policy.LOCAL_CLUSTER.since} on Cilium adds the local "
    "cluster, which only pods have, unless the selector names clusters.",
    "https://github.com/cilium/cilium/issues/46949",
)
def _pods_alone(context: LintContext) -> Iterator[Hit]:
    for view, spot, selector in _pod_selectors(context):
        if means_the_world(selector, view.of.namespace, context.around):
            converted = isinstance(view.of.policy, EndpointView)
            key = "kubernetes.io/metadata.name" if converted else f"k8s:{NAMESPACE}"
            yield spot.hit(
                "must not only rule labels out: nodes and the world do not have them either",
                f"add the expression {{key: {key}, operator: Exists}}",
                got=text_of(selector),
            )


def _unmatched(context: LintContext) -> Iterator[tuple[ItemView, Spot, LabelSelector, list[str]]]:
    """Selectors of peers that choose no known pod, with the namespaces where they would."""
    index = context.index
    if index is None or not index.pods:
        return
    for view, spot, selector in _peer_selectors(context):
        meant = index.may_be_peers(selector, view.of.namespace)
        if selector.is_empty or meant or means_the_world(selector, view.of.namespace, context.around):
            continue
        if any(name not in index.namespaces for name in _namespaces_of(selector)):
            continue
        elsewhere: list[str] = []
        if view.of.namespace is not None and is_kept_to_its_namespace(selector, context.version):
            elsewhere = sorted({pod.namespace for pod in index.of(index.chosen(selector, {}))})
        yield view, spot, selector, elsewhere


@lint(
    "CNP025",
    "A policy selects in its own namespace",
    "warning",
    "Cilium replaces another namespace in the selector of a CiliumNetworkPolicy by the policy's own. "
    "The policy then selects other pods than its text names.",
    _NAMESPACES,
)
def _own_namespace(context: LintContext) -> Iterator[Hit]:
    for rule in context.rules:
        if rule.namespace is None:
            continue
        others = [name for name in _namespaces_of(rule.rule.selector) if name != rule.namespace]
        if others:
            yield rule.selector_spot.hit(
                f"must not name another namespace: the policy selects only pods of {rule.namespace}",
                f"put the policy into {others[0]}, or write a CiliumClusterwideNetworkPolicy",
                got=listed(others),
            )
