"""Pods of Cilium, CoreDNS, webhooks, and pods that Cilium does not know."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.mutations.changes import container
from tests.unit.doctor.world import Thing, World, thing


def unready(world: World, name: str) -> None:
    world.one(kinds.PODS, name)["status"]["conditions"][0]["status"] = "False"


def ended(reason: str, at: str = "2026-11-30T09:00:00Z", code: int = 1, **more: Any) -> Thing:
    return {"terminated": {"reason": reason, "exitCode": code, "finishedAt": at, **more}}


def webhook(world: World, service: str, **hook: Any) -> None:
    """A webhook about pods, served by a Service in its own namespace."""
    found: Thing = {
        "name": "validate.example.com",
        "clientConfig": {"service": {"namespace": service, "name": service}},
        "failurePolicy": "Fail",
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "resources": ["pods"]}],
        **hook,
    }
    world.add(kinds.VALIDATING_WEBHOOKS, thing(kinds.VALIDATING_WEBHOOKS, service, webhooks=[found]))


def served(world: World, name: str, **spec: Any) -> Thing:
    """A Service in its own namespace, and a ready pod of it on the network of the first web pod."""
    selector = {"app": name}
    world.add(
        kinds.SERVICES, thing(kinds.SERVICES, name, name, spec={"type": "ClusterIP", "selector": selector})
    )
    pod = thing(
        kinds.PODS,
        f"{name}-0",
        name,
        metadata={"labels": selector},
        spec={"nodeName": world.all(kinds.NODES)[0]["metadata"]["name"], "hostNetwork": True, **spec},
        status={"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
    )
    world.add(kinds.PODS, pod)
    return pod


def _unmanaged(world: World) -> None:
    world.remove(kinds.CILIUM_ENDPOINTS, "web-0")


def _no_dns(world: World) -> None:
    unready(world, "coredns-0")
    unready(world, "coredns-1")


def _half_dns(world: World) -> None:
    unready(world, "coredns-0")


def _dns_on_one_node(world: World) -> None:
    found = world.one(kinds.DEPLOYMENTS, "coredns")
    found["spec"]["replicas"] = 1
    found["status"] |= {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1, "updatedReplicas": 1}
    pod = world.one(kinds.PODS, "coredns-1")
    world.all(kinds.PODS).remove(pod)
    world.remove(kinds.CILIUM_ENDPOINTS, "coredns-1")
    node = world.one(kinds.CILIUM_NODES, pod["spec"]["nodeName"])
    del node["status"]["ipam"]["used"][pod["status"]["podIP"]]


def _no_service(world: World) -> None:
    world.remove(kinds.SERVICES, "kube-dns")


def _dead_webhook(world: World) -> None:
    webhook(world, "gatekeeper")


def _deadlock(world: World) -> None:
    webhook(world, "kyverno")
    pod = served(world, "kyverno", hostNetwork=False)
    pod["status"] |= {"podIP": "100.64.0.25", "podIPs": [{"ip": "100.64.0.25"}]}
    world.add(
        kinds.CILIUM_ENDPOINTS,
        thing(kinds.CILIUM_ENDPOINTS, "kyverno-0", "kyverno", status={"state": "ready"}),
    )
    node = world.one(kinds.CILIUM_NODES)
    node["status"]["ipam"]["used"]["100.64.0.25"] = {"owner": "kyverno/kyverno-0"}


def _crash(world: World) -> None:
    container(
        world,
        "cilium-1",
        ready=False,
        restartCount=14,
        state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting"}},
        lastState=ended("Error", message='msg="Egress masquerading interfaces cannot be empty"'),
    )


def _out_of_memory(world: World) -> None:
    container(world, "cilium-1", restartCount=1, lastState=ended("OOMKilled", code=137))


def _restarts(world: World) -> None:
    container(world, "cilium-operator-0", restartCount=7, lastState=ended("Error"))


def _restricted(world: World) -> None:
    labels = world.one(kinds.NAMESPACES, "kube-system")["metadata"]["labels"]
    labels["pod-security.kubernetes.io/enforce"] = "restricted"


def _refused(world: World) -> None:
    world.add(
        kinds.EVENTS,
        thing(
            kinds.EVENTS,
            "cilium.17f",
            "kube-system",
            type="Warning",
            reason="FailedCreate",
            message='Error creating: pods "cilium-x" is forbidden: violates PodSecurity "baseline:latest"',
            involvedObject={"kind": "DaemonSet", "namespace": "kube-system", "name": "cilium"},
        ),
    )


def _slow(world: World) -> None:
    world.one(kinds.PODS, "web-0")["spec"]["terminationGracePeriodSeconds"] = 3600


def _shut(world: World) -> None:
    world.one(kinds.BUDGETS, "coredns")["status"].update(disruptionsAllowed=0, desiredHealthy=2)


MUTATIONS = (
    Mutation(
        "a pod may take an hour to end",
        _slow,
        ("drains-end",),
        (
            "1 pod may take longer to end than EKS waits",
            "Pod team-a/web-0: spec.terminationGracePeriodSeconds is 3600, expected 300 or less",
        ),
    ),
    Mutation(
        "a budget lets no healthy pod go",
        _shut,
        ("drains-end",),
        (
            "1 PodDisruptionBudget lets no pod go",
            "PodDisruptionBudget kube-system/coredns: status.disruptionsAllowed is 0 of 2 healthy pods",
        ),
    ),
    Mutation(
        "a pod is unknown to Cilium",
        _unmanaged,
        ("unmanaged-pods",),
        ("1 running pod unknown", "rollout restart deployment/web"),
    ),
    Mutation("CoreDNS does not answer", _no_dns, ("coredns",), ("error: no pod of CoreDNS is ready",)),
    Mutation(
        "half of CoreDNS is ready", _half_dns, ("coredns",), ("warning: 1 of 2 running pods of CoreDNS",)
    ),
    Mutation("CoreDNS is on one node", _dns_on_one_node, ("coredns",), ("all of CoreDNS runs on one node",)),
    Mutation(
        "the Service of CoreDNS is gone",
        _no_service,
        ("coredns",),
        ("the Service kube-dns is not there", "--addon-name coredns"),
    ),
    Mutation(
        "a webhook has no pods",
        _dead_webhook,
        ("webhooks",),
        ("error: a webhook without a ready pod", "kubectl delete validatingwebhookconfiguration gatekeeper"),
    ),
    Mutation(
        "a webhook and Cilium need each other",
        _deadlock,
        ("webhooks",),
        ("warning: a webhook judges Cilium's own pods", "values: [kube-system]"),
    ),
    Mutation(
        "an agent crashes again and again",
        _crash,
        ("agents-restart",),
        ("error: 1 container of Cilium not starting", "Egress masquerading interfaces cannot be empty"),
    ),
    Mutation(
        "an agent runs out of memory",
        _out_of_memory,
        ("agents-restart",),
        ("error: 1 container of Cilium out of memory", "the last at 2026-11-30T09:00:00Z: OOMKilled"),
    ),
    Mutation(
        "the operator restarts",
        _restarts,
        ("agents-restart",),
        ("warning: 1 container of Cilium restarting again and again", "7 restarts"),
    ),
    Mutation(
        "kube-system refuses Cilium's pods",
        _restricted,
        ("pod-security",),
        ("kube-system enforces 'restricted'", "pod-security.kubernetes.io/enforce=privileged"),
    ),
    Mutation(
        "the admission of the cluster refuses agents",
        _refused,
        ("pod-security",),
        ("violates PodSecurity", "DaemonSet kube-system/cilium"),
    ),
)
