"""Whether Cilium alone enforces policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.words import counted
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, name_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import (
    DAEMON_SETS,
    KUBE_SYSTEM,
    KUBE_SYSTEM_CONFIG_MAPS,
    POLICY_ENDPOINTS,
)
from cdk_eks_cilium.doctor.engine.seen import Seen

_ENGINES: Final = {
    "calico-node": "Calico",
    "kube-router": "kube-router",
    "antrea-agent": "Antrea",
}
_SWITCH: Final = "enable-network-policy-controller"


@check(
    "policy-engines",
    "Cilium alone enforces network policies",
    reads=(DAEMON_SETS, KUBE_SYSTEM_CONFIG_MAPS, POLICY_ENDPOINTS),
    symptom="traffic is dropped that Hubble shows as forwarded",
    answers=("EKS-crds-come-back",),
    links=("https://docs.aws.amazon.com/eks/latest/userguide/network-policies-troubleshooting.html",),
)
def policy_engines(seen: Seen) -> Iterator[Outcome]:
    """Two engines on one node both enforce each NetworkPolicy, and the stricter reading of it wins.

    Calico, kube-router and Antrea have agents of their own. The controller of EKS is in the control plane:
    where it is on, it makes a PolicyEndpoint for each policy, for an agent that is in the pods of aws-node.
    """
    others = [
        each
        for each in seen.list(DAEMON_SETS)
        if name_of(each).partition("/")[2] in _ENGINES and at(each, "status.desiredNumberScheduled", 0)
    ]
    for each in others:
        space, _, name = name_of(each).partition("/")
        yield Finding(
            Severity.ERROR,
            f"{_ENGINES[name]} enforces policies beside Cilium",
            (
                Evidence(
                    f"DaemonSet {name_of(each)}",
                    "status.desiredNumberScheduled",
                    str(at(each, "status.desiredNumberScheduled")),
                    "0",
                ),
            ),
            f"kubectl --namespace {space} delete daemonset {name}\n"
            "# Its rules in iptables stay on a node until the node is replaced.",
        )
    options = seen.one(KUBE_SYSTEM_CONFIG_MAPS, "amazon-vpc-cni", KUBE_SYSTEM)
    switch = (at(options, "data") or {}).get(_SWITCH, "")
    if switch == "true":
        count = len(seen.list(POLICY_ENDPOINTS))
        yield Finding(
            Severity.WARNING,
            "EKS's own controller of network policies is on, beside Cilium",
            (
                Evidence("ConfigMap kube-system/amazon-vpc-cni", f"data.{_SWITCH}", switch, "false"),
                Evidence("PolicyEndpoints", "number", str(count), "0"),
            ),
            "kubectl --namespace kube-system patch configmap amazon-vpc-cni --type merge --patch "
            f'\'{{"data":{{"{_SWITCH}":"false"}}}}\'',
        )
    yield Fine(f"{counted(len(seen.list(DAEMON_SETS)), 'DaemonSet')}, and only Cilium's enforces policies")
