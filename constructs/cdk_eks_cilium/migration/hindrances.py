"""What stops a drain, or what a pod loses by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Object = Mapping[str, Any]

#: Labels by which a pod is tied to its old node or its group.
_TIES: Final = ("eks.amazonaws.com/nodegroup", "kubernetes.io/hostname")


@dataclass(frozen=True)
class Hindrance:
    """One object that does not move as others do.

    Attributes:
        what: The object, as ``pod NAMESPACE/NAME``.
        why: What happens, as a clause.
        fix: What to do before, as a clause.
        stops: Whether the drain waits or fails; otherwise the pod moves, and loses something.
    """

    what: str
    why: str
    fix: str
    stops: bool

    def __str__(self) -> str:
        return f"{self.what}: {self.why}; {self.fix}"


def hindrances(pods: Sequence[Object], budgets: Sequence[Object]) -> Iterator[Hindrance]:
    """What hinders the move of some pods.

    Args:
        pods: The pods of old nodes that a drain evicts.
        budgets: The PodDisruptionBudgets of the cluster.
    """
    for budget in budgets:
        yield from _budget(budget, pods)
    for pod in pods:
        yield from _pod(pod)


# belief: K8S-drain-waits
def _budget(budget: Object, pods: Sequence[Object]) -> Iterator[Hindrance]:
    allowed = (budget.get("status") or {}).get("disruptionsAllowed")
    held = [pod for pod in pods if _holds(budget, pod)]
    if allowed != 0 or not held:
        return
    yield Hindrance(
        f"PodDisruptionBudget {place(budget)}",
        f"it allows no disruption, so the drain waits for its pods ({len(held)} there)",
        "add a replica, or let the budget allow one disruption",
        stops=True,
    )


def _pod(pod: Object) -> Iterator[Hindrance]:
    what, spec = f"pod {place(pod)}", pod.get("spec") or {}
    if not pod["metadata"].get("ownerReferences"):
        yield Hindrance(what, "no controller makes it anew", "delete it, or give it a Deployment", stops=True)
    if ties := [key for key in _TIES if key in (spec.get("nodeSelector") or {})]:
        yield Hindrance(
            what,
            f"its nodeSelector {ties[0]} means old nodes, so it stays Pending",
            "take the selector off its template",
            stops=True,
        )
    ports = {
        port["hostPort"]
        for container in spec.get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }
    if ports:
        numbers = ", ".join(map(str, sorted(ports)))
        yield Hindrance(
            what,
            f"it loses hostPort {numbers} unless Cilium replaces kube-proxy",
            "use a Service, or set kube_proxy_replacement",
            stops=False,
        )


def place(found: Object) -> str:
    """Namespace and name of an object."""
    metadata = found["metadata"]
    return f"{metadata.get('namespace', 'default')}/{metadata['name']}"


def _holds(budget: Object, pod: Object) -> bool:
    same = budget["metadata"].get("namespace") == pod["metadata"].get("namespace")
    selector = (budget.get("spec") or {}).get("selector")
    # In policy/v1 an empty selector means every pod of the namespace, and a missing one no pod.
    return same and selector is not None and _selects(selector, pod["metadata"].get("labels") or {})


def _selects(selector: Object, labels: Mapping[str, str]) -> bool:
    exact = all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
    return exact and all(_expression(each, labels) for each in selector.get("matchExpressions") or ())


def _expression(expression: Object, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
    return key not in labels
