"""Nodes that do not start as they should, take too many pods, or stay behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.facts import NODES
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.world import Thing, World, thing

FIRST = NODES[0][0]
TAINT = {"key": "node.cilium.io/agent-not-ready", "value": "true", "effect": "NoExecute"}
# The message of kubelets: https://github.com/containerd/containerd/discussions/10290.
NO_CNI = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)


def node(world: World, name: str = FIRST) -> Thing:
    return world.one(kinds.NODES, name)


def condition(world: World, name: str = FIRST, **parts: str) -> None:
    found = next(each for each in node(world, name)["status"]["conditions"] if each["type"] == "Ready")
    found |= parts


def agent(world: World, name: str = "cilium-0") -> Thing:
    return world.one(kinds.PODS, name)


def config(world: World) -> dict[str, str]:
    data: dict[str, str] = world.one(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")["data"]
    return data


def no_cni(world: World) -> None:
    condition(world, status="False", reason="KubeletNotReady", message=NO_CNI)


def _agent_crashes(world: World) -> None:
    no_cni(world)
    pod = agent(world)
    pod["status"]["conditions"][0]["status"] = "False"
    pod["status"]["containerStatuses"] = [
        {
            "name": "cilium-agent",
            "ready": False,
            "restartCount": 9,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        }
    ]


def _silent(world: World) -> None:
    condition(
        world, status="Unknown", reason="NodeStatusUnknown", message="Kubelet stopped posting node status."
    )


def _more_pods(world: World) -> None:
    node(world)["status"]["allocatable"]["pods"] = "250"
    # m6i.large addresses (3 - 1) x (10 - 1) x 16 = 288; without prefixes 18.
    config(world)["aws-enable-prefix-delegation"] = "false"
    for each in world.all(kinds.NODES)[1:]:
        each["status"]["allocatable"]["pods"] = "17"
    world.planned(groups=None)


def _fewer_pods(world: World) -> None:
    node(world)["status"]["allocatable"]["pods"] = "29"


def _taint_stays(world: World) -> None:
    node(world)["spec"]["taints"] = [TAINT]


def _no_cilium_node(world: World) -> None:
    world.remove(kinds.CILIUM_NODES, FIRST)


def _left_cilium_node(world: World) -> None:
    left = thing(kinds.CILIUM_NODES, "ip-10-0-1-99.ec2.internal", spec={"instance-id": "i-99"})
    world.add(kinds.CILIUM_NODES, left)


def _group_without_taint(world: World) -> None:
    assert world.plan.groups is not None
    world.planned(groups=tuple(replace(each, taints=()) for each in world.plan.groups))


def node_pool(name: str = "default", **spec: Any) -> Thing:
    return thing(kinds.NODE_POOLS, name, spec={"template": {"spec": spec}})


def _karpenter(world: World) -> None:
    world.add(kinds.NODE_POOLS, node_pool(startupTaints=[{"key": "example.com/gpu", "effect": "NoExecute"}]))


def _karpenter_for_good(world: World) -> None:
    world.add(kinds.NODE_POOLS, node_pool(taints=[TAINT]))


def autoscaler(*command: str) -> Thing:
    image = "registry.k8s.io/autoscaling/cluster-autoscaler:v1.35.0"
    container = {
        "name": "aws-cluster-autoscaler",
        "image": image,
        "command": ["./cluster-autoscaler", *command],
    }
    return thing(
        kinds.DEPLOYMENTS,
        "cluster-autoscaler",
        "kube-system",
        spec={"replicas": 1, "template": {"spec": {"containers": [container]}}},
        status={"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1},
    )


def _autoscaler(world: World) -> None:
    world.add(kinds.DEPLOYMENTS, autoscaler("--cloud-provider=aws", "--startup-taint=example.com/gpu"))


def _two_releases(world: World) -> None:
    for number, release in enumerate(("v1.19.6", "v1.19.6", "v1.18.12")):
        status = {"name": "cilium-agent", "ready": True, "image": f"quay.io/cilium/cilium:{release}"}
        agent(world, f"cilium-{number}")["status"]["containerStatuses"] = [status]


def _changed_config(world: World) -> None:
    world.one(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config")["metadata"]["managedFields"] = [
        {"manager": "helm", "time": "2026-11-20T10:00:00Z", "fieldsV1": {"f:data": {"f:ipam": {}}}},
        {"manager": "helm", "time": "2026-11-25T10:00:00Z", "fieldsV1": {"f:metadata": {}}},
    ]


def _old_kernel(world: World) -> None:
    node(world)["status"]["nodeInfo"]["kernelVersion"] = "5.4.254-170.358.amzn2.x86_64"


MUTATIONS = (
    Mutation("a node has no CNI", no_cni, ("nodes-ready",), ("the CNI is not initialized", "/etc/cni/net.d")),
    Mutation(
        "an agent crashes",
        _agent_crashes,
        ("nodes-ready",),
        ("the agent of Cilium is not ready (CrashLoopBackOff)", "logs --namespace kube-system cilium-0"),
    ),
    Mutation(
        "a kubelet is silent", _silent, ("nodes-ready",), ("1 node of 3 not Ready: the kubelet has stopped",)
    ),
    Mutation(
        "EKS decides max pods, and prefixes are off",
        _more_pods,
        ("max-pods-addressable",),
        ("1 node of 3 with more pods than addresses", "is 250, expected at most 19"),
    ),
    Mutation(
        "a node takes fewer pods than planned",
        _fewer_pods,
        ("max-pods-as-planned",),
        ("status.allocatable.pods is 29, expected 110",),
    ),
    Mutation(
        "the taint stays on a Ready node",
        _taint_stays,
        ("agent-taint-removed",),
        (f"kubectl taint node {FIRST} node.cilium.io/agent-not-ready-",),
    ),
    Mutation(
        "a node has no CiliumNode", _no_cilium_node, ("cilium-node-of-each-node",), (f"CiliumNode {FIRST}",)
    ),
    Mutation(
        "a CiliumNode outlives its node",
        _left_cilium_node,
        ("cilium-node-of-each-node",),
        ("kubectl delete ciliumnode ip-10-0-1-99.ec2.internal",),
    ),
    Mutation(
        "a planned group lacks the taint",
        _group_without_taint,
        ("groups-start-tainted",),
        ("node group workers in settings.yaml: taints is missing",),
    ),
    Mutation(
        "Karpenter does not know the taint",
        _karpenter,
        ("karpenter-knows-the-taint",),
        ("startupTaints is example.com/gpu, expected node.cilium.io/agent-not-ready",),
    ),
    Mutation(
        "Karpenter takes the taint for good",
        _karpenter_for_good,
        ("karpenter-knows-the-taint",),
        ("error: Karpenter starts no nodes for most pods",),
    ),
    Mutation(
        "the autoscaler does not know the taint",
        _autoscaler,
        ("autoscaler-knows-the-taint",),
        ("--startup-taint=node.cilium.io/agent-not-ready",),
    ),
    Mutation(
        "an upgrade stops half-way",
        _two_releases,
        ("agents-run-one-release",),
        ("agents of 2 releases: 2 of v1.19.6, 1 of v1.18.12",),
    ),
    Mutation(
        "agents are older than their configuration",
        _changed_config,
        ("agents-run-one-release",),
        ("3 agents of 3 older than the last change of cilium-config", "rollout restart daemonset/cilium"),
    ),
    Mutation(
        "a node has an old kernel",
        _old_kernel,
        ("kernel-new-enough",),
        ("1 node with a kernel too old for Cilium 1.19.6", "expected 5.10.0 or newer"),
    ),
)
