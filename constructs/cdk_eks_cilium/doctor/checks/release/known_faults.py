"""Whether this release has known faults that this configuration meets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.doctor.checks.views.cilium import AGENTS
from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config, is_on
from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import (
    CILIUM_CLUSTERWIDE_POLICIES,
    CILIUM_POLICIES,
    DAEMON_SETS,
    KUBE_SYSTEM_CONFIG_MAPS,
    NODES,
)
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.versions.known_faults import Fault, faults_met, known_faults

_PROXIED: Final = ("enable-gateway-api", "enable-ingress-controller")


@check(
    "known-faults",
    "this configuration meets no known fault of this release",
    reads=(DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS, NODES, CILIUM_POLICIES, CILIUM_CLUSTERWIDE_POLICIES),
    symptom="Cilium fails in a way that its maintainers know",
    answers=tuple(fault.id for fault in known_faults()),
    links=("https://github.com/cilium/cilium/issues", "https://github.com/cilium/cilium/security/advisories"),
)
def known_faults_met(seen: Seen) -> Iterator[Outcome]:
    """Some releases have faults that only some configurations meet: prefixes, masquerading, encryption.

    The table of this library names each with its releases, the options that lead to it, and the release that
    fixes it. Faults that also need an event, such as a full subnet, are told beside, and are not findings.
    """
    version, options = seen.derived(known_release), seen.derived(config)
    met = list(faults_met(version, options.get))
    later = [fault.id for fault in met if fault.later]
    for fault in met:
        if not fault.later and _concerns(seen, fault, options):
            span = fault.span(version)
            fixed = span.until if span is not None and span.until else ""
            yield Finding(
                Severity.ERROR if fault.breaks else Severity.WARNING,
                f"known fault of {version}: {fault.symptom}",
                tuple(_evidence(fault, options, str(version), fixed)),
                f"# {_sentence(fault.way)}\n" + "\n".join(f"# {link}" for link in fault.links),
                fault.id,
            )
    yield Fine(f"Cilium {version}" + (f"; waiting for their event: {', '.join(later)}" if later else ""))


def _evidence(fault: Fault, options: Mapping[str, str], release: str, fixed: str) -> Iterator[Evidence]:
    expected = f"v{fixed} or newer" if fixed else "a release that fixes it: there is not yet one"
    yield Evidence(AGENTS, "spec.template.spec.containers[0].image", f"v{release}", expected)
    for name in (*fault.when, *fault.given):
        yield Evidence(CONFIG, f"data.{name}", options.get(name, ""))


def _concerns(seen: Seen, fault: Fault, options: Mapping[str, str]) -> bool:
    """Whether the cluster has what a fault is about, where options do not tell all of it."""
    if fault.id == "l7-between-nodes":
        return any(is_on(options, name) for name in _PROXIED) or _has_requests(seen)
    if fault.id == "ebpf-masquerade-on-arm64":
        return any(labels_of(node).get("kubernetes.io/arch") == "arm64" for node in seen.list(NODES))
    return True


def _has_requests(seen: Seen) -> bool:
    """Whether a policy has rules about requests, which Envoy reads."""
    policies = (*seen.list(CILIUM_POLICIES), *seen.list(CILIUM_CLUSTERWIDE_POLICIES))
    return any(_find(each.get("spec")) or _find(each.get("specs")) for each in policies)


def _find(part: Any) -> bool:
    if isinstance(part, Mapping):
        rules = part.get("rules")
        reads = isinstance(rules, Mapping) and bool(rules.keys() & {"http", "kafka", "l7"})
        return reads or any(map(_find, part.values()))
    return isinstance(part, list) and any(map(_find, part))


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}."
