"""Whether Services have exactly one proxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium import replaces_kube_proxy
from cdk_eks_cilium.doctor.checks.views.cilium_config import CONFIG, config
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, labels_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity
from cdk_eks_cilium.doctor.engine.kinds import DAEMON_SETS, KUBE_SYSTEM, KUBE_SYSTEM_CONFIG_MAPS, NODES
from cdk_eks_cilium.doctor.engine.seen import Seen

# belief: CILIUM-kube-proxy-beside
_OBJECT: Final = "DaemonSet kube-system/kube-proxy"
_SELECTOR: Final = "spec.template.spec.nodeSelector"


@check(
    "kube-proxy",
    "every node has exactly one proxy for Services",
    reads=(DAEMON_SETS, NODES, KUBE_SYSTEM_CONFIG_MAPS),
    symptom="Services cannot be reached, or connections to them break now and then",
    answers=("CILIUM-kube-proxy-beside", "CILIUM-way-to-the-api"),
    links=("https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/",),
    gate=True,
)
def kube_proxy(seen: Seen) -> Iterator[Outcome]:
    """Either kube-proxy or Cilium's replacement translates the addresses of Services.

    Without either, no pod reaches a Service, the API server included. With both, each connection is
    translated twice, and the rules of kube-proxy stay on a node after it is gone.
    """
    replaced = replaces_kube_proxy(seen.derived(config))
    nodes = seen.list(NODES)
    found = seen.one(DAEMON_SETS, "kube-proxy", KUBE_SYSTEM)
    selector = at(found, _SELECTOR) or {}
    matched = [node for node in nodes if found is not None and selector.items() <= labels_of(node).items()]
    option = Evidence(
        CONFIG,
        "data.kube-proxy-replacement",
        seen.derived(config).get("kube-proxy-replacement", ""),
    )
    if replaced and matched:
        yield _beside(f"{selector}, which matches {len(matched)} of {len(nodes)} nodes", option)
    elif replaced:
        yield Fine("Cilium replaces kube-proxy, which runs on no node")
    elif found is None:
        yield _missing("", option, seen.plan.cluster)
    elif nodes and not matched:
        yield _missing(str(selector), option, seen.plan.cluster)
    else:
        yield Fine(f"kube-proxy runs on {len(matched)} of {len(nodes)} nodes")


def _beside(selector: str, option: Evidence) -> Finding:
    return Finding(
        Severity.WARNING,
        "kube-proxy runs beside Cilium's replacement of it",
        (Evidence(_OBJECT, _SELECTOR, selector, "no node"), option),
        "# A deployment with kube_proxy_replacement keeps it off. By hand:\n"
        "kubectl --namespace kube-system patch daemonset kube-proxy --type merge --patch "
        '\'{"spec":{"template":{"spec":{"nodeSelector":{"io.cilium/kube-proxy-enabled":"true"}}}}}\'\n'
        "# Then replace the nodes: its rules stay on those where it ran.",
    )


def _missing(selector: str, option: Evidence, cluster: str | None) -> Finding:
    fix = (
        "kubectl --namespace kube-system patch daemonset kube-proxy --type json --patch "
        '\'[{"op":"remove","path":"/spec/template/spec/nodeSelector"}]\''
        if selector
        else f"aws eks create-addon --cluster-name {cluster or 'CLUSTER'} --addon-name kube-proxy"
    )
    field = _SELECTOR if selector else "metadata.name"
    evidence = Evidence(_OBJECT, field, selector, "the DaemonSet, on every node")
    return Finding(Severity.ERROR, "neither kube-proxy nor Cilium serves Services", (evidence, option), fix)
