"""What becomes of a set of policies, for each type of request.

Doing it again is harmless. Only policies with the set's label are touched, and of those only the ones that
change.
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

#: Seconds of the reserve for taking back what a Create that failed has made, or for asking EKS.
TAKE_BACK: Final = 15.0
#: Seconds that a Delete spends; longer it holds up no stack.
DELETE: Final = 120.0

log = Log("policy_set")


def create(request: Request, properties: Properties) -> dict[str, str]:
    """Apply the policies; say how many were Applied, Unchanged and Removed.

    Raises:
        PermanentError: If the request cannot succeed as it is.
        DeadlineError: If time ran out.
    """
    shelf = _shelf(request, properties)
    outcome = Outcome()
    try:
        reconcile(shelf, properties, outcome)
    except FunctionError as error:
        # After a failed Create the provider framework swallows the Delete, so this is the only chance.
        later = Shelf(shelf.call.within(TAKE_BACK), shelf.namespace)
        left = take_back(later, properties.owner, outcome.made) if outcome.made else ""
        raise type(error)(f"{error}{left}") from None
    return _told(outcome)


def update(request: Request, properties: Properties) -> dict[str, str]:
    """As `create`, but a failure takes nothing back: CloudFormation comes back with the former properties."""
    outcome = Outcome()
    reconcile(_shelf(request, properties), properties, outcome)
    return _told(outcome)


def delete(request: Request, properties: Properties) -> dict[str, str]:
    """Delete what belongs to the set. With the cluster gone there is nothing left to delete.

    Policies that stay in a cluster that lives on would go on refusing traffic, with nobody left to remove
    them: so a cluster that does not answer is a failure, unless EKS says that it is gone.
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
