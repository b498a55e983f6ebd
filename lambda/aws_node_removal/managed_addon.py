"""Delete the EKS add-on that owns aws-node: it would put the DaemonSet back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Final

from aws_client import make_client
from deadline import Deadline
from errors import DeadlineError, PermanentError
from logs import Log
from redaction import redact

ADDON: Final = "vpc-cni"

# AccessDenied passes: a policy takes some seconds to reach every endpoint. InUse: an update is running.
_PASSING: Final = frozenset(
    {
        "AccessDeniedException",
        "ResourceInUseException",
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
    }
)
_GONE: Final = "ResourceNotFoundException"

log = Log("aws_node_removal")


def delete_addon(cluster_name: str, region: str, deadline: Deadline) -> bool:
    """Delete the add-on and return when EKS no longer knows it.

    Returns:
        True if this call deleted it, False if it was missing.

    Raises:
        PermanentError: If EKS refuses for a permanent reason, or cannot delete it.
        DeadlineError: If it still exists, or EKS still does not answer, at the deadline.
    """
    client = make_client("eks", region, connect=4, read=10)
    names = {"clusterName": cluster_name, "addonName": ADDON}
    where = f"Add-on {ADDON} of cluster {cluster_name}"
    deleted = False
    for attempt in itertools.count(1):
        status, problem, addon = _try(lambda: client.describe_addon(**names)["addon"], where)
        if status == "absent":
            return deleted
        if status == "ok" and addon["status"] == "DELETE_FAILED" and deleted:
            raise PermanentError(
                f"{where}: must be deletable, got {_issues(addon)}; put right what EKS names, "
                "then deploy again"
            )
        if status == "ok" and addon["status"] != "DELETING":
            status, problem, _ = _try(lambda: client.delete_addon(**names), where)
            deleted = deleted or status == "ok"
        _log(attempt, problem or "accepted", deadline)
        if not deadline.pause(attempt):
            state = problem or "it is being deleted"
            raise DeadlineError(
                f"{where}: must be gone before the function's time is up, {state} after {attempt} attempts "
                f"in {deadline.elapsed:.0f} s; {_fix(problem, cluster_name)}"
            )
    raise AssertionError("unreachable: count() does not end")


def _try(call: Callable[[], Any], where: str) -> tuple[str, str, Any]:
    """The outcome of a call (ok, absent or passing), the reason if passing, and the result if ok."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return "ok", "", call()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        told = redact(f"{code}: {error.response.get('Error', {}).get('Message', '')}")
        if code == _GONE:
            return "absent", "", None
        if code in _PASSING or status >= 500:
            return "passing", f"EKS answered {told}", None
        raise PermanentError(
            f"{where}: must be deletable, EKS answered {told}; check that the cluster is this account's and "
            "that nothing forbids it"
        ) from None
    except BotoCoreError as error:
        return "passing", redact(f"EKS did not answer ({type(error).__name__})"), None


def _issues(addon: Any) -> str:
    issues = (addon.get("health") or {}).get("issues") or []
    told = "; ".join(f"{issue.get('code')}: {issue.get('message')}" for issue in issues)
    return redact(f"DELETE_FAILED ({told or 'EKS names no reason'})")


def _log(attempt: int, outcome: str, deadline: Deadline) -> None:
    line = {"addon": ADDON, "attempt": attempt, "outcome": outcome, "remaining": round(deadline.remaining, 1)}
    log.info(line)


def _fix(problem: str, cluster_name: str) -> str:
    again = "then deploy again"
    if "AccessDenied" in problem:
        return f"let the function's role describe and delete the add-on (remove_addon does that), {again}"
    if "did not answer" in problem:
        return f"let the function reach EKS's API: a NAT gateway, or an interface endpoint for eks, {again}"
    return (
        f"see how it is (aws eks describe-addon --cluster-name {cluster_name} --addon-name {ADDON}), {again}"
    )
