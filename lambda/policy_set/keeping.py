"""How each type of request treats a set of policies.

Every request may be repeated. It touches only policies with the set's label, and only if they change.
"""

from __future__ import annotations

import math
from typing import Final

from cluster_state import is_gone
from errors import DeadlineError, FunctionError
from logs import Log
from policy_api import Shelf
from properties import Properties
from reconciling import Outcome, reconcile, remove, take_back
from request import Request

#: Seconds of the reserve for deleting what a failed Create has made, or for asking EKS.
TAKE_BACK: Final = 15.0
#: Seconds that a Delete takes at most, so that it does not hold up the stack.
DELETE: Final = 120.0

log = Log("policy_set")


def create(request: Request, properties: Properties) -> dict[str, str]:
    """Apply the policies; return how many were Applied, Unchanged and Removed.

    Raises:
        PermanentError: If the request cannot succeed as it is.
        DeadlineError: If time ran out.
    """
    shelf = _shelf(request, properties)
    outcome = Outcome()
    try:
        reconcile(shelf, properties, outcome)
    except FunctionError as error:
        # After a failed Create the provider framework drops the Delete, so this is the only chance.
        later = Shelf(shelf.call.within(TAKE_BACK), shelf.namespace)
        left = take_back(later, properties.owner, outcome.made) if outcome.made else ""
        raise type(error)(f"{error}{left}") from None
    return _told(outcome)


def update(request: Request, properties: Properties) -> dict[str, str]:
    """Do as `create`, but undo nothing on a failure: CloudFormation then sends the former properties."""
    outcome = Outcome()
    reconcile(_shelf(request, properties), properties, outcome)
    return _told(outcome)


def delete(request: Request, properties: Properties) -> dict[str, str]:
    """Delete the policies of the set. If the cluster is gone, nothing is left to delete.

    Policies that remain in a living cluster would go on refusing traffic, and nothing would ever remove
    them. So a cluster that does not answer is a failure, unless EKS says that the cluster is gone.
    """
    outcome = Outcome()
    shelf = _shelf(request, properties, DELETE)
    try:
        remove(shelf, shelf.all(wait=False) or {}, properties.owner, outcome)
    except DeadlineError:
        cluster = properties.cluster
        if not is_gone(cluster.name, cluster.region):
            raise
        log.info({"nothing to delete": f"cluster {cluster.name} is gone"})
    return _told(outcome)


def _shelf(request: Request, properties: Properties, at_most: float = math.inf) -> Shelf:
    return Shelf(properties.cluster.call(request.deadline(at_most)), properties.namespace)


def _told(outcome: Outcome) -> dict[str, str]:
    counts = {
        "Applied": str(len(outcome.applied)),
        "Unchanged": str(len(outcome.unchanged)),
        "Removed": str(len(outcome.removed)),
    }
    log.info({**counts, "applied": outcome.applied[:50], "removed": outcome.removed[:50]})
    return counts
