"""Whether all agents run the release and the configuration that the DaemonSet asks for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG
from cdk_eks_cilium.doctor.checks.views.pods import pod_index
from cdk_eks_cilium.doctor.checks.views.words import counted, named
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, KUBE_SYSTEM_CONFIG_MAPS, PODS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_TAG: Final = re.compile(r"/cilium:([^@]+)")
# Kubernetes puts it on each pod of a DaemonSet.
_REVISION: Final = "controller-revision-hash"
# The chart puts it on the DaemonSet with rollOutCiliumPods.
_CHECKSUM: Final = "cilium.io/cilium-configmap-checksum"
_SOON: Final = timedelta(minutes=2)

_RESTART: Final = (
    "kubectl --namespace kube-system rollout status daemonset/cilium\n"
    "# Where the rollout has stopped:\n"
    "kubectl --namespace kube-system rollout restart daemonset/cilium"
)


@check(
    "agents-run-one-release",
    "all agents run the same release with the same configuration",
    reads=(PODS, DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="some nodes behave otherwise than others after an upgrade or a change",
    answers=("CILIUM-reads-cni-file-at-start", "CILIUM-one-minor"),
    links=(
        "https://docs.cilium.io/en/stable/operations/upgrade/",
        "https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/",
    ),
)
def agents_run_one_release(seen: Seen) -> Iterator[Outcome]:
    """Agents read their configuration when they start, so a node has the old one until its agent restarts.

    A rollout that stops half-way leaves agents of two releases. Without ``rollOutCiliumPods`` a change of
    ``cilium-config`` restarts no agent at all.
    """
    agents = [pod for pods in seen.derived(pod_index).agents.values() for pod in pods]
    tags = _by(agents, _release)
    revisions = _by(agents, lambda pod: labels_of(pod).get(_REVISION, ""))
    if len(tags) > 1:
        yield _mixed("releases", tags, "status.containerStatuses[cilium-agent].image")
    elif len(revisions) > 1:
        yield _mixed("templates", revisions, f"metadata.labels[{_REVISION}]")
    else:
        changed = _changed(seen)
        old = [pod for pod in agents if changed is not None and _started(pod, changed)]
        if old and changed is not None:
            yield _outdated(old, changed, len(agents))
        else:
            yield Fine(f"{counted(len(agents), 'agent')} of {named(tags) or 'one release'}")


def _by(agents: Sequence[Object], value: Callable[[Object], str]) -> Mapping[str, list[Object]]:
    found: dict[str, list[Object]] = defaultdict(list)
    for pod in agents:
        if text := value(pod):
            found[text].append(pod)
    return dict(sorted(found.items(), key=lambda each: -len(each[1])))


def _release(pod: Object) -> str:
    for each in at(pod, "status.containerStatuses") or ():
        if each.get("name") == "cilium-agent" and (match := _TAG.search(str(each.get("image", "")))):
            return match[1]
    return ""


def _mixed(what: str, found: Mapping[str, list[Object]], field: str) -> Finding:
    most, *others = found
    evidence = tuple(
        Evidence(f"Pod kube-system/{pod['metadata']['name']}", field, each, most)
        for each in others
        for pod in found[each]
    )
    parts = ", ".join(f"{len(pods)} of {each}" for each, pods in found.items())
    return Finding(Severity.WARNING, f"agents of {len(found)} {what}: {parts}", evidence, _RESTART)


def _changed(seen: Seen) -> datetime | None:
    """When the configuration last changed, if nothing restarts the agents for it; None if nothing tells."""
    template = seen.one(DAEMON_SETS, "cilium", KUBE_SYSTEM)
    if _CHECKSUM in (at(template, "spec.template.metadata.annotations") or {}):
        return None
    found = seen.one(KUBE_SYSTEM_CONFIG_MAPS, "cilium-config", KUBE_SYSTEM)
    times = [
        changed
        for each in at(found, "metadata.managedFields") or ()
        if "f:data" in (each.get("fieldsV1") or {}) and (changed := time_of(each.get("time")))
    ]
    return max(times, default=None)


def _started(pod: Object, changed: datetime) -> bool:
    """Whether an agent started before a change. A container that has started again has read it."""
    times = [time_of(at(pod, "status.startTime"))]
    for each in at(pod, "status.containerStatuses") or ():
        if each.get("name") == "cilium-agent":
            times.append(time_of(at(each, "state.running.startedAt")))
    known = [each for each in times if each is not None]
    return bool(known) and max(known) < changed - _SOON


def _outdated(old: Sequence[Object], changed: datetime, agents: int) -> Finding:
    evidence = (
        Evidence(
            CONFIG, "metadata.managedFields[].time", changed.isoformat(), "before the start of every agent"
        ),
        *(
            Evidence(
                f"Pod kube-system/{pod['metadata']['name']}",
                "status.startTime",
                str(at(pod, "status.startTime", "")),
                f"after {changed.isoformat()}",
            )
            for pod in old
        ),
    )
    fix = (
        "# Agents read cilium-config when they start. With rollOutCiliumPods the chart restarts them.\n"
        "kubectl --namespace kube-system rollout restart daemonset/cilium"
    )
    summary = f"{counted(len(old), 'agent')} of {agents} older than the last change of cilium-config"
    return Finding(Severity.WARNING, summary, evidence, fix)
