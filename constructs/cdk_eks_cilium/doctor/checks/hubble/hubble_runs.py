"""Whether the relay and the UI of Hubble run as the settings want."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config, is_on
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_PARTS: Final = {"hubble-relay": "hubble.relay.enabled", "hubble-ui": "hubble.ui.enabled"}


@check(
    "hubble-runs",
    "Hubble, its relay and its UI run as the settings want",
    reads=(DEPLOYMENTS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="hubble observe and the UI do not answer",
    answers=("CILIUM-hubble-certificates",),
    links=("https://docs.cilium.io/en/stable/observability/hubble/setup/",),
)
def hubble_runs(seen: Seen) -> Iterator[Outcome]:
    """Agents keep the last flows of their node. The relay collects them from all nodes, and the UI shows
    them.

    Without settings, the check holds what is installed to be ready. The pods of both are pods of Cilium, so
    they wait for addresses as others do, and the relay waits for its certificate.
    """
    found = {name: seen.one(DEPLOYMENTS, name, KUBE_SYSTEM) for name in _PARTS}
    wanted = {name: _planned(seen.plan.values, path) for name, path in _PARTS.items()}
    if not is_on(seen.derived(config), "enable-hubble"):
        yield from _off(
            any(wanted.values()) or any(found.values()), seen.derived(config).get("enable-hubble", "")
        )
        return
    for name, deployment in found.items():
        if deployment is None:
            if wanted[name]:
                yield _finding(name, "metadata.name", "", "the Deployment", f"{name} is not installed")
            continue
        ready, replicas = at(deployment, "status.readyReplicas", 0), at(deployment, "spec.replicas", 1)
        if wanted[name] is False:
            yield _finding(
                name,
                "metadata.name",
                name,
                "not there",
                f"{name} is installed, and the settings do not want it",
            )
        elif ready < replicas or not replicas:
            yield _finding(
                name, "status.readyReplicas", str(ready), str(replicas or 1), f"{name} is not ready"
            )
        elif not _observed(deployment):
            yield _finding(name, "status.observedGeneration", "older", "current", f"{name} is not rolled out")
    yield Fine(", ".join(name for name, each in found.items() if each is not None) or "agents alone")


def _planned(values: Any, path: str) -> bool | None:
    """What the settings want; None where they are not known, and False where they do not name it."""
    return None if values is None else bool(at(values, path, False))


def _observed(deployment: Object) -> bool:
    return int(at(deployment, "status.observedGeneration", 0)) >= int(
        at(deployment, "metadata.generation", 0)
    )


def _off(wanted: bool, seen: str) -> Iterator[Outcome]:
    if not wanted:
        yield Skip("Hubble is off: enable-hubble")
        return
    yield Finding(
        Severity.ERROR,
        "Hubble is off on the agents, and its relay or UI is wanted",
        (Evidence(CONFIG, "data.enable-hubble", seen, "true"),),
        "# Deploy again, or look for hubble.enabled in the overrides.\n"
        "helm --namespace kube-system get values cilium",
    )


def _finding(name: str, field: str, seen: str, expected: str, summary: str) -> Finding:
    fix = (
        "helm --namespace kube-system get values cilium\n# Then deploy the stack again."
        if field == "metadata.name"
        else f"kubectl --namespace kube-system describe pods --selector k8s-app={name}"
    )
    return Finding(
        Severity.ERROR if seen != name else Severity.WARNING,
        summary,
        (Evidence(f"Deployment kube-system/{name}", field, seen, expected),),
        fix,
    )
