"""Words that several checks use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Outcome, Skip, Unknown
from cdk_eks_cilium.doctor.engine.reader import NotAskedError, Object, UnreadError

_NAMED: Final = 5

RESTART_AGENT: Final = (
    "kubectl --namespace kube-system delete pod --selector k8s-app=cilium --field-selector spec.nodeName={}"
)
"""Starts the agent of a node again; ``{}`` is the node."""
RESTART_OPERATOR: Final = "kubectl --namespace kube-system rollout restart deployment/cilium-operator"
"""Starts the operators again."""
OPERATOR_LOG: Final = "kubectl --namespace kube-system logs deployment/cilium-operator"
"""Shows the operator's log."""


def counted(number: int, thing: str, things: str = "") -> str:
    """``1 node``, ``3 nodes``."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def named(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more


def age(found: Object, now: datetime) -> timedelta:
    """How long ago an object was made; a very long time where nothing tells."""
    made = time_of(at(found, "metadata.creationTimestamp"))
    return timedelta.max if made is None else now - made


def duration(length: timedelta) -> str:
    """A length of time in its largest unit: ``3 days``, ``7 minutes``."""
    seconds = int(length.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return counted(seconds // size, unit)
    return counted(max(seconds, 0), "second")


def node_evidence(names: Iterable[str], field: str, seen: str, expected: str) -> tuple[Evidence, ...]:
    """The same observation of several nodes."""
    return tuple(Evidence(f"Node {name}", field, seen, expected) for name in names)


def commands(template: str, names: Sequence[str]) -> str:
    """A command for each of the first few names; ``{}`` in it is the name."""
    lines = [template.replace("{}", name) for name in names[:_NAMED]]
    if len(names) > _NAMED:
        lines.append(f"# and so on, for {len(names) - _NAMED} more")
    return "\n".join(lines)


def replacements(nodes: Sequence[str]) -> str:
    """How to replace nodes: whatever made them makes new ones."""
    return (
        "# Replace these nodes, one at a time: their group or autoscaler makes new ones.\n"
        + commands("kubectl drain {} --ignore-daemonsets --delete-emptydir-data", nodes)
        + "\n# Then terminate the instance, whose id is the end of spec.providerID."
    )


def unread(*why: UnreadError) -> Outcome:
    """What a check says where several sources were not read: skipped if nobody asked for any of them."""
    reason = "; ".join(map(str, why))
    return Skip(reason) if all(isinstance(each, NotAskedError) for each in why) else Unknown(reason)
