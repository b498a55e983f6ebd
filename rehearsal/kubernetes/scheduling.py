"""The nodes that may run a pod, and the objects that it mounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.selectors import matches_expression
from rehearsal.kubernetes.store import ObjectKey

NOT_READY_TAINT = "node.kubernetes.io/not-ready"

# The DaemonSet controller adds these to every pod it makes.
_DAEMON_TOLERATES = frozenset({NOT_READY_TAINT, "node.kubernetes.io/unreachable"})


def is_ready(node: Object) -> bool:
    """Whether the node's Ready condition is true."""
    conditions = node.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


# belief: K8S-scheduling
def obstacle(pod: Object, node: Object, *, daemon: bool = False, ignore: Iterable[str] = ()) -> str | None:
    """Why a pod with this spec cannot be placed on a node, as a clause; None when it can.

    Args:
        pod: The pod's spec.
        node: The node.
        daemon: The pod belongs to a DaemonSet, which tolerates nodes that are not ready.
        ignore: Keys of taints that do not count.
    """
    labels = node["metadata"].get("labels") or {}
    for key, value in (pod.get("nodeSelector") or {}).items():
        if labels.get(key) != value:
            return f"its nodeSelector wants {key}={value}"
    required = ((pod.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if required and not any(_term_holds(term, node) for term in required.get("nodeSelectorTerms") or ()):
        return "its node affinity excludes the node"
    ignored = set(ignore) | (_DAEMON_TOLERATES if daemon else set())
    for taint in node.get("spec", {}).get("taints") or ():
        if taint["effect"] == "PreferNoSchedule" or taint["key"] in ignored:
            continue
        if not any(_tolerates(toleration, taint) for toleration in pod.get("tolerations") or ()):
            return f"it does not tolerate the taint {taint_text(taint)}"
    return None


def taint_text(taint: Mapping[str, str]) -> str:
    """A taint as kubectl writes it."""
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


# belief: CILIUM-operator-keeps-apart
def places(pod: Object, labels: Mapping[str, str], nodes: list[Object], wanted: int) -> list[str]:
    """The nodes of the wanted replicas that run: each replica has the name of a ready node.

    Replicas that must not share a node with each other (required anti-affinity by host name) get one node
    each. Other limits, such as resources or pod affinity, are not modelled.
    """
    usable = [node for node in nodes if is_ready(node) and obstacle(pod, node) is None]
    if not usable:
        return []
    names = [node["metadata"]["name"] for node in usable]
    anti = ((pod.get("affinity") or {}).get("podAntiAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    for term in anti or ():
        own = (term.get("labelSelector") or {}).get("matchLabels") or {}
        apart = term.get("topologyKey") == "kubernetes.io/hostname"
        if apart and own and all(labels.get(key) == value for key, value in own.items()):
            return names[:wanted]
    return [names[number % len(names)] for number in range(wanted)]


# belief: K8S-mounts-must-exist
def missing_mounts(store: Objects, namespace: str, pod: Object) -> list[tuple[str, str]]:
    """The missing ConfigMaps and Secrets without which the pod does not start, as (kind, name)."""
    missing = []
    for kind, name in sorted(set(_needed(pod))):
        plural = "configmaps" if kind == "ConfigMap" else "secrets"
        if store.get(ObjectKey("", plural, namespace, name)) is None:
            missing.append((kind, name))
    return missing


def _needed(pod: Object) -> Iterator[tuple[str, str]]:
    for volume in pod.get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        for source in sources:
            yield from _reference(source.get("configMap"), "ConfigMap", "name")
            yield from _reference(source.get("secret"), "Secret", "name")
            yield from _reference(source.get("secret"), "Secret", "secretName")
    for container in [*(pod.get("initContainers") or ()), *pod["containers"]]:
        for variable in container.get("env") or ():
            origin = variable.get("valueFrom") or {}
            yield from _reference(origin.get("configMapKeyRef"), "ConfigMap", "name")
            yield from _reference(origin.get("secretKeyRef"), "Secret", "name")


def _reference(source: Any, kind: str, field: str) -> Iterator[tuple[str, str]]:
    if source and not source.get("optional") and source.get(field):
        yield kind, source[field]


def _term_holds(term: Object, node: Object) -> bool:
    labels = node["metadata"].get("labels") or {}
    fields = {"metadata.name": node["metadata"]["name"]}
    return all(matches_expression(e, labels) for e in term.get("matchExpressions") or ()) and all(
        matches_expression(e, fields) for e in term.get("matchFields") or ()
    )


def _tolerates(toleration: Mapping[str, str], taint: Mapping[str, str]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    same_key = toleration.get("key") == taint["key"]
    return same_key and (toleration.get("value") or "") == (taint.get("value") or "")
