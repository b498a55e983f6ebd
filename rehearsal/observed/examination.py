"""Judges rehearsed clusters by the doctor's checks."""

# no belief: the checks have theirs

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis
from cdk_eks_cilium.doctor.engine.examine import examine
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.readers.dumps.writing import write_dump
from rehearsal.aws.account import Account, Cluster
from rehearsal.cloudformation.state import StackState
from rehearsal.observed.plan import plan_of
from rehearsal.observed.reader import NO_CONTAINERS, ObservedReader

_LATER: Final = timedelta(hours=1)
"""A rehearsal has no time of its own, and is over when it is judged: nothing is excused for being young."""
# They look at what containers do, and would find all well where no container runs.
UNMODELLED: Final = {
    "endpoint-access": "a rehearsal's cluster does not say who may reach its endpoint",
    "api-named-by-eks": "the API of a rehearsal is on this machine",
    "agents-restart": NO_CONTAINERS,
    "agents-run-one-release": NO_CONTAINERS,
    "operator-leads": NO_CONTAINERS,
    "kernel-new-enough": "a rehearsal's nodes do not say what they run",
    "kubelet-skew": "a rehearsal's nodes do not say what they run",
    "unmanaged-pods": "a rehearsal has no CiliumEndpoints",
    "endpoints-ready": "a rehearsal has no CiliumEndpoints",
    "stale-endpoints": "a rehearsal has no CiliumEndpoints",
    "identities": "a rehearsal has no CiliumIdentities",
    "policies-enforced": "a rehearsal has no CiliumEndpoints",
}


def examined(account: Account, cluster: Cluster, stacks: Iterable[StackState]) -> Diagnosis:
    """What the doctor's checks say about a cluster.

    Args:
        account: The account.
        cluster: The cluster.
        stacks: The stacks, which say what it should be.
    """
    checks = all_checks()
    reader = ObservedReader(account, cluster)
    seen = Seen(reader, plan_of(account, cluster, stacks), now=datetime.now(UTC) + _LATER)
    return examine(checks, seen, untold=UNMODELLED)


def write_end_state(folder: Path, account: Account, cluster: Cluster) -> None:
    """Write a cluster as a dump on which ``cdk-eks-cilium doctor --from`` runs.

    The doctor skips what a rehearsal does not know, and gives the reason.

    Args:
        folder: An empty folder, or a new one.
        account: The account.
        cluster: The cluster.

    Raises:
        OSError: A file cannot be written.
    """
    readings = (reading for check in all_checks() for reading in check.reads)
    write_dump(
        folder, ObservedReader(account, cluster), readings, datetime.now(UTC) + _LATER, untold=UNMODELLED
    )
