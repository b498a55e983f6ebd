"""The nodes' controller: the CNI of a node, its readiness, and the consequences."""

from __future__ import annotations

from collections.abc import Callable

from rehearsal.kubernetes import cilium
from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import NodeSpec, NodeState, Object, copied
from rehearsal.kubernetes.pods import Pods
from rehearsal.kubernetes.scheduling import NOT_READY_TAINT, is_ready, obstacle
from rehearsal.kubernetes.store import ObjectKey, now

AWS_NODE_RAN = (
    "aws-node ran on this node, so Cilium never gives it prefixes (Cilium's IsPrefixDelegated wants no "
    "secondary addresses on any ENI); remove aws-node before the node group, then replace the node"
)
_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
_HUBBLE_SECRETS = ("hubble-server-certs", "hubble-relay-client-certs")


class Nodes:
    """Keeps every node's state, and adds the events of nodes to ``history`` in words."""

    def __init__(
        self, store: Objects, submit: Callable[[Object], Object], history: list[str], pods: Pods
    ) -> None:
        self._store, self._submit, self._history, self._pods = store, submit, history, pods
        self._cni: dict[str, str] = {}
        self._states: dict[str, NodeState] = {}

    def reconcile(self) -> None:
        """Decide again which CNI runs on each node, and write the nodes' conditions and taints."""
        present = self._store.find("", "nodes")
        names = {node["metadata"]["name"] for node in present}
        for gone in set(self._states) - names:
            self._history.append(f"node {gone} left")
            del self._states[gone]
            self._cni.pop(gone, None)
            self._drop_cilium_node(gone)
        for node in present:
            self._decide(node)
        if present and cilium.operator_runs(self._store, self._pods):
            self._register_types()
        self._certificates()

    def state(self, name: str) -> NodeState:
        """The state of a node.

        Raises:
            LookupError: The node is unknown.
        """
        if name not in self._states:
            raise LookupError(f"node {name} is not in the cluster; join_node() it first")
        return self._states[name]

    def runs(self, daemon_set: Object, node: Object) -> bool:
        """Whether a DaemonSet's pod is ready on a node that it may run on."""
        name = node["metadata"]["name"]
        if (
            daemon_set["metadata"]["name"] == "cilium"
            and daemon_set["metadata"]["namespace"] == cilium.NAMESPACE
        ):
            return not cilium.unmet(self._store, node, self._pods)
        # Pods on the host's network need no CNI.
        pod = daemon_set["spec"]["template"]["spec"]
        return bool(pod.get("hostNetwork")) or self._states[name].ready

    # belief: CILIUM-aws-node-spoils-prefixes
    def _decide(self, node: Object) -> None:
        name = node["metadata"]["name"]
        if name not in self._states:
            self._history.append(f"node {name} joined")
        aws_node = self._store.get(ObjectKey("apps", "daemonsets", cilium.NAMESPACE, "aws-node"))
        runs_here = aws_node and obstacle(aws_node["spec"]["template"]["spec"], node, daemon=True) is None
        if runs_here and self._cni.get(name) != "aws-node":
            self._cni[name] = "aws-node"
            self._history.append(f"aws-node started on node {name}")
        reasons = cilium.unmet(self._store, node, self._pods)
        if self._cni.get(name) == "aws-node":
            # Once started it stays ready: aws-node's CNI file outlives its DaemonSet.
            state = NodeState(ready=True, reasons=(AWS_NODE_RAN,), cni="aws-node")
        else:
            state = NodeState(not reasons, tuple(reasons), None if reasons else "cilium")
        before = self._states.get(name)
        self._states[name] = state
        if state.cni == "cilium" and (before is None or before.cni != "cilium"):
            self._history.append(f"cilium started on node {name}")
        if before is None or before.ready != state.ready:
            self._history.append(f"node {name} is {'ready' if state.ready else 'not ready'}")
        self._write(node, state, cilium_runs=not reasons)
        if not reasons:
            self._register(node)

    # belief: K8S-node-not-ready-without-cni
    def _write(self, node: Object, state: NodeState, *, cilium_runs: bool) -> None:
        new = copied(node)
        gone = {NOT_READY_TAINT} | ({cilium.AGENT_NOT_READY_TAINT} if cilium_runs else set())
        taints = [t for t in new["spec"].get("taints") or () if t["key"] not in gone]
        if not state.ready:
            taints += [{"key": NOT_READY_TAINT, "effect": effect} for effect in ("NoSchedule", "NoExecute")]
        new["spec"]["taints"] = taints
        if is_ready(node) is not state.ready or not node.get("status", {}).get("conditions"):
            message = "kubelet is posting ready status"
            if not state.ready:
                message = (
                    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
                    "message:Network plugin returns error: cni plugin not initialized"
                )
            new["status"]["conditions"] = [
                {
                    "type": "Ready",
                    "status": str(state.ready),
                    "reason": "KubeletReady" if state.ready else "KubeletNotReady",
                    "message": message,
                    "lastTransitionTime": now(),
                    "lastHeartbeatTime": now(),
                }
            ]
        if new != node:
            self._store.update(ObjectKey("", "nodes", "", node["metadata"]["name"]), new)

    # belief: CILIUM-operator-registers-types
    def _register_types(self) -> None:
        """The operator registers Cilium's types, on whatever node it runs."""
        for crd in cilium.custom_resource_definitions(self._store):
            key = ObjectKey("apiextensions.k8s.io", "customresourcedefinitions", "", crd["metadata"]["name"])
            if self._store.get(key) is None:
                self._submit(crd)

    def _register(self, node: Object) -> None:
        """The agent announces its node, once the operator has registered the types."""
        self._register_types()
        wanted = cilium.cilium_node(self._store, node)
        key = ObjectKey("cilium.io", "ciliumnodes", "", node["metadata"]["name"])
        found = self._store.get(key)
        if found is None:
            self._submit(wanted)
        elif any(found["spec"].get(field) != value for field, value in wanted["spec"].items()):
            # The rest of the object is the operator's.
            self._store.update(key, found | {"spec": found["spec"] | wanted["spec"]})

    def _drop_cilium_node(self, name: str) -> None:
        key = ObjectKey("cilium.io", "ciliumnodes", "", name)
        if self._store.get(key):
            self._store.delete(key)

    # belief: CILIUM-hubble-certificates
    def _certificates(self) -> None:
        """Make the Secrets that pods mount, as Hubble's completed certificate Job does."""
        for job in self._store.find("batch", "jobs", cilium.NAMESPACE):
            done = any(c["type"] == "Complete" for c in job.get("status", {}).get("conditions") or ())
            if not done or not job["metadata"]["name"].startswith("hubble-generate-certs"):
                continue
            for name in _HUBBLE_SECRETS:
                if self._store.get(ObjectKey("", "secrets", cilium.NAMESPACE, name)) is None:
                    metadata = {"name": name, "namespace": cilium.NAMESPACE}
                    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
                    # The keys that the type must have, and that the pods mount; nobody reads their values.
                    data = dict.fromkeys(("ca.crt", "tls.crt", "tls.key"), "")
                    self._submit(secret | {"type": "kubernetes.io/tls", "data": data})


def manifest(node: NodeSpec) -> Object:
    """The Node object that a kubelet registers."""
    labels = {
        "kubernetes.io/hostname": node.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": node.instance_type,
        "topology.kubernetes.io/zone": node.zone,
        "topology.kubernetes.io/region": node.zone[:-1],
        "eks.amazonaws.com/nodegroup": node.group,
        **node.labels,
    }
    taints = []
    for taint in node.taints:
        value = {"value": taint["value"]} if taint.get("value") else {}
        taints.append(
            {"key": taint["key"], **value, "effect": _EFFECTS.get(taint["effect"], taint["effect"])}
        )
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": labels},
        "spec": {"taints": taints, "providerID": f"aws:///{node.zone}/{node.instance_id or node.name}"},
        "status": {
            "capacity": {"pods": str(node.max_pods)},
            "allocatable": {"pods": str(node.max_pods)},
            **({"addresses": [{"type": "InternalIP", "address": node.address}]} if node.address else {}),
            "nodeInfo": {"operatingSystem": "linux", "architecture": "amd64"},
        },
    }
