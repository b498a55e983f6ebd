"""The conditions under which Cilium starts on a node, and the objects that it registers then.

The conditions are Cilium's in ENI mode: the operator must run before agents get addresses, the agents start
only with everything that they mount, and both need a way to the API server (through kube-proxy, or, if Cilium
replaces kube-proxy, by the address in ``k8sServiceHost``, see
https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.pods import Pods, hindrance
from rehearsal.kubernetes.scheduling import NOT_READY_TAINT, is_ready, missing_mounts, obstacle
from rehearsal.kubernetes.store import ObjectKey

# belief: CILIUM-taint
AGENT_NOT_READY_TAINT = "node.cilium.io/agent-not-ready"
NAMESPACE = "kube-system"
_RELEASE = "install the Cilium release before the node group"

# kind, plural, scope, short names
_CUSTOM_TYPES = (
    ("CiliumNetworkPolicy", "ciliumnetworkpolicies", "Namespaced", "cnp", "ciliumnp"),
    ("CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", "Cluster", "ccnp"),
    ("CiliumNode", "ciliumnodes", "Cluster", "cn", "ciliumn"),
    ("CiliumEndpoint", "ciliumendpoints", "Namespaced", "cep", "ciliumep"),
    ("CiliumIdentity", "ciliumidentities", "Cluster", "ciliumid"),
)
# Likewise, with their versions, and the first minor that registers a type so. Agents wait for them:
# https://github.com/cilium/cilium/blob/v1.15.0/pkg/k8s/synced/crd.go.
_LATER_TYPES = (
    ((1, 18), "v2", "CiliumCIDRGroup", "ciliumcidrgroups", "Cluster", "ccg"),
    ((1, 14), "v2alpha1", "CiliumCIDRGroup", "ciliumcidrgroups", "Cluster", "ccg"),
    ((1, 16), "v2", "CiliumNodeConfig", "ciliumnodeconfigs", "Namespaced"),
    ((1, 13), "v2alpha1", "CiliumNodeConfig", "ciliumnodeconfigs", "Namespaced"),
    ((1, 14), "v2alpha1", "CiliumPodIPPool", "ciliumpodippools", "Cluster", "cpip"),
)


# belief: CILIUM-operator-first, CILIUM-chart-objects
def unmet(store: Objects, node: Object, pods: Pods) -> list[str]:
    """The unmet conditions of Cilium on a node, in words, each with its fix."""
    daemon_set = store.get(ObjectKey("apps", "daemonsets", NAMESPACE, "cilium"))
    operator = store.get(ObjectKey("apps", "deployments", NAMESPACE, "cilium-operator"))
    config = store.get(ObjectKey("", "configmaps", NAMESPACE, "cilium-config"))
    reasons = []
    if daemon_set is None:
        reasons.append(f"DaemonSet kube-system/cilium is missing; {_RELEASE}")
    if operator is None:
        reasons.append(f"Deployment kube-system/cilium-operator is missing; {_RELEASE}")
    if config is None:
        reasons.append(f"ConfigMap kube-system/cilium-config is missing; {_RELEASE}")
    reasons += _accounts(store, daemon_set, operator)
    settings: dict[str, str] = (config or {}).get("data") or {}
    if config is not None and settings.get("ipam") != "eni":
        found = settings.get("ipam", "nothing")
        reasons.append(f"cilium-config has ipam {found}, not eni; set the chart value ipam.mode to eni")
    if daemon_set is not None:
        reasons += _masquerade(daemon_set, settings)
        reasons += _agent(store, daemon_set, settings, node)
    if operator is not None:
        reasons += _operator(store, operator)
    reasons += _refused(pods, node, daemon_set, operator)
    if daemon_set is not None and operator is not None:
        reasons += _api_access(store, daemon_set, operator, settings, node)
    return reasons


def operator_runs(store: Objects, pods: Pods) -> bool:
    """Whether a Ready node runs the operator."""
    operator = store.get(ObjectKey("apps", "deployments", NAMESPACE, "cilium-operator"))
    if operator is None or list(_operator(store, operator)):
        return False
    if not pods.admitted(operator, operator["spec"]["replicas"]).number:
        return False
    return any(is_ready(node) and obstacle(_pod(operator), node) is None for node in store.find("", "nodes"))


def _pod(workload: Object) -> Object:
    pod: Object = workload["spec"]["template"]["spec"]
    return pod


def _accounts(store: Objects, daemon_set: Object | None, operator: Object | None) -> Iterator[str]:
    for workload, default in ((daemon_set, "cilium"), (operator, "cilium-operator")):
        name = (_pod(workload).get("serviceAccountName") if workload else None) or default
        if store.get(ObjectKey("", "serviceaccounts", NAMESPACE, name)) is None:
            yield (
                f"ServiceAccount kube-system/{name} is missing; let the chart create it "
                "(serviceAccounts.*.create) or create it before the release"
            )


def _agent(store: Objects, daemon_set: Object, settings: dict[str, str], node: Object) -> Iterator[str]:
    if hindrance := obstacle(_pod(daemon_set), node, daemon=True):
        yield f"DaemonSet cilium does not run here: {hindrance}; change tolerations or nodeSelector"
    missing = missing_mounts(store, NAMESPACE, _pod(daemon_set))
    for kind, name in missing:
        yield f"DaemonSet cilium mounts {kind} kube-system/{name}, which is missing; create it first"
    path = settings.get("read-cni-conf", "")
    for volume in _pod(daemon_set).get("volumes") or ():
        source = volume.get("configMap") or {}
        if (
            not path
            or not path.startswith(f"/tmp/{volume['name']}/")
            or ("ConfigMap", source.get("name")) in missing
        ):
            continue
        file = path.rpartition("/")[2]
        found = store.get(ObjectKey("", "configmaps", NAMESPACE, source.get("name", "")))
        if found is not None and file not in (found.get("data") or {}):
            yield f"ConfigMap kube-system/{source['name']} has no key {file}, which the agent reads; add it"


# belief: K8S-pods-are-admitted
def _refused(pods: Pods, node: Object, daemon_set: Object | None, operator: Object | None) -> Iterator[str]:
    """The pods that their namespace does not admit; one operator is enough."""
    if daemon_set is not None and obstacle(_pod(daemon_set), node, daemon=True) is None:
        reason = pods.admitted(daemon_set, 1, node["metadata"]["name"]).reason
        yield from hindrance("DaemonSet", NAMESPACE, "cilium", reason)
    if operator is not None:
        admitted = pods.admitted(operator, operator["spec"]["replicas"])
        if not admitted.number:
            yield from hindrance("Deployment", NAMESPACE, "cilium-operator", admitted.reason)


# belief: CILIUM-masquerade-needs-interface
def _masquerade(daemon_set: Object, settings: dict[str, str]) -> Iterator[str]:
    """From 1.19 the agent stops if it must masquerade in ENI mode without interfaces to masquerade on."""
    if (_release(daemon_set) or (0, 0)) < (1, 19):
        return
    masquerades = settings.get("enable-ipv4-masquerade") == "true"
    in_iptables = settings.get("enable-bpf-masquerade", "false") != "true"
    if masquerades and in_iptables and not settings.get("egress-masquerade-interfaces"):
        yield (
            "the agent stops at start: it masquerades without egressMasqueradeInterfaces; name the node's "
            "primary interface there or set enableIPv4Masquerade to false"
        )


def _operator(store: Objects, operator: Object) -> Iterator[str]:
    for kind, name in missing_mounts(store, NAMESPACE, _pod(operator)):
        yield f"cilium-operator mounts {kind} kube-system/{name}, which is missing; create it first"
    if operator["spec"]["replicas"] == 0:
        yield "cilium-operator has no replicas; set operator.replicas to 1 or more"
    hindrances = []
    for node in store.find("", "nodes"):
        hindrance = obstacle(_pod(operator), node, ignore=[NOT_READY_TAINT])
        if hindrance is None:
            return
        hindrances.append(hindrance)
    if hindrances:
        yield f"cilium-operator runs on no node: {hindrances[0]}; add it to operator.tolerations"


# belief: CILIUM-way-to-the-api
def _api_access(
    store: Objects, daemon_set: Object, operator: Object, settings: dict[str, str], node: Object
) -> Iterator[str]:
    proxy = store.get(ObjectKey("apps", "daemonsets", NAMESPACE, "kube-proxy"))
    if proxy is not None and obstacle(_pod(proxy), node, daemon=True) is None:
        return
    if settings.get("kube-proxy-replacement") not in ("true", "strict"):
        yield (
            "no kube-proxy runs here and Cilium does not replace it, so agents cannot reach the API server; "
            "install the kube-proxy add-on or set kubeProxyReplacement with k8sServiceHost"
        )
        return
    for name, workload in (("DaemonSet cilium", daemon_set), ("cilium-operator", operator)):
        if not all(_knows_api(container) for container in _pod(workload)["containers"]):
            yield (
                f"kube-proxy is replaced, but {name} has no KUBERNETES_SERVICE_HOST and cannot reach the API "
                "server; set k8sServiceHost to the cluster's endpoint and k8sServicePort to 443"
            )


def _knows_api(container: Object) -> bool:
    return any(
        e.get("name") == "KUBERNETES_SERVICE_HOST" and e.get("value") for e in container.get("env") or ()
    )


def _release(daemon_set: Object | None) -> tuple[int, int] | None:
    """Major and minor of the agents' image; None if its tag does not tell."""
    image = _pod(daemon_set)["containers"][0].get("image", "") if daemon_set else ""
    match = re.search(r":v?(\d+)\.(\d+)\.", image)
    return (int(match[1]), int(match[2])) if match else None


# belief: CILIUM-operator-registers-types
def custom_resource_definitions(store: Objects) -> list[Object]:
    """The types that the operator registers when it first runs, without their schemas."""
    release = _release(store.get(ObjectKey("apps", "daemonsets", NAMESPACE, "cilium"))) or (99, 0)
    types = {plural: ("v2", kind, plural, *rest) for kind, plural, *rest in _CUSTOM_TYPES}
    for since, version, kind, plural, *rest in _LATER_TYPES:
        if release >= since:
            types.setdefault(plural, (version, kind, plural, *rest))
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    return [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.cilium.io"},
            "spec": {
                "group": "cilium.io",
                "scope": scope,
                "names": {"kind": kind, "plural": plural, "shortNames": short, "categories": ["cilium"]},
                "versions": [{"name": version} | served],
            },
        }
        for version, kind, plural, scope, *short in types.values()
    ]


def cilium_node(store: Objects, node: Object) -> Object:
    """The CiliumNode that an agent creates for its node, with the ENI section of CNI file and config."""
    config = store.get(ObjectKey("", "configmaps", NAMESPACE, "cilium-config")) or {}
    settings: dict[str, str] = config.get("data") or {}
    labels = node["metadata"].get("labels") or {}
    eni: dict[str, Any] = {
        "instance-type": labels.get("node.kubernetes.io/instance-type", ""),
        "availability-zone": labels.get("topology.kubernetes.io/zone", ""),
    }
    if index := settings.get("eni-first-interface-index"):
        eni["first-interface-index"] = int(index)
    if tags := pairs(settings.get("eni-subnet-tags", "")):
        eni["subnet-tags"] = tags
    for name in ("subnet-ids", "security-groups"):
        if found := words(settings.get(f"eni-{name}", "")):
            eni[name] = found
    # belief: CILIUM-reads-cni-file-at-start
    # The file wins over the config.
    eni |= _cni_file_section(store, settings)
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNode",
        "metadata": {"name": node["metadata"]["name"], "labels": dict(labels)},
        "spec": {**_instance(node), "eni": eni},
    }


def _instance(node: Object) -> Object:
    """The instance, which the agent gets from the metadata of EC2, as ``spec.instance-id``."""
    instance = node["spec"].get("providerID", "").rpartition("/")[2]
    return {"instance-id": instance} if instance.startswith("i-") else {}


def words(text: str) -> list[str]:
    """The items of an option that is a list, with commas or spaces between them."""
    return text.replace(",", " ").split()


def pairs(text: str) -> dict[str, str]:
    """The entries of an option that is a map, as `a=b` items."""
    return dict(word.split("=", 1) for word in words(text) if "=" in word)


def _cni_file_section(store: Objects, settings: dict[str, str]) -> dict[str, Any]:
    daemon_set = store.get(ObjectKey("apps", "daemonsets", NAMESPACE, "cilium"))
    path = settings.get("read-cni-conf", "")
    for volume in (_pod(daemon_set).get("volumes") or ()) if daemon_set else ():
        name = (volume.get("configMap") or {}).get("name", "")
        found = store.get(ObjectKey("", "configmaps", NAMESPACE, name)) if name else None
        if path and found and path.startswith(f"/tmp/{volume['name']}/"):
            try:
                content = json.loads((found.get("data") or {}).get(path.rpartition("/")[2], "{}"))
            except ValueError:
                return {}
            # The file has a list of plugins or one plugin; the agent takes the section of its own plugin.
            plugins = content.get("plugins") or [content]
            return next((dict(p["eni"]) for p in plugins if isinstance(p.get("eni"), dict)), {})
    return {}
