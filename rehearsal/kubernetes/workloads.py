"""The controllers that give workloads their status, which Helm and kubectl read to wait.

A workload's status follows from the nodes, and from the tolerations and mounts of its pods. A Deployment gets
its ReplicaSet, because Helm 3 waits for it. `pod_objects` shows the pods that follow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object, copied
from rehearsal.kubernetes.pod_objects import PodObjects
from rehearsal.kubernetes.pods import Pods, digest_of
from rehearsal.kubernetes.scheduling import missing_mounts, obstacle, places
from rehearsal.kubernetes.store import ObjectKey, now

_OWNERS = (
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
)
_REVISION = "deployment.kubernetes.io/revision"

DaemonRuns = Callable[[Object, Object], bool]
"""Whether a DaemonSet's pod is ready on a node that may run it."""


# belief: K8S-workload-status
class Workloads:
    """Sets the status of DaemonSets, Deployments, StatefulSets and Jobs.

    Args:
        store: The objects.
        daemon_runs: Whether a DaemonSet's pod is ready on a node.
        pods: Says how many pods are admitted.
        shown: Shows the pods as objects; None leaves them out.
    """

    def __init__(
        self, store: Objects, daemon_runs: DaemonRuns, pods: Pods, shown: PodObjects | None = None
    ) -> None:
        self._store, self._daemon_runs, self._pods, self._shown = store, daemon_runs, pods, shown

    def reconcile(self) -> None:
        """Bring every workload's status up to date."""
        nodes = self._store.find("", "nodes")
        self._forget(nodes)
        for daemon_set in self._store.find("apps", "daemonsets"):
            self._daemon_set(daemon_set, nodes)
        for deployment in self._store.find("apps", "deployments"):
            self._deployment(deployment, nodes)
        for stateful_set in self._store.find("apps", "statefulsets"):
            places, _ = self._running(stateful_set, nodes)
            running = len(places)
            self._show(stateful_set, [(place, True) for place in places])
            counts = dict.fromkeys(("currentReplicas", "updatedReplicas", "readyReplicas"), running)
            counts |= {"replicas": running, "availableReplicas": running}
            self._status(ObjectKey("apps", "statefulsets", *_place(stateful_set)), stateful_set, counts)
        for job in self._store.find("batch", "jobs"):
            self._job(job, nodes)
        if self._shown is not None:
            self._shown.finish()

    def _show(self, owner: Object, pods: Sequence[tuple[str, bool]]) -> None:
        """Show the pods of a workload, each with its node and whether it is ready."""
        if self._shown is not None:
            self._shown.show(owner, pods)

    def _forget(self, nodes: list[Object]) -> None:
        owners = {
            owner["metadata"]["uid"] for group, plural in _OWNERS for owner in self._store.find(group, plural)
        }
        self._pods.forget(owners, {node["metadata"]["name"] for node in nodes})

    # belief: K8S-failed-create
    def _failed(self, owner: Object, pod: str, reason: str) -> None:
        """Note, as an event of the workload, that its pods are refused."""
        if not reason:
            return
        metadata, words = owner["metadata"], f'Error creating: pods "{pod}" is forbidden: {reason}'
        digest = hashlib.sha256(f"{metadata['uid']} {words}".encode()).hexdigest()[:16]
        key = ObjectKey("", "events", metadata["namespace"], f"{metadata['name']}.{digest}")
        if self._store.get(key) is not None:
            return
        involved = {field: metadata[field] for field in ("name", "namespace", "uid")}
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "involvedObject": {"apiVersion": owner["apiVersion"], "kind": owner["kind"]} | involved,
            "type": "Warning",
            "reason": "FailedCreate",
            "message": words,
            "count": 1,
            "firstTimestamp": now(),
            "lastTimestamp": now(),
            "source": {"component": f"{owner['kind'].lower()}-controller"},
        }
        self._store.create(key, event)

    def _status(self, key: ObjectKey, owner: Object, status: Object) -> None:
        status = {"observedGeneration": owner["metadata"]["generation"]} | status
        _keep_times(owner.get("status", {}), status)
        if status != owner.get("status"):
            self._store.update(key, owner | {"status": status})

    def _daemon_set(self, daemon_set: Object, nodes: list[Object]) -> None:
        pod = daemon_set["spec"]["template"]["spec"]
        wanted = [node for node in nodes if obstacle(pod, node, daemon=True) is None]
        can_start = not missing_mounts(self._store, daemon_set["metadata"]["namespace"], pod)
        made = []
        for node in wanted:
            admitted = self._pods.admitted(daemon_set, 1, node["metadata"]["name"])
            self._failed(daemon_set, f"{daemon_set['metadata']['name']}-", admitted.reason)
            made += [node] * admitted.number
        ready = [node for node in made if can_start and self._daemon_runs(daemon_set, node)]
        self._show(daemon_set, [(node["metadata"]["name"], node in ready) for node in made])
        status = {
            "currentNumberScheduled": len(made),
            "desiredNumberScheduled": len(wanted),
            "updatedNumberScheduled": len(made),
            "numberReady": len(ready),
            "numberAvailable": len(ready),
            "numberMisscheduled": 0,
        }
        if len(ready) < len(wanted):
            status["numberUnavailable"] = len(wanted) - len(ready)
        self._status(ObjectKey("apps", "daemonsets", *_place(daemon_set)), daemon_set, status)

    def _running(self, owner: Object, nodes: list[Object]) -> tuple[list[str], str]:
        """The nodes on which pods of a workload run, and why pods of it are refused; empty if none is."""
        template, wanted = owner["spec"]["template"], owner["spec"].get("replicas", 1)
        if owner["kind"] == "Job":
            wanted = owner["spec"].get("parallelism", 1)
        admitted = self._pods.admitted(owner, wanted)
        self._failed(owner, f"{owner['metadata']['name']}-", admitted.reason)
        if missing_mounts(self._store, owner["metadata"]["namespace"], template["spec"]):
            return [], admitted.reason
        labels = template.get("metadata", {}).get("labels") or {}
        return places(template["spec"], labels, nodes, admitted.number), admitted.reason

    def _deployment(self, deployment: Object, nodes: list[Object]) -> None:
        spec = deployment["spec"]
        places, refused = self._running(deployment, nodes)
        running = len(places)
        wanted = spec["replicas"]
        available = running >= wanted - _tolerated_absence(spec)
        deployment = self._replica_set(deployment, places)
        done = running >= wanted
        conditions = [
            _condition(
                "Available",
                available,
                "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
                f"Deployment {'has' if available else 'does not have'} minimum availability.",
            ),
            _condition(
                "Progressing",
                True,
                "NewReplicaSetAvailable" if done else "ReplicaSetUpdated",
                "ReplicaSet has successfully progressed." if done else "ReplicaSet is progressing.",
            ),
        ]
        # belief: K8S-failed-create
        if refused:
            pod = f"{deployment['metadata']['name']}-{digest_of(spec['template'])}-"
            words = f'pods "{pod}" is forbidden: {refused}'
            conditions.append(_condition("ReplicaFailure", True, "FailedCreate", words))
        status: Object = {"replicas": wanted, "updatedReplicas": wanted, "conditions": conditions}
        if running:
            status |= {"readyReplicas": running, "availableReplicas": running}
        if running < wanted:
            status["unavailableReplicas"] = wanted - running
        self._status(ObjectKey("apps", "deployments", *_place(deployment)), deployment, status)

    def _replica_set(self, deployment: Object, places: list[str]) -> Object:
        """One ReplicaSet for the current template; ReplicaSets of earlier templates are scaled to zero.

        Returns:
            The deployment, with the revision of its template.
        """
        spec, (namespace, name), running = deployment["spec"], _place(deployment), len(places)
        digest = digest_of(spec["template"])
        current = ObjectKey("apps", "replicasets", namespace, f"{name}-{digest}")
        for old in self._store.find("apps", "replicasets", namespace):
            key = ObjectKey("apps", "replicasets", *_place(old))
            owned = any(
                o["uid"] == deployment["metadata"]["uid"] for o in old["metadata"].get("ownerReferences", ())
            )
            if owned and key != current and old["spec"]["replicas"]:
                self._store.update(
                    key, old | {"spec": old["spec"] | {"replicas": 0}, "status": {"replicas": 0}}
                )
        replica_set = self._store.get(current)
        revision = self._revision(deployment, replica_set)
        if replica_set is None:
            replica_set = self._store.create(current, _new_replica_set(deployment, digest, revision))
        elif replica_set["metadata"]["annotations"].get(_REVISION) != revision:
            replica_set["metadata"]["annotations"][_REVISION] = revision
            replica_set = self._store.update(current, replica_set)
        if replica_set["spec"]["replicas"] != spec["replicas"]:
            scaled = replica_set["spec"] | {"replicas": spec["replicas"]}
            replica_set = self._store.update(current, replica_set | {"spec": scaled})
        counts = {"replicas": spec["replicas"]}
        if running:
            counts |= dict.fromkeys(("readyReplicas", "availableReplicas", "fullyLabeledReplicas"), running)
        self._status(current, replica_set, counts)
        self._show(replica_set, [(place, True) for place in places])
        annotations = deployment["metadata"].setdefault("annotations", {})
        if annotations.get(_REVISION) == revision:
            return deployment
        annotations[_REVISION] = revision
        return self._store.update(ObjectKey("apps", "deployments", namespace, name), deployment)

    # belief: K8S-deployment-revisions
    def _revision(self, deployment: Object, current: Object | None) -> str:
        """The number of the current template: a new one, if another ReplicaSet had the last number."""
        uid, namespace = deployment["metadata"]["uid"], deployment["metadata"]["namespace"]
        numbers = {
            each["metadata"]["name"]: int((each["metadata"].get("annotations") or {}).get(_REVISION, 0))
            for each in self._store.find("apps", "replicasets", namespace)
            if any(owner["uid"] == uid for owner in each["metadata"].get("ownerReferences", ()))
        }
        last = max(numbers.values(), default=0)
        own = numbers.get(current["metadata"]["name"], 0) if current else 0
        return str(own if own and own == last else last + 1)

    def _job(self, job: Object, nodes: list[Object]) -> None:
        if job["spec"].get("suspend"):
            return
        status = copied(job.get("status") or {})
        if any(condition["type"] == "Complete" for condition in status.get("conditions") or ()):
            return
        status.setdefault("startTime", now())
        if self._running(job, nodes)[0]:
            status.pop("active", None)
            status |= {"succeeded": job["spec"]["completions"], "ready": 0, "completionTime": now()}
            status["conditions"] = [
                _condition(kind, True, "CompletionsReached", "Reached expected number of succeeded pods")
                for kind in ("SuccessCriteriaMet", "Complete")
            ]
        else:
            status |= {"active": job["spec"]["parallelism"], "ready": 0}
        if status != job.get("status"):
            self._store.update(ObjectKey("batch", "jobs", *_place(job)), job | {"status": status})


def _place(owner: Object) -> tuple[str, str]:
    return owner["metadata"]["namespace"], owner["metadata"]["name"]


def _condition(kind: str, value: bool, reason: str, message: str) -> Object:
    condition = {"type": kind, "status": str(value), "reason": reason, "message": message}
    return condition | {"lastTransitionTime": now(), "lastUpdateTime": now()}


def _keep_times(old: Object, new: Object) -> None:
    """Keep the times of unchanged conditions, so that an unchanged status stays equal."""
    before = {condition["type"]: condition for condition in old.get("conditions") or ()}
    for condition in new.get("conditions") or ():
        same = before.get(condition["type"], {})
        if all(same.get(field) == condition[field] for field in ("status", "reason", "message")):
            for field in ("lastTransitionTime", "lastUpdateTime"):
                condition[field] = same[field]


def _tolerated_absence(spec: Object) -> int:
    """How many replicas may be missing in an available Deployment: ``maxUnavailable``, rounded down."""
    limit = (spec["strategy"].get("rollingUpdate") or {}).get("maxUnavailable", 0)
    if isinstance(limit, str) and limit.endswith("%"):
        return int(spec["replicas"]) * int(limit[:-1]) // 100
    return int(limit)


def _new_replica_set(deployment: Object, digest: str, revision: str) -> Object:
    metadata, spec = deployment["metadata"], copied(deployment["spec"])
    template, mark = spec["template"], {"pod-template-hash": digest}
    template.setdefault("metadata", {})["labels"] = template["metadata"].get("labels", {}) | mark
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "labels": template["metadata"]["labels"],
            "annotations": {_REVISION: revision},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "replicas": spec["replicas"],
            "selector": {"matchLabels": spec["selector"].get("matchLabels", {}) | mark},
            "template": template,
        },
    }
