"""Whether all of Cilium is of one release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cdk_eks_cilium.doctor.checks.views.cilium import OPERATOR, container, release, release_in
from cdk_eks_cilium.doctor.checks.views.pod_index import agent_pods
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, DEPLOYMENTS, KUBE_SYSTEM, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_ROLL_OUT = (
    "kubectl --namespace kube-system rollout status daemonset/cilium --timeout 10m\n"
    "# If it hangs, see which agents wait:\n"
    "kubectl --namespace kube-system get pods --selector k8s-app=cilium --output wide"
)


@check(
    "one-release",
    "agents and operator are of one release",
    reads=(DAEMON_SETS, DEPLOYMENTS, PODS),
    symptom="some nodes behave differently from the others",
    links=("https://docs.cilium.io/en/stable/operations/upgrade/",),
)
def one_release(seen: Seen) -> Iterator[Outcome]:
    """An upgrade replaces agents node by node. Where it stops, nodes run different releases.

    Cilium supports that during an upgrade, between one minor and the next, and not as a lasting state.
    """
    wanted = seen.derived(release)
    pods = {name_of(pod): _running(pod) for pod in agent_pods(seen)}
    found = Counter(number for number in pods.values() if number)
    if len(found) > 1 or (found and wanted not in found):
        told = ", ".join(f"{number} on {count}" for number, count in sorted(found.items()))
        yield Finding(
            Severity.WARNING,
            f"agents are of several releases: {told} nodes",
            tuple(
                Evidence(f"Pod {name}", "status.containerStatuses[].image", number, wanted)
                for name, number in pods.items()
                if number and number != wanted
            ),
            _ROLL_OUT,
        )
    operator = seen.one(DEPLOYMENTS, "cilium-operator", KUBE_SYSTEM)
    other = release_in(str(container(operator or {}, "cilium-operator").get("image", "")))
    if operator is not None and other and other != wanted:
        field = "spec.template.spec.containers[0].image"
        yield Finding(
            Severity.WARNING,
            f"cilium-operator is of {other}, and the agents are of {wanted}",
            (Evidence(OPERATOR, field, other, wanted),),
            "helm --namespace kube-system get values cilium\n# Take image overrides out, and deploy again.",
        )
    yield Fine(f"Cilium {wanted}")


def _running(pod: Object) -> str | None:
    statuses: list[dict[str, Any]] = at(pod, "status.containerStatuses") or []
    agent = next((each for each in statuses if each.get("name") == "cilium-agent"), {})
    return release_in(str(agent.get("image", "")))
