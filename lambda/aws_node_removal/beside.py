"""Keep a DaemonSet off the nodes of Cilium by a node affinity, and leave it on all others.

aws-node's own affinity has one term with several expressions: one more expression excludes the nodes with
the label. The DaemonSet's pods on other nodes restart one after the other, because its template changes;
pods that run keep their network meanwhile, and new ones wait
(https://github.com/pulumi/pulumi-eks/pull/291 added the expression for Fargate in the same way).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from api_server import Answer
from attempts import Call, is_final
from errors import DeadlineError, PermanentError
from patching import GONE_AFTER, count, has_seen
from targets import Target

# belief: EKS-aws-node-affinity

#: The label of the nodes that Cilium has, as in Cilium's own guide:
#: https://docs.cilium.io/en/stable/installation/k8s-install-migration/.
NEW_NODES: Final = "io.cilium.migration/cilium-default"

_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PATH: Final = ("spec", "template", "spec", "affinity", "nodeAffinity", _REQUIRED)
_EXCLUDES: Final = {"key": NEW_NODES, "operator": "DoesNotExist"}
_MERGE_PATCH: Final = "application/merge-patch+json"

Terms = list[Mapping[str, Any]]


def excluding(terms: Sequence[Mapping[str, Any]]) -> Terms:
    """The terms of an affinity, each of which excludes the new nodes; one term where it had no affinity."""
    return [{**term, "matchExpressions": [*_others(term), _EXCLUDES]} for term in (list(terms) or [{}])]


def including(terms: Sequence[Mapping[str, Any]]) -> Terms:
    """The terms without the exclusion; a term that had nothing else goes, because it would match no node."""
    found = [{**term, "matchExpressions": _others(term)} for term in terms]
    return [{name: value for name, value in term.items() if value} for term in found if any(term.values())]


def leave_old_nodes(call: Call, target: Target) -> bool:
    """Exclude the new nodes from a DaemonSet, and return when none of them has a pod of it.

    Returns:
        True once no new node has a pod of it, False if the DaemonSet is missing.

    Raises:
        PermanentError: If the API server refuses for a permanent reason.
        DeadlineError: If a pod is still on a new node, or the API server does not answer, at the deadline.
    """
    answer = _change(call, target, excluding, gone_after=None)
    if answer is None:
        return False
    for attempt in itertools.count(1):
        if answer.ok and has_seen(answer) and not count(answer, "numberMisscheduled"):
            return True
        if not call.deadline.pause(attempt, answer.retry_after):
            raise DeadlineError(
                f"{target.of(call.cluster_name)}: must leave the nodes with the label {NEW_NODES}, its pods "
                f"have not left {count(answer, 'numberMisscheduled')} nodes {call.spent(attempt)}; see what "
                f"holds them ({target.look}), then deploy again"
            )
        answer = call.ask("GET", target.path, attempt)
        if answer.status == HTTPStatus.NOT_FOUND:
            return False
    raise AssertionError("unreachable: count() does not end")


def take_new_nodes(call: Call, target: Target) -> bool:
    """Take the exclusion off again, if there is a DaemonSet.

    Returns:
        True if the DaemonSet is without it, False if the DaemonSet or the cluster is gone.

    Raises:
        PermanentError: If the API server refuses for a permanent reason.
        DeadlineError: If the API server does not take it off by the deadline.
    """
    return _change(call, target, including, gone_after=GONE_AFTER) is not None


def by_hand(target: Target) -> str:
    """How a person takes the exclusion off, in words."""
    return (
        f"take the expression {NEW_NODES} out of its affinity by hand where the cluster lives on without "
        f"Cilium (kubectl -n kube-system edit {target.kind.lower()} {target.name})"
    )


def _change(
    call: Call, target: Target, change: Callable[[Sequence[Mapping[str, Any]]], Terms], gone_after: int | None
) -> Answer | None:
    """Read the affinity, change it, and write it if nobody wrote meanwhile; the DaemonSet as it is then."""
    silent = 0
    for attempt in itertools.count(1):
        method, answer = "GET", call.ask("GET", target.path, attempt)
        if answer.ok:
            terms = _terms(answer)
            wanted = change(terms)
            if wanted == terms:
                return answer
            version = answer.get("metadata", "resourceVersion")
            method = "PATCH"
            answer = call.ask("PATCH", target.path, attempt, _patch(wanted, version), _MERGE_PATCH)
            if answer.ok:
                return answer
        silent = silent + 1 if answer.status == 0 else 0
        if answer.status == HTTPStatus.NOT_FOUND or silent == gone_after:
            return None
        where = target.of(call.cluster_name)
        if is_final(answer):
            raise PermanentError(
                f"{where}: must be patchable, {method} got {answer}; {call.final_fix(answer)}"
            )
        if not call.deadline.pause(attempt, answer.retry_after):
            raise DeadlineError(
                f"{where}: must get its affinity before the function's time is up, {method} got {answer} "
                f"{call.spent(attempt)}; {call.fix(answer, target.grant('get and patch'))}"
            )
    raise AssertionError("unreachable: count() does not end")


def _others(term: Mapping[str, Any]) -> list[Any]:
    return [each for each in term.get("matchExpressions") or () if each.get("key") != NEW_NODES]


def _terms(answer: Answer) -> Terms:
    terms = answer.get(*_PATH, "nodeSelectorTerms")
    return list(terms) if isinstance(terms, list) else []


def _patch(terms: Terms, version: Any) -> dict[str, Any]:
    """A merge patch, which replaces a list as a whole; the version makes the API server refuse stale ones."""
    patch: Any = {"nodeSelectorTerms": terms} if terms else None
    for key in reversed(_PATH):
        patch = {key: patch}
    return {"metadata": {"resourceVersion": version}, **patch}
