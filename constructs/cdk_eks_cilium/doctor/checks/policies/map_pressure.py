"""Whether the agents' eBPF maps have room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip
from cdk_eks_cilium.doctor.engine.kinds import AGENT_METRICS, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen

_FULL, _FILLING = 1.0, 0.9
_SAMPLE: Final = re.compile(
    r'^cilium_bpf_map_pressure\{[^}]*map_name="(?P<map>[^"]+)"[^}]*\} (?P<share>\S+)', re.MULTILINE
)
_POLICY: Final = re.compile(r"(cilium_)?policy_")


@check(
    "map-pressure",
    "the agents' eBPF maps have room",
    reads=(AGENT_METRICS, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="pods do not start, policies are missing on some, or new connections fail",
    links=(
        "https://docs.cilium.io/en/stable/operations/troubleshooting/#policymap-pressure-and-overflow",
        "https://github.com/cilium/cilium/issues/21508",
    ),
)
def map_pressure(seen: Seen) -> Iterator[Outcome]:
    """Each pod has a map of the identities that it may talk to, with bpf-policy-map-max entries: 16384 by
    default. Connections, translations, Services and addresses have maps for the node.

    A full policy map lacks entries, and drops what a policy allows. The metric cilium_bpf_map_pressure tells
    the share that is used; a policy map appears in it from a tenth on. It needs prometheus.enabled.
    """
    options = seen.derived(config)
    if not options.get("prometheus-serve-addr"):
        yield Skip("agents serve no metrics: prometheus.enabled is off")
        return
    pods = seen.list(AGENT_METRICS)
    shares = {
        (str(pod.get("pod")), match["map"]): float(match["share"])
        for pod in pods
        for match in _SAMPLE.finditer(str(pod.get("text", "")))
    }
    if not shares:
        yield Skip("agents do not serve the metric cilium_bpf_map_pressure")
        return
    high = {place: share for place, share in shares.items() if share >= _FILLING}
    for is_policy in (True, False):
        maps = {place: share for place, share in high.items() if bool(_POLICY.match(place[1])) is is_policy}
        if maps:
            yield _finding(is_policy, maps, options.get("bpf-policy-map-max", "16384"))
    yield Fine(f"the maps of {counted(len(pods), 'agent')}, the fullest at {max(shares.values()):.0%}")


def _finding(is_policy: bool, maps: dict[tuple[str, str], float], most: str) -> Finding:
    evidence = [
        Evidence(
            f"Pod kube-system/{pod}",
            f"cilium_bpf_map_pressure of {name}",
            f"{share:.0%}",
            f"below {_FILLING:.0%}",
        )
        for (pod, name), share in maps.items()
    ]
    full = max(maps.values()) >= _FULL
    if is_policy:
        evidence.append(Evidence(CONFIG, "data.bpf-policy-map-max", most))
        fix = (
            "# Fewer identities are better than larger maps: see the check identities. Then set\n"
            "# bpf.policyMapMax in the overrides, at most 65536, and deploy."
        )
    else:
        fix = "# Set map_size_ratio in the settings, by default 0.0025 of the node's memory, and deploy."
    kind = "policy maps of pods" if is_policy else "maps of nodes"
    summary = (
        f"{kind} are {'full' if full else 'almost full'}: {', '.join(sorted({name for _, name in maps}))}"
    )
    return Finding(Severity.ERROR if full else Severity.WARNING, summary, tuple(evidence), fix)
