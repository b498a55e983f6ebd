"""Whether policies of each kind are enforced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium import RESTART
from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config, is_on
from cdk_eks_cilium.doctor.checks.views.known_release import known_release
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import (
    ADMIN_POLICIES,
    BASELINE_POLICIES,
    CILIUM_CLUSTERWIDE_POLICIES,
    CILIUM_POLICIES,
    CLUSTER_POLICIES,
    DAEMON_SETS,
    KUBE_SYSTEM_CONFIG_MAPS,
    NETWORK_POLICIES,
)
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.versions import behaviour

_SWITCH: Final = "enable-k8s-cluster-network-policy"
_SINCE: Final = behaviour.policy.CLUSTER_NETWORK_POLICIES.since
_KINDS: Final = (NETWORK_POLICIES, CILIUM_POLICIES, CILIUM_CLUSTERWIDE_POLICIES)


@check(
    "policies-enforced",
    "policies of every kind are enforced",
    reads=(
        *_KINDS,
        ADMIN_POLICIES,
        BASELINE_POLICIES,
        CLUSTER_POLICIES,
        DAEMON_SETS,
        KUBE_SYSTEM_CONFIG_MAPS,
    ),
    symptom="policies are in the cluster, and all traffic passes",
    links=(
        "https://docs.cilium.io/en/stable/security/policy/intro/#policy-enforcement-modes",
        "https://github.com/cilium/cilium/pull/47227",
    ),
)
def policies_enforced(seen: Seen) -> Iterator[Outcome]:
    """An option can turn all policies off, only log what they would drop, or ignore NetworkPolicies.

    Cilium never enforces AdminNetworkPolicy and BaselineAdminNetworkPolicy. From 1.20 on it enforces
    ClusterNetworkPolicy, where k8sClusterNetworkPolicy.enabled is true.
    """
    options = seen.derived(config)
    count = sum(len(seen.list(kind)) for kind in _KINDS)
    yield from _switched_off(options, count, len(seen.list(NETWORK_POLICIES)))
    for kind in (ADMIN_POLICIES, BASELINE_POLICIES):
        found = seen.list(kind)
        if found:
            yield _ignored(kind.kind, found, "# Write them as CiliumClusterwideNetworkPolicies.")
    found = seen.list(CLUSTER_POLICIES)
    if found and not is_on(options, _SWITCH):
        newer = behaviour.policy.CLUSTER_NETWORK_POLICIES.holds(seen.derived(known_release))
        fix = (
            "# Set cilium.cluster_network_policies to true in the settings, and deploy."
            if newer
            else f"# Cilium enforces them from {_SINCE} on; before, write CiliumClusterwideNetworkPolicies."
        )
        yield _ignored(CLUSTER_POLICIES.kind, found, fix)
    yield Fine(counted(count, "policy", "policies"))


def _switched_off(options: Mapping[str, str], count: int, of_kubernetes: int) -> Iterator[Outcome]:
    # Without policies it only hurts: the first one will have no effect.
    severity = Severity.ERROR if count else Severity.WARNING
    if options.get("enable-policy") == "never":
        yield _option(
            options,
            "enable-policy",
            "default",
            f"no policy is enforced, and {count} are in the cluster",
            severity,
        )
    elif is_on(options, "policy-audit-mode"):
        yield _option(
            options,
            "policy-audit-mode",
            "false",
            f"policies are only logged, and {count} are in the cluster",
            severity,
        )
    elif options.get("enable-k8s-networkpolicy") == "false" and of_kubernetes:
        yield _option(
            options,
            "enable-k8s-networkpolicy",
            "true",
            f"{of_kubernetes} NetworkPolicies are not enforced",
        )


def _option(
    options: Mapping[str, str], name: str, expected: str, summary: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(
        severity,
        summary,
        (Evidence(CONFIG, f"data.{name}", options.get(name, ""), expected),),
        "# Change the settings, and deploy. By hand:\n"
        "kubectl --namespace kube-system patch configmap cilium-config --type merge --patch "
        f'\'{{"data":{{"{name}":"{expected}"}}}}\'\n{RESTART}',
    )


def _ignored(kind: str, found: Sequence[Object], fix: str) -> Finding:
    return Finding(
        Severity.ERROR,
        f"{counted(len(found), 'object')} of the kind {kind} not enforced",
        tuple(Evidence(f"{kind} {name_of(each)}", "enforced", "no", "yes") for each in found),
        fix,
    )
