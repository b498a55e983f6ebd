"""Whether the tenants of the settings are isolated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from cdk_eks_cilium.doctor.checks.views.cilium_config import config
from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import (
    CILIUM_POLICIES,
    KUBE_SYSTEM_CONFIG_MAPS,
    NAMESPACES,
    NETWORK_POLICIES,
)
from cdk_eks_cilium.doctor.engine.seen import Seen

_DIRECTIONS = ("ingress", "egress")


@check(
    "tenants-isolated",
    "each tenant of the settings has its namespace, and a default deny in it",
    reads=(NAMESPACES, CILIUM_POLICIES, NETWORK_POLICIES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="pods of one tenant reach pods of another",
    answers=("CILIUM-policies",),
    links=("https://docs.cilium.io/en/stable/security/policy/intro/#policy-enforcement-modes",),
)
def tenants_isolated(seen: Seen) -> Iterator[Outcome]:
    """A pod takes any traffic until a policy selects it. The default deny of a tenant selects all its pods,
    in both directions.

    Where somebody deletes that policy, pods without a policy of their own are open, and nothing else tells.
    """
    tenants = seen.planned("tenants")
    spaces = {name_of(each) for each in seen.list(NAMESPACES)}
    missing = tuple(
        Evidence(f"Namespace {name}", "metadata.name", "", "there") for name in tenants if name not in spaces
    )
    if missing:
        yield Finding(
            Severity.ERROR,
            f"{counted(len(missing), 'tenant')} of {seen.plan.source} without a namespace",
            missing,
            "# Deploy the stack of the tenants again:\ncdk deploy --all",
        )
    if seen.derived(config).get("enable-policy") == "always":
        yield Fine("every pod is isolated: enable-policy is 'always'")
        return
    denied = seen.derived(_denied)
    open_ = tuple(
        Evidence(f"Namespace {name}", f"a policy that isolates all pods in {direction}", "", "there")
        for name in tenants
        if name in spaces
        for direction in _DIRECTIONS
        if direction not in denied[name]
    )
    if open_:
        yield Finding(
            Severity.ERROR,
            f"{counted(len({each.object for each in open_}), 'tenant')} not isolated",
            open_,
            "# Deploy the stack of the tenants again: it applies the policy default-deny.\ncdk deploy --all",
        )
    yield Fine(counted(len(tenants), "tenant"))


def _denied(seen: Seen) -> Mapping[str, set[str]]:
    """The directions in which all pods of a namespace are isolated."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for policy in seen.list(CILIUM_POLICIES):
        for rule in (policy.get("spec"), *(policy.get("specs") or ())):
            if isinstance(rule, Mapping) and _all(rule.get("endpointSelector")):
                found[at(policy, "metadata.namespace", "")] |= _isolates(rule)
    for policy in seen.list(NETWORK_POLICIES):
        spec = policy.get("spec") or {}
        if not spec.get("podSelector"):
            types = spec.get("policyTypes") or (["Ingress", "Egress"] if "egress" in spec else ["Ingress"])
            found[at(policy, "metadata.namespace", "")] |= {each.lower() for each in types}
    return found


def _all(selector: Any) -> bool:
    """Whether a selector of Cilium takes every pod of the namespace."""
    if not isinstance(selector, Mapping):
        return False
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def _isolates(rule: Mapping[str, Any]) -> set[str]:
    # https://docs.cilium.io/en/stable/security/policy/language/: a section with an item isolates, unless
    # enableDefaultDeny takes that away.
    deny = rule.get("enableDefaultDeny") or {}
    return {
        direction
        for direction in _DIRECTIONS
        if deny.get(direction, bool(rule.get(direction) or rule.get(f"{direction}Deny")))
    }
