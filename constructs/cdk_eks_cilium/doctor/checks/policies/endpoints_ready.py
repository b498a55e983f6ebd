"""Whether agents finished with the policies of every pod."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.endpoints import pod_names
from cdk_eks_cilium.doctor.checks.views.pod_index import minutes_since_start
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import CILIUM_ENDPOINTS, PODS
from cdk_eks_cilium.doctor.engine.seen import Seen

_BROKEN: Final = frozenset({"invalid", "not-ready", "waiting-for-identity"})
_BUSY: Final = frozenset({"waiting-to-regenerate", "regenerating", "restoring"})
_MINUTES: Final = 5.0
_SHARE, _FEWEST = 0.05, 10
"""A change of policies keeps some endpoints busy for a moment; this many at once is not a moment's work."""


@check(
    "endpoints-ready",
    "agents finished with the policies of every pod",
    reads=(CILIUM_ENDPOINTS, PODS),
    symptom="a changed policy does not take effect on some pods",
    links=("https://docs.cilium.io/en/stable/operations/troubleshooting/",),
)
def endpoints_ready(seen: Seen) -> Iterator[Outcome]:
    """An agent compiles the policies of a pod into its maps, and then calls the endpoint ready.

    An endpoint that waits for its identity, or is not ready, some minutes after its pod started is stuck: its
    traffic follows older policies, or is dropped. Many busy ones at once mean that agents do not keep up. A
    CiliumEndpoint without a state has not been reported since its agent restarted.
    """
    pods = seen.derived(pod_names)
    found = seen.list(CILIUM_ENDPOINTS)
    stuck, states = [], Counter[str]()
    for endpoint in found:
        state = at(endpoint, "status.state", "")
        states[state] += 1
        pod = pods.get(name_of(endpoint))
        if state in _BROKEN and pod is not None and minutes_since_start(seen, pod) > _MINUTES:
            stuck.append(Evidence(f"CiliumEndpoint {name_of(endpoint)}", "status.state", state, "ready"))
    look = (
        "kubectl get ciliumendpoints --all-namespaces --output wide | grep --invert-match ready\n"
        "kubectl --namespace kube-system logs daemonset/cilium --container cilium-agent | grep -i regenerat"
    )
    if stuck:
        yield Finding(Severity.ERROR, f"{counted(len(stuck), 'endpoint')} not ready", tuple(stuck), look)
    busy = sum(states[state] for state in _BUSY)
    if busy >= max(_FEWEST, _SHARE * len(found)):
        told = ", ".join(f"{states[state]} {state}" for state in sorted(_BUSY) if states[state])
        evidence = Evidence("CiliumEndpoints", "status.state", told, "ready")
        yield Finding(Severity.WARNING, f"{busy} of {len(found)} endpoints being computed", (evidence,), look)
    yield Fine(f"{states['ready']} of {len(found)} endpoints ready")
