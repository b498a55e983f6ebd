"""Labels, and pods chosen by them and by their namespaces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from cdk_eks_cilium.policy.model import LabelSelector, Requirement

from .made import made, refused

Labels: TypeAlias = Mapping[str, str] | LabelSelector
"""Labels by their keys, or a whole selector."""

NAMESPACE: Final = "k8s:io.kubernetes.pod.namespace"
"""The label in which Cilium has a pod's namespace."""

NAMESPACE_LABELS: Final = "k8s:io.cilium.k8s.namespace.labels."
"""What Cilium puts before the keys of a namespace's labels."""

_NAMESPACE_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def selector_of(labels: Labels | None, where: str) -> LabelSelector:
    """The selector of some labels; of everything without any.

    Args:
        labels: Labels, or a selector, which is taken as it is.
        where: The call to blame.

    Raises:
        InputError: If these are no labels.
    """
    if isinstance(labels, LabelSelector):
        return labels
    return made(LabelSelector, where, match_labels=dict(labels) if labels else None)


def pod_selector(
    where: str,
    labels: Labels | None,
    namespace: str | None = None,
    namespaces_with: Mapping[str, str] | None = None,
    all_namespaces: bool = False,
) -> LabelSelector:
    """The selector of pods by their labels and namespaces, see `Peer.pods`.

    Raises:
        InputError: If these are no labels, or more than one way to choose namespaces is given.
    """
    chosen = selector_of(labels, where)
    ways = [
        f"{name}="
        for name, given in (
            ("namespace", namespace is not None),
            ("namespaces_with", namespaces_with is not None),
            ("all_namespaces", all_namespaces),
        )
        if given
    ]
    if len(ways) > 1:
        raise refused(
            where, f"must choose namespaces in one way, got {' and '.join(ways)}", "keep one of them"
        )
    spoken = sorted(key for key in chosen.keys if _speaks_of_namespace(key))
    if ways and spoken:
        raise refused(
            where, f"must choose namespaces once, got {ways[0]} and the label {spoken[0]!r}", "keep one"
        )
    if namespace is not None:
        if not _NAMESPACE_NAME.fullmatch(namespace):
            raise refused(
                f"{where}(namespace=)",
                f"must be the name of a namespace, got {namespace!r}",
                "use at most 63 lower-case letters, digits and '-'",
            )
        return _with_labels(chosen, {NAMESPACE: namespace}, where)
    if namespaces_with:
        spelled = {NAMESPACE_LABELS + key: value for key, value in namespaces_with.items()}
        return _with_labels(chosen, spelled, f"{where}(namespaces_with=)")
    if all_namespaces or namespaces_with is not None:
        somewhere = Requirement(key=NAMESPACE, operator="Exists")
        expressions = (*(chosen.match_expressions or ()), somewhere)
        return made(LabelSelector, where, match_labels=chosen.match_labels, match_expressions=expressions)
    return chosen


def _with_labels(selector: LabelSelector, labels: Mapping[str, str], where: str) -> LabelSelector:
    return made(
        LabelSelector,
        where,
        match_labels={**labels, **(selector.match_labels or {})},
        match_expressions=selector.match_expressions,
    )


def _speaks_of_namespace(key: str) -> bool:
    bare = key.removeprefix("k8s:")
    return bare == NAMESPACE.removeprefix("k8s:") or bare.startswith(NAMESPACE_LABELS.removeprefix("k8s:"))
