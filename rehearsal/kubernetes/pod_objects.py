"""Shows the pods of workloads as objects, with the addresses that Cilium's agents give them.

They follow from the status of their workloads, and nobody else changes them: a deleted pod comes back.
The pods of Jobs are not shown, because Jobs end at once.
"""

# belief: CILIUM-agent-takes-two

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Any, Final

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object, copied
from rehearsal.kubernetes.store import ObjectKey, now

_NODES: Final = ("cilium.io", "ciliumnodes")
# https://github.com/cilium/cilium/blob/v1.19.1/daemon/cmd/ipam.go
_OF_THE_AGENT: Final = ("router", "health")


class PodObjects:
    """Makes, changes and deletes the pods of workloads.

    Args:
        store: The objects.
    """

    def __init__(self, store: Objects) -> None:
        self._store = store
        self._wanted: dict[ObjectKey, Object] = {}

    def show(self, owner: Object, pods: Sequence[tuple[str, bool]]) -> None:
        """Note the pods that a DaemonSet, a ReplicaSet or a StatefulSet has.

        Args:
            owner: The workload.
            pods: The node of each pod, and whether it is ready.
        """
        namespace, name = owner["metadata"]["namespace"], owner["metadata"]["name"]
        for number, (node, ready) in enumerate(pods):
            own = node if owner["kind"] == "DaemonSet" else str(number)
            ending = own if owner["kind"] == "StatefulSet" else _letters(owner["metadata"]["uid"], own)
            key = ObjectKey("", "pods", namespace, f"{name}-{ending}")
            self._wanted[key] = _pod(owner, node, ready)

    def finish(self) -> None:
        """Bring the objects up to date with what was noted since the last time."""
        wanted, self._wanted = self._wanted, {}
        there = {
            ObjectKey("", "pods", each["metadata"]["namespace"], each["metadata"]["name"]): each
            for each in self._store.find("", "pods")
            if each["metadata"].get("ownerReferences")
        }
        for key in there.keys() - wanted.keys():
            self._store.delete(key)
        here = {key: pod for key, pod in there.items() if key in wanted}
        addresses = _Addresses(self._store, here)
        for key, pod in wanted.items():
            before = here.get(key, {})
            status = pod["status"] | addresses.of(key, pod, before)
            _keep_times(status, before.get("status") or {})
            if not before:
                self._store.create(key, pod | {"status": status})
            elif before["spec"]["nodeName"] != pod["spec"]["nodeName"] or before["status"] != status:
                self._store.update(key, before | {"spec": pod["spec"], "status": status})
        addresses.note(wanted)


class _Addresses:
    """What agents give out of the addresses that the operator gave their nodes.

    ``spec.ipam.pool`` has them up to 1.19, ``spec.ipam.pools.allocated`` from 1.20 on:
    https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/types/types.go, and
    https://github.com/cilium/cilium/pull/45154.
    """

    def __init__(self, store: Objects, pods: dict[ObjectKey, Object]) -> None:
        self._store = store
        self._nodes = {each["metadata"]["name"]: each for each in store.find(*_NODES)}
        self._own = {
            each["metadata"]["name"]: address["address"]
            for each in store.find("", "nodes")
            for address in (each.get("status") or {}).get("addresses") or ()
        }
        self._given: dict[str, dict[str, str]] = {}
        for name, node in self._nodes.items():
            free = iter(_pool(node))
            self._given[name] = {address: owner for owner, address in zip(_OF_THE_AGENT, free, strict=False)}
        for key, pod in pods.items():
            address, given = pod["status"].get("podIP"), self._given.get(pod["spec"]["nodeName"])
            if address and given is not None and not pod["spec"].get("hostNetwork"):
                given[address] = f"{key.namespace}/{key.name}"

    def of(self, key: ObjectKey, pod: Object, before: Object) -> dict[str, Any]:
        """The addresses of a pod, as parts of its status."""
        node = pod["spec"]["nodeName"]
        host = {"hostIP": self._own[node]} if node in self._own else {}
        if pod["spec"].get("hostNetwork"):
            return host | _with(self._own.get(node))
        if node not in self._nodes:
            return host
        kept = (before.get("status") or {}).get("podIP")
        pool, given = _pool(self._nodes[node]), self._given[node]
        if kept not in pool or before["spec"]["nodeName"] != node:
            kept = next((each for each in pool if each not in given), None)
        if kept:
            given[kept] = f"{key.namespace}/{key.name}"
        return host | _with(kept)

    def note(self, pods: dict[ObjectKey, Object]) -> None:
        """Write what is in use, as agents up to 1.19 do, or how much they need, as those from 1.20 on."""
        names = {f"{key.namespace}/{key.name}" for key in pods} | {*_OF_THE_AGENT}
        for name, node in self._nodes.items():
            used = {each: owner for each, owner in self._given[name].items() if owner in names}
            new = copied(node)
            spec = (new["spec"].get("ipam") or {}) if "ipam" in new["spec"] else None
            if spec is None:
                continue  # the operator has given nothing
            if "pools" in spec:
                needed = {"ipv4-addrs": needed_addresses(len(used))}
                spec["pools"]["requested"] = [{"pool": "default", "needed": needed}]
            else:
                resources = spec.get("pool") or {}
                ipam = new.setdefault("status", {}).setdefault("ipam", {})
                ipam["used"] = {
                    each: {"owner": used[each], **(resources.get(each) or {})} for each in sorted(used)
                }
            if new != node:
                self._store.update(ObjectKey(*_NODES, "", name), new)


def needed_addresses(used: int, ahead: int = 8) -> int:
    """How many addresses an agent asks for: what it uses, rounded up, and as many as it keeps ahead.

    ``neededIPCeil`` in https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/multipool.go.
    """
    return (-(-used // ahead) + 1) * ahead


def _pool(node: Object) -> list[str]:
    ipam = node["spec"].get("ipam") or {}
    if "pools" in ipam:
        blocks = [block for pool in ipam["pools"].get("allocated") or () for block in pool["cidrs"]]
        return [str(address) for block in blocks for address in ip_network(block)]
    return list(ipam.get("pool") or {})


def _pod(owner: Object, node: str, ready: bool) -> Object:
    metadata, template = owner["metadata"], owner["spec"]["template"]
    reference = {field: metadata[field] for field in ("name", "uid")}
    made = {"apiVersion": "apps/v1", "kind": owner["kind"], **reference, "controller": True}
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": now()}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "labels": dict((template.get("metadata") or {}).get("labels") or {}),
            "ownerReferences": [made],
        },
        "spec": {**template["spec"], "nodeName": node},
        "status": {
            "phase": "Running" if ready else "Pending",
            "startTime": now(),
            "conditions": [condition],
        },
    }


def _with(address: str | None) -> dict[str, Any]:
    return {"podIP": address, "podIPs": [{"ip": address}]} if address else {}


def _keep_times(new: dict[str, Any], old: dict[str, Any]) -> None:
    """Keep the times of what did not change."""
    new["startTime"] = old.get("startTime", new["startTime"])
    for condition, before in zip(new["conditions"], _conditions(old), strict=False):
        if condition["status"] == before["status"]:
            condition["lastTransitionTime"] = before["lastTransitionTime"]


def _conditions(status: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from status.get("conditions") or ()


def _letters(*parts: str) -> str:
    """Five characters, as the names of pods end."""
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:5]
