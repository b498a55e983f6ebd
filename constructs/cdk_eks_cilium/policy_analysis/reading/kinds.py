"""The kinds that answers depend on, with the groups of the API that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.policy.documents import KIND_GROUPS, KINDS, Document
from cdk_eks_cilium.policy_analysis.pod_makers import POD_MAKERS
from cdk_eks_cilium.problems import Problem, did_you_mean

_NEAR: Final = 0.9
_RUN: Final = ("container", "script")
"""What a template of Argo's workflows runs: https://argo-workflows.readthedocs.io/en/latest/workflow-concepts/."""

JUDGED: Final[Mapping[str, frozenset[str]]] = {
    **{kind: frozenset({KIND_GROUPS.get(kind, "cilium.io")}) for kind in KINDS},
    # Before Kubernetes 1.16, which removed it, NetworkPolicy and Deployment were in extensions, too.
    "NetworkPolicy": frozenset({"networking.k8s.io", "extensions"}),
    **dict.fromkeys(("CiliumCIDRGroup", "CiliumLocalRedirectPolicy"), frozenset({"cilium.io"})),
    **dict.fromkeys(("Namespace", "Node", "Pod", "Service", "Endpoints"), frozenset({""})),
    "EndpointSlice": frozenset({"discovery.k8s.io"}),
    **{kind: maker.groups for kind, maker in POD_MAKERS.items()},
}
"""The kinds that are read, each with its groups; the core group is empty."""


RELEASES: Final[Mapping[str, frozenset[str]]] = {
    # https://fluxcd.io/flux/components/helm/helmreleases/, and https://docs.k3s.io/helm
    "HelmRelease": frozenset({"helm.toolkit.fluxcd.io", "helm.fluxcd.io"}),
    "HelmChart": frozenset({"helm.cattle.io"}),
    # https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/
    "Application": frozenset({"argoproj.io"}),
    "ApplicationSet": frozenset({"argoproj.io"}),
    # https://docs.crossplane.io/latest/: its providers of Helm and of Kubernetes, the older and the newer.
    "Release": frozenset({"helm.crossplane.io", "helm.m.crossplane.io"}),
    "Object": frozenset({"kubernetes.crossplane.io", "kubernetes.m.crossplane.io"}),
    # https://carvel.dev/kapp-controller/docs/latest/app-spec/ and https://fleet.rancher.io/gitrepo-add
    "App": frozenset({"kappctrl.k14s.io"}),
    "GitRepo": frozenset({"fleet.cattle.io"}),
}
"""The kinds that stand for other objects, pods among them, which a controller renders; with their groups."""


_OTHER_PLUGINS: Final[Mapping[str, str]] = {
    # https://docs.tigera.io/calico/latest/reference/resources/: its own API server, and the CRDs behind it
    "projectcalico.org": "Calico",
    "crd.projectcalico.org": "Calico",
    # https://antrea.io/docs/main/docs/antrea-network-policy/
    "crd.antrea.io": "Antrea",
}
_POLICY_ENDINGS: Final = ("NetworkPolicy", "NetworkSet", "Tier")


def group_of(document: Document) -> str:
    """The group of the API that an object belongs to; empty for the core group."""
    group, slash, _ = str(document.data.get("apiVersion") or "").partition("/")
    return group if slash else ""


def is_judged(document: Document) -> bool:
    """Whether answers depend on an object. One without apiVersion is taken by its kind."""
    return _among(JUDGED, document)


def of_another_plugin(document: Document) -> str | None:
    """The plugin that a policy is for if it is not for Cilium, as ``Calico (projectcalico.org)``."""
    group = group_of(document)
    plugin = _OTHER_PLUGINS.get(group)
    return f"{plugin} ({group})" if plugin and document.kind.endswith(_POLICY_ENDINGS) else None


def is_release(document: Document) -> bool:
    """Whether an object stands for others that a controller renders from somewhere else."""
    return group_of(document) in RELEASES.get(document.kind, frozenset())


def is_unjudged(document: Document) -> bool:
    """Whether an object matters for answers, but is not judged: something unknown that makes pods."""
    spec = document.data.get("spec")
    return not is_judged(document) and isinstance(spec, Mapping) and _makes_pods(spec)


def misspelt(document: Document) -> Problem | None:
    """What is wrong with the kind or the group of an object that is not judged, if one that is was meant."""
    kind, group = document.kind, group_of(document)
    groups = JUDGED.get(kind)
    if groups is not None:
        near = did_you_mean(group, sorted(groups - {""}), cutoff=_NEAR)
        # Only a few kinds are of the core group.
        if near or not group:
            where, rule = (
                f"{document.where}: apiVersion",
                f"must be of the group {' or '.join(sorted(groups))}",
            )
            return Problem(where, rule, document.data.get("apiVersion"), near, id="CEK5142")
        return None
    near = did_you_mean(kind, [each for each, of in JUDGED.items() if group in of], cutoff=_NEAR)
    if not near:
        return None
    group_text = f"of the group {group}" if group else "of the core group"
    return Problem(f"{document.where}: kind", f"must be a kind {group_text}", kind, near, id="CEK5143")


def _among(kinds: Mapping[str, frozenset[str]], document: Document) -> bool:
    groups = kinds.get(document.kind, frozenset())
    return bool(groups) and (not document.data.get("apiVersion") or group_of(document) in groups)


def _makes_pods(spec: Mapping[str, Any]) -> bool:
    """Whether the template of a pod is somewhere in an object: kinds of operators nest it differently.

    A template is under a key such as ``template`` or ``workerTemplate``; Argo's workflows list theirs, each
    with a container.
    """
    stack: list[tuple[str, Any]] = [("", spec)]
    while stack:
        key, value = stack.pop()
        if isinstance(value, list):
            stack += [(key, each) for each in value]
        elif isinstance(value, Mapping):
            pod = value.get("spec")
            if (
                key.endswith("emplate")
                and isinstance(pod, Mapping)
                and isinstance(pod.get("containers"), list)
            ):
                return True
            if key == "templates" and any(isinstance(value.get(each), Mapping) for each in _RUN):
                return True
            stack += [(str(name), each) for name, each in value.items()]
    return False
