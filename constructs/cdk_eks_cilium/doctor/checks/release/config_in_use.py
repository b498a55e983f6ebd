"""Whether agents run with the configuration that the ConfigMap has."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_eks_cilium.doctor.checks.views.cilium import CONFIG_MAP, RESTART, config_map
from cdk_eks_cilium.doctor.checks.views.pod_index import agent_pods
from cdk_eks_cilium.doctor.checks.views.writers import last_change
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import KUBE_SYSTEM_CONFIG_MAPS, PODS
from cdk_eks_cilium.doctor.engine.seen import Seen


@check(
    "config-in-use",
    "agents started after the last change of their configuration",
    reads=(KUBE_SYSTEM_CONFIG_MAPS, PODS),
    symptom="a changed option has no effect, or has it on some nodes alone",
    answers=("CILIUM-reads-cni-file-at-start",),
    links=("https://docs.cilium.io/en/stable/network/kubernetes/configuration/",),
)
def config_in_use(seen: Seen) -> Iterator[Outcome]:
    """Agents read cilium-config when they start. A change alone restarts nothing, unless the chart's value
    rollOutCiliumPods is true and Helm makes the change.

    The check compares the start of each agent with the time of the last change, which the API server keeps
    for each manager of the ConfigMap.
    """
    changed = last_change(seen.derived(config_map), "data")
    if changed is None:
        yield Skip("nothing here tells when cilium-config changed: metadata.managedFields is not there")
        return
    started = {name_of(pod): time_of(at(pod, "status.startTime")) for pod in agent_pods(seen)}
    older = {name: time for name, time in started.items() if time is not None and time < changed}
    if not older:
        yield Fine(f"{len(started)} agents started after the change of {changed:%Y-%m-%d %H:%M}")
        return
    yield Finding(
        Severity.WARNING,
        f"{len(older)} of {len(started)} agents started before their configuration last changed",
        (
            Evidence(CONFIG_MAP, "metadata.managedFields[].time", changed.isoformat()),
            *(
                Evidence(f"Pod {name}", "status.startTime", time.isoformat(), f"after {changed.isoformat()}")
                for name, time in older.items()
            ),
        ),
        RESTART,
    )
