"""Whether the relay can find the agents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.pod_index import selected
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import (
    DAEMON_SETS,
    DEPLOYMENTS,
    KUBE_SYSTEM,
    KUBE_SYSTEM_CONFIG_MAPS,
    PODS,
    SERVICES,
)
from cdk_eks_cilium.doctor.engine.seen import Seen

_SERVICE: Final = "Service kube-system/hubble-peer"


@check(
    "hubble-peer",
    "the relay of Hubble can find the agents",
    reads=(DAEMON_SETS, DEPLOYMENTS, SERVICES, PODS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="the relay logs 'Failed to create peer client for peers synchronization'",
    links=("https://github.com/cilium/cilium/issues/20130",),
)
def hubble_peer(seen: Seen) -> Iterator[Outcome]:
    """The relay asks the Service hubble-peer for the agents of all nodes. The chart installs it, with the
    agents as its pods.

    A release of 1.12 or 1.13 may do without: the relay then asks the agent of its own node by a file.
    """
    if seen.one(DEPLOYMENTS, "hubble-relay", KUBE_SYSTEM) is None:
        yield Skip("the relay is not installed")
        return
    relay = seen.one(KUBE_SYSTEM_CONFIG_MAPS, "hubble-relay-config", KUBE_SYSTEM)
    if "unix://" in str((at(relay, "data") or {}).get("config.yaml", "")):
        yield Fine("the relay asks the agent of its node by a file")
        return
    service = seen.one(SERVICES, "hubble-peer", KUBE_SYSTEM)
    deploy = "helm --namespace kube-system get values cilium\n# Then deploy the stack again."
    if service is None:
        evidence = Evidence(_SERVICE, "metadata.name", "", "the Service")
        yield Finding(Severity.ERROR, "the Service hubble-peer is not there", (evidence,), deploy)
    elif not (pods := selected(seen, service)) and not _wanted_agents(seen):
        yield Skip("no node wants an agent; agents-rolled-out tells whether one should")
    elif not pods:
        selector = str(at(service, "spec.selector") or "")
        evidence = Evidence(_SERVICE, "spec.selector", selector, "{'k8s-app': 'cilium'}")
        yield Finding(Severity.ERROR, "the Service hubble-peer selects no agent", (evidence,), deploy)
    else:
        yield Fine(f"{counted(len(pods), 'agent')} behind hubble-peer")


def _wanted_agents(seen: Seen) -> int:
    agents = seen.one(DAEMON_SETS, "cilium", KUBE_SYSTEM)
    return int(at(agents, "status.desiredNumberScheduled", 1)) if agents is not None else 1
