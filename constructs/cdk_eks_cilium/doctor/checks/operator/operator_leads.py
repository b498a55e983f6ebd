"""Whether an operator leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import OPERATOR_LOG, duration
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM, KUBE_SYSTEM_LEASES
from cdk_eks_cilium.doctor.engine.seen import Seen

# belief: CILIUM-operator-lease
_NAME: Final = "cilium-operator-resource-lock"
_LEASE: Final = f"Lease kube-system/{_NAME}"
_SECONDS: Final = 15
"""How long a lease holds where it does not say."""
_MANY: Final = 4
"""A leader renews its lease several times before it ends; the clocks of two machines differ a little."""


@check(
    "operator-leads",
    "one operator leads",
    reads=(KUBE_SYSTEM_LEASES, DEPLOYMENTS),
    symptom="operators run, and new nodes still get no addresses",
    answers=("CILIUM-operator-lease",),
    links=(
        "https://github.com/cilium/cilium/blob/005ef51cc92919a3dfdd020704e0e6c8977f5c7a/operator/cmd/root.go",
        "https://kubernetes.io/docs/concepts/architecture/leases/",
    ),
)
def operator_leads(seen: Seen) -> Iterator[Outcome]:
    """Of several operators one works, the one that holds a lease; it renews the lease every few seconds.

    A lease that nobody renews means that no operator reaches the API, or that none may change leases.
    """
    deployment = seen.one(DEPLOYMENTS, "cilium-operator", KUBE_SYSTEM)
    if not at(deployment, "status.readyReplicas"):
        yield Skip("no operator is ready; operator-runs tells of it")
        return
    lease = seen.one(KUBE_SYSTEM_LEASES, _NAME, KUBE_SYSTEM)
    holder = str(at(lease, "spec.holderIdentity") or "")
    fix = f"{OPERATOR_LOG} | grep -i leader\nkubectl --namespace kube-system get lease {_NAME} --output yaml"
    if not holder:
        nobody = Evidence(_LEASE, "spec.holderIdentity", "", "an operator")
        yield Finding(Severity.ERROR, "no operator leads", (nobody,), fix)
        return
    renewed = time_of(at(lease, "spec.renewTime"))
    if renewed is None:
        yield Fine(holder)
        return
    silent = seen.now - renewed
    holds = int(at(lease, "spec.leaseDurationSeconds") or _SECONDS)
    if silent.total_seconds() > _MANY * holds:
        evidence = (
            Evidence(
                _LEASE,
                "spec.renewTime",
                at(lease, "spec.renewTime"),
                f"less than {_MANY * holds} seconds ago",
            ),
            Evidence(_LEASE, "spec.holderIdentity", holder),
        )
        yield Finding(Severity.ERROR, f"the leading operator is silent for {duration(silent)}", evidence, fix)
        return
    yield Fine(holder)
