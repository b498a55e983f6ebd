"""ResourceQuotas: what a namespace uses, and what no longer fits.

https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/resourcequota/controller.go and
https://github.com/kubernetes/kubernetes/tree/master/pkg/quota/v1/evaluator/core. The pods of workloads are
counted by ``pods.py``, not as objects. Of the scopes those are evaluated that ask for
requests, deadlines or a class of priority; scope selectors count for every pod.
"""

# belief: K8S-quotas

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Final

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.errors import forbidden
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.store import ObjectKey
from rehearsal.kubernetes.validation import quantities
from rehearsal.kubernetes.validation.values import entries, has, mapping, string_map, strings, text

Usage = dict[str, Fraction]
PodUsage = Callable[[str], Usage]
"""What the pods of a namespace's workloads use."""

_ALIASES: Final = {
    "configmaps": "configmaps",
    "resourcequotas": "resourcequotas",
    "replicationcontrollers": "replicationcontrollers",
    "secrets": "secrets",
    "services": "services",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "pods": "pods",
}
_COMPUTE: Final = ("cpu", "memory", "ephemeral-storage")
#: What every container must name, where a quota limits it.
_ASKED: Final = tuple(
    f"{prefix}{name}" for prefix in ("", "requests.", "limits.") for name in ("cpu", "memory")
)


class Quotas:
    """Admits objects and pods as far as the quotas of their namespaces go, and keeps the quotas' status."""

    def __init__(self, store: Objects) -> None:
        self._store = store
        #: What the pods of workloads use, set by whoever knows them.
        self.pods: PodUsage = lambda namespace: {}

    # belief: K8S-quotas
    def admit(self, resource: ResourceType, namespace: str, body: Object, old: Object | None) -> None:
        """Refuse an object that a quota of its namespace has no room for.

        Raises:
            ApiError: 403, with the words of the server.
        """
        if not namespace or (old is not None and resource.plural not in _COUNTED_AGAIN):
            return
        wanted = object_usage(resource.group, resource.plural, body)
        if old is not None:
            before = object_usage(resource.group, resource.plural, old)
            wanted = {name: max(Fraction(0), n - before.get(name, Fraction(0))) for name, n in wanted.items()}
        is_pod = (resource.group, resource.plural) == ("", "pods")
        if problem := self.problem(namespace, wanted, body if is_pod else None):
            raise forbidden(resource.plural, text(mapping(body, "metadata"), "name"), problem, resource.group)

    # belief: K8S-quotas
    def problem(self, namespace: str, wanted: Usage, pod: Object | None = None) -> str | None:
        """Why something does not fit, or None.

        Args:
            namespace: Where it belongs.
            wanted: What it uses.
            pod: The pod, or the template of one, if it is a pod.
        """
        for quota in self._store.find("", "resourcequotas", namespace):
            if pod is not None and not in_scope(quota, pod):
                continue
            if pod is None and (strings(mapping(quota, "spec"), "scopes")):
                continue
            name, hard = quota["metadata"]["name"], _amounts(mapping(quota, "spec", "hard"))
            if pod is not None and (missing := _unnamed(pod, hard)):
                return f"failed quota: {name}: must specify {missing}"
            asked = {key: amount for key, amount in wanted.items() if key in hard and amount}
            used = self.used(namespace, quota) if asked else {}
            exceeded = [key for key in sorted(asked) if used[key] + asked[key] > hard[key]]
            if exceeded:
                limits = mapping(quota, "spec", "hard")
                shown = (_shown(exceeded, amounts, limits) for amounts in (asked, used, hard))
                return "exceeded quota: {}, requested: {}, used: {}, limited: {}".format(name, *shown)
        return None

    def used(self, namespace: str, quota: Object) -> Usage:
        """What counts against a quota now."""
        hard = mapping(quota, "spec", "hard")
        total = dict.fromkeys(hard, Fraction(0))
        for key in self._store.all_keys():
            if key.namespace != namespace:
                continue
            body = self._store.get(key)
            if body is None or (key.plural == "pods" and not in_scope(quota, body)):
                continue
            if key.plural == "pods" and body["metadata"].get("ownerReferences"):
                continue  # counted with its workload
            _add(total, object_usage(key.group, key.plural, body))
        if not strings(mapping(quota, "spec"), "scopes"):
            _add(total, self.pods(namespace))
        return total

    def reconcile(self) -> None:
        """Bring the status of every quota up to date, as the controller of quotas does."""
        for quota in self._store.find("", "resourcequotas"):
            namespace, hard = quota["metadata"]["namespace"], mapping(quota, "spec", "hard")
            used = self.used(namespace, quota)
            status = {
                "hard": {name: quantities.shown(limit) for name, limit in hard.items()},
                "used": {name: quantities.of(used[name], hard[name]) for name in hard},
            }
            if status != quota.get("status"):
                key = ObjectKey("", "resourcequotas", namespace, quota["metadata"]["name"])
                self._store.update(key, quota | {"status": status})


_COUNTED_AGAIN: Final = ("services", "persistentvolumeclaims")
"""Objects whose updates count, too."""


def object_usage(group: str, plural: str, body: Object) -> Usage:
    """What an object uses: itself, by its names, and what it asks for."""
    usage = {f"count/{plural}.{group}" if group else f"count/{plural}": Fraction(1)}
    if group:
        return usage
    if plural == "pods" and text(mapping(body, "status"), "phase") in ("Failed", "Succeeded"):
        return usage
    if plural in _ALIASES:
        usage[_ALIASES[plural]] = Fraction(1)
    match plural:
        case "pods":
            usage |= pod_usage(body)
        case "services":
            usage |= _service_usage(mapping(body, "spec"))
        case "persistentvolumeclaims":
            size = quantities.parsed(mapping(body, "spec", "resources", "requests").get("storage"))
            usage["requests.storage"] = size or Fraction(0)
            if name := text(mapping(body, "spec"), "storageClassName"):
                usage[f"{name}.storageclass.storage.k8s.io/requests.storage"] = size or Fraction(0)
                usage[f"{name}.storageclass.storage.k8s.io/persistentvolumeclaims"] = Fraction(1)
    return usage


def _service_usage(spec: Object) -> Usage:
    kind, ports = text(spec, "type", "ClusterIP"), entries(spec, "ports")
    if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is False:
        ports = [port for port in ports if port.get("nodePort")]
    on_nodes = len(ports) if kind in ("NodePort", "LoadBalancer") else 0
    return {
        "services.nodeports": Fraction(on_nodes),
        "services.loadbalancers": Fraction(kind == "LoadBalancer"),
    }


def pod_usage(pod: Object) -> Usage:
    """What a pod uses: the sum of its containers, or its largest initial container if that is more
    (https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers).
    """
    usage: Usage = {"pods": Fraction(1)}
    spec = mapping(pod, "spec")
    for prefix, kind in (("requests.", "requests"), ("limits.", "limits")):
        total: Usage = {}
        for container in entries(spec, "containers"):
            _sum(total, compute(container, kind))
        for container in entries(spec, "initContainers"):
            for name, amount in compute(container, kind).items():
                total[name] = max(total.get(name, Fraction(0)), amount)
        for name, amount in total.items():
            usage[f"{prefix}{name}"] = amount
            if kind == "requests" and name in _COMPUTE:
                usage[name] = amount
    return usage


def compute(container: Object, kind: str) -> Usage:
    """The requests or limits of a container; a limit without a request is the request, too."""
    resources = mapping(container, "resources")
    found = _amounts(mapping(resources, kind))
    return _amounts(mapping(resources, "limits")) | found if kind == "requests" else found


def _unnamed(pod: Object, hard: Mapping[str, Fraction]) -> str:
    """What a quota limits and containers do not name, as ``limits.cpu for: main``."""
    missing: dict[str, list[str]] = {}
    spec = mapping(pod, "spec")
    for container in [*entries(spec, "containers"), *entries(spec, "initContainers")]:
        requests, limits = compute(container, "requests"), compute(container, "limits")
        for name in _ASKED:
            of_limits = name.startswith("limits.")
            if name in hard and name.rpartition(".")[2] not in (limits if of_limits else requests):
                missing.setdefault(name, []).append(text(container, "name"))
    return "; ".join(f"{name} for: {','.join(sorted(missing[name]))}" for name in sorted(missing))


def in_scope(quota: Object, pod: Object) -> bool:
    """Whether a quota counts a pod."""
    spec = mapping(pod, "spec")
    containers = [*entries(spec, "containers"), *entries(spec, "initContainers")]
    best_effort = not any(
        set(compute(container, kind)) & {"cpu", "memory"}
        for container in containers
        for kind in ("requests", "limits")
    )
    facts = {
        "BestEffort": best_effort,
        "NotBestEffort": not best_effort,
        "Terminating": has(spec, "activeDeadlineSeconds"),
        "NotTerminating": not has(spec, "activeDeadlineSeconds"),
        "PriorityClass": bool(text(spec, "priorityClassName")),
    }
    return all(facts.get(scope, True) for scope in strings(mapping(quota, "spec"), "scopes"))


def _amounts(found: Mapping[str, object]) -> Usage:
    parsed = {name: quantities.parsed(quantity) for name, quantity in found.items()}
    return {name: amount for name, amount in parsed.items() if amount is not None}


def _sum(total: Usage, more: Mapping[str, Fraction]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Fraction(0)) + amount


def _add(total: Usage, more: Mapping[str, Fraction]) -> None:
    """Add what a quota counts."""
    for name in total:
        total[name] += more.get(name, Fraction(0))


def _shown(names: Iterable[str], amounts: Mapping[str, Fraction], like: Mapping[str, object]) -> str:
    return ",".join(f"{name}={quantities.of(amounts[name], like.get(name))}" for name in names)


def labels_of(store: Objects, namespace: str) -> dict[str, str]:
    """The labels of a namespace; empty when it is missing."""
    found = store.get(ObjectKey("", "namespaces", "", namespace))
    return string_map(mapping(found or {}, "metadata"), "labels")
