"""A healthy cluster: three Bottlerocket nodes in two zones, prefixes in pod subnets, Cilium 1.19.6."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.plan import ControlPlanePlan, NodeGroupPlan, Plan
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from tests.unit.doctor.facts import (
    CILIUM,
    CLUSTER,
    GROUP,
    INSTANCE_TYPE,
    MAX_PODS,
    NODES,
    PREFIXES,
    RANGE,
    SUBNETS,
    SYSTEM,
    VPC,
)
from tests.unit.doctor.healthy_account import account
from tests.unit.doctor.healthy_hubble import hubble
from tests.unit.doctor.healthy_operator import operator
from tests.unit.doctor.world import Thing, World, by_helm, owned, ready, thing

CONFIG = {
    "agent-not-ready-taint-key": "node.cilium.io/agent-not-ready",
    "auto-create-cilium-node-resource": "true",
    "aws-enable-prefix-delegation": "true",
    "aws-release-excess-ips": "true",
    "bpf-map-dynamic-size-ratio": "0.0025",
    "cluster-id": "0",
    "cluster-name": CLUSTER,
    "cni-exclusive": "true",
    "custom-cni-conf": "false",
    "egress-masquerade-interfaces": "eth0",
    "enable-bpf-masquerade": "false",
    "enable-endpoint-routes": "true",
    "enable-hubble": "true",
    "enable-ipv4": "true",
    "enable-ipv4-masquerade": "true",
    "enable-ipv6": "false",
    "enable-policy": "default",
    "eni-first-interface-index": "1",
    "eni-subnet-ids": "subnet-pa,subnet-pb",
    "eni-tags": "{}",
    "identity-allocation-mode": "crd",
    "ipam": "eni",
    "kube-proxy-replacement": "true",
    "operator-prometheus-serve-addr": ":9963",
    "remove-cilium-node-taints": "true",
    "routing-mode": "native",
    "write-cni-conf-when-ready": "/host/etc/cni/net.d/05-cilium.conflist",
}


def healthy() -> World:
    """A cluster in which every check finds that all is well.

    Its configuration is the planned one, the same object: a changed option changes the settings too.
    """
    config = dict(CONFIG)
    plan = Plan(
        "settings.yaml",
        cluster=CLUSTER,
        region="eu-west-1",
        account="111122223333",
        kubernetes="1.35",
        cilium=CILIUM,
        pod_ranges=(RANGE,),
        pod_subnets=("subnet-pa", "subnet-pb"),
        vpc_ranges=("10.0.0.0/16", RANGE),
        aws_node="remove",
        kube_proxy_replacement=True,
        egress="node",
        values={"hubble": {"relay": {"enabled": True}, "ui": {"enabled": True}}},
        config=config,
        groups=(_planned_group(),),
        tenants=("team-a",),
        stacks=("platform-network", "platform-cluster", "platform-tenants"),
        public_ranges=("198.51.100.0/24",),
        control_plane=ControlPlanePlan(deletion_protection=False, support="EXTENDED"),
    )
    world = World({}, plan)
    world.things = {
        ApiVersion(): [{"major": "1", "minor": "35", "gitVersion": "v1.35.2-eks-3abbec1"}],
        kinds.NODES: [_node(index) for index in range(len(NODES))],
        kinds.PODS: _pods(),
        kinds.NAMESPACES: [
            thing(kinds.NAMESPACES, name, metadata={"labels": {"kubernetes.io/metadata.name": name}})
            for name in (SYSTEM, "default", "team-a")
        ],
        kinds.SERVICES: _services(),
        kinds.KUBE_SYSTEM_CONFIG_MAPS: [
            thing(
                kinds.KUBE_SYSTEM_CONFIG_MAPS,
                "cilium-config",
                SYSTEM,
                metadata={"managedFields": [by_helm({"f:data": {f"f:{key}": {} for key in CONFIG}})]},
                data=config,
            )
        ],
        kinds.KUBE_SYSTEM_SERVICE_ACCOUNTS: [
            thing(
                kinds.KUBE_SYSTEM_SERVICE_ACCOUNTS,
                "cilium-operator",
                SYSTEM,
                metadata={"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/op"}},
            ),
            thing(kinds.KUBE_SYSTEM_SERVICE_ACCOUNTS, "cilium", SYSTEM),
        ],
        kinds.DAEMON_SETS: [
            _daemon_set("cilium", "cilium-agent"),
            _daemon_set("cilium-envoy", "cilium-envoy"),
        ],
        kinds.DEPLOYMENTS: [
            _deployment("cilium-operator", f"quay.io/cilium/operator-aws:v{CILIUM}", 2),
            _deployment("coredns", "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/coredns:v1.12.4", 2),
            _deployment("hubble-relay", f"quay.io/cilium/hubble-relay:v{CILIUM}", 1),
            _deployment("hubble-ui", "quay.io/cilium/hubble-ui:v0.13.3", 1),
            _deployment("web", "registry.example.com/web:1.4", 2, "team-a"),
        ],
        kinds.EVENTS: [],
        kinds.CUSTOM_TYPES: [
            _custom_type(kind, plural)
            for kind, plural in (
                ("CiliumNode", "ciliumnodes"),
                ("CiliumEndpoint", "ciliumendpoints"),
                ("CiliumIdentity", "ciliumidentities"),
                ("CiliumNetworkPolicy", "ciliumnetworkpolicies"),
                ("CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies"),
                ("CiliumCIDRGroup", "ciliumcidrgroups"),
                ("CiliumNodeConfig", "ciliumnodeconfigs"),
                ("CiliumPodIPPool", "ciliumpodippools"),
            )
        ],
        kinds.VALIDATING_WEBHOOKS: [],
        kinds.MUTATING_WEBHOOKS: [],
        kinds.NETWORK_POLICIES: [],
        kinds.BUDGETS: [
            thing(
                kinds.BUDGETS,
                "coredns",
                SYSTEM,
                spec={"maxUnavailable": 1, "selector": {"matchLabels": {"k8s-app": "kube-dns"}}},
                status={
                    "currentHealthy": 2,
                    "desiredHealthy": 1,
                    "disruptionsAllowed": 1,
                    "expectedPods": 2,
                    "observedGeneration": 1,
                },
            )
        ],
        kinds.CILIUM_NODES: [_cilium_node(index) for index in range(len(NODES))],
        kinds.CILIUM_ENDPOINTS: _endpoints(),
        kinds.CILIUM_IDENTITIES: _identities(),
        kinds.CILIUM_POLICIES: [
            thing(
                kinds.CILIUM_POLICIES,
                "default-deny",
                "team-a",
                spec={"endpointSelector": {}, "ingress": [{}], "egress": [{}]},
                status={"conditions": [{"type": "Valid", "status": "True"}]},
            )
        ],
        kinds.CILIUM_CLUSTERWIDE_POLICIES: [],
        **hubble(),
        **account(),
        **operator(),
    }
    return world


def _planned_group() -> NodeGroupPlan:
    return NodeGroupPlan(
        "workers",
        instance_types=(INSTANCE_TYPE,),
        image="bottlerocket",
        min_size=2,
        max_size=6,
        max_pods=MAX_PODS,
        taints=("node.cilium.io/agent-not-ready",),
        primary_interface="eth0",
    )


def _node(index: int) -> Thing:
    name, zone, address, *_ = NODES[index]
    return thing(
        kinds.NODES,
        name,
        metadata={
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/os": "linux",
                "kubernetes.io/hostname": name,
                "node.kubernetes.io/instance-type": INSTANCE_TYPE,
                "topology.kubernetes.io/region": "eu-west-1",
                "topology.kubernetes.io/zone": zone,
                "eks.amazonaws.com/nodegroup": "workers",
                "eks.amazonaws.com/nodegroup-image": "ami-0b1",
            }
        },
        spec={"providerID": f"aws:///{zone}/i-{index}"},
        status={
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
            "allocatable": {"cpu": "1930m", "memory": "7220184Ki", "pods": str(MAX_PODS)},
            "capacity": {"cpu": "2", "memory": "7910360Ki", "pods": str(MAX_PODS)},
            "conditions": [
                *ready(),
                {"type": "NetworkUnavailable", "status": "False", "reason": "CiliumIsUp"},
            ],
            "nodeInfo": {
                "osImage": "Bottlerocket OS 1.52.0 (aws-k8s-1.35)",
                "kernelVersion": "6.12.58",
                "kubeletVersion": "v1.35.2-eks-3abbec1",
                "containerRuntimeVersion": "containerd://2.1.5+bottlerocket",
                "architecture": "amd64",
            },
        },
    )


def _addresses(index: int) -> list[str]:
    return [str(each) for each in ip_network(PREFIXES[index])]


def _cilium_node(index: int) -> Thing:
    name, zone, address, node_subnet, subnet, interface, own = NODES[index]
    pool = {each: {"resource": interface} for each in _addresses(index)}
    used = {
        pod["status"]["podIP"]: {"owner": f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"}
        for pod in _pods()
        if pod["spec"]["nodeName"] == name and not pod["spec"].get("hostNetwork")
    }
    router, health = _addresses(index)[-1], _addresses(index)[-2]
    used |= {router: {"owner": "router"}, health: {"owner": "health"}}
    return thing(
        kinds.CILIUM_NODES,
        name,
        spec={
            "instance-id": f"i-{index}",
            "addresses": [
                {"ip": address, "type": "InternalIP"},
                {"ip": router, "type": "CiliumInternalIP"},
            ],
            "health": {"ipv4": health},
            "eni": {
                "instance-type": INSTANCE_TYPE,
                "vpc-id": VPC,
                "availability-zone": zone,
                "node-subnet-id": node_subnet,
                "first-interface-index": 1,
                "subnet-ids": ["subnet-pa", "subnet-pb"],
            },
            "ipam": {"pool": pool},
        },
        status={
            "eni": {
                "enis": {
                    f"eni-n{index}": {
                        "id": f"eni-n{index}",
                        "ip": address,
                        "number": 0,
                        "subnet": {"id": node_subnet, "cidr": SUBNETS[node_subnet][1]},
                        "vpc": {"id": VPC, "primary-cidr": "10.0.0.0/16", "cidrs": ["10.0.0.0/16", RANGE]},
                        "security-groups": [GROUP],
                    },
                    interface: {
                        "id": interface,
                        "ip": own,
                        "number": 1,
                        "subnet": {"id": subnet, "cidr": SUBNETS[subnet][1]},
                        "vpc": {"id": VPC, "primary-cidr": "10.0.0.0/16", "cidrs": ["10.0.0.0/16", RANGE]},
                        "addresses": _addresses(index),
                        "prefixes": [PREFIXES[index]],
                        "security-groups": [GROUP],
                    },
                }
            },
            "ipam": {"used": used, "operator-status": {}},
        },
    )


def _pods() -> list[Thing]:
    found = []
    for index in range(len(NODES)):
        for app in ("cilium", "cilium-envoy"):
            found.append(
                _pod(f"{app}-{index}", SYSTEM, index, {"k8s-app": app}, ("DaemonSet", app), host=True)
            )
        if index < 2:
            operator = {"io.cilium/app": "operator", "name": "cilium-operator"}
            owner = ("ReplicaSet", "cilium-operator-7c")
            found.append(_pod(f"cilium-operator-{index}", SYSTEM, index, operator, owner, host=True))
            dns = ("ReplicaSet", "coredns-5b")
            found.append(_pod(f"coredns-{index}", SYSTEM, index, {"k8s-app": "kube-dns"}, dns, 0))
    relay, ui = ("ReplicaSet", "hubble-relay-6d"), ("ReplicaSet", "hubble-ui-8f")
    found.append(_pod("hubble-relay-0", SYSTEM, 2, {"k8s-app": "hubble-relay"}, relay, 0))
    found.append(_pod("hubble-ui-0", SYSTEM, 2, {"k8s-app": "hubble-ui"}, ui, 1))
    for index in (0, 2):
        found.append(_pod(f"web-{index}", "team-a", index, {"app": "web"}, ("ReplicaSet", "web-9a"), 3))
    return found


def _pod(
    name: str,
    namespace: str,
    node: int,
    labels: dict[str, str],
    owner: tuple[str, str],
    place: int = 0,
    host: bool = False,
) -> Thing:
    address = NODES[node][2] if host else _addresses(node)[place]
    return thing(
        kinds.PODS,
        name,
        namespace,
        metadata={"labels": labels, "ownerReferences": owned(*owner)},
        spec={"nodeName": NODES[node][0]} | ({"hostNetwork": True} if host else {}),
        status={
            "phase": "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "startTime": "2026-11-01T08:06:00Z",
            "conditions": ready(),
            "containerStatuses": [
                {"name": "main", "ready": True, "restartCount": 0, "state": {"running": {}}},
            ],
        },
    )


def _endpoints() -> list[Thing]:
    return [
        thing(
            kinds.CILIUM_ENDPOINTS,
            pod["metadata"]["name"],
            pod["metadata"]["namespace"],
            status={
                "id": 100 + number,
                "identity": {"id": 10001 + number % 2},
                "networking": {"addressing": [{"ipv4": pod["status"]["podIP"]}]},
                "state": "ready",
            },
        )
        for number, pod in enumerate(_pods())
        if not pod["spec"].get("hostNetwork")
    ]


def _workload(reading: Any, name: str, namespace: str, container: str, image: str, replicas: int) -> Thing:
    return thing(
        reading,
        name,
        namespace,
        metadata={
            "generation": 1,
            "managedFields": [by_helm({"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {}}}})],
        },
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": {"k8s-app": name}},
            "template": {
                "metadata": {"labels": {"k8s-app": name}},
                "spec": {"containers": [{"name": container, "image": image}]},
            },
        },
    )


def _daemon_set(name: str, container: str) -> Thing:
    found = _workload(kinds.DAEMON_SETS, name, SYSTEM, container, f"quay.io/cilium/cilium:v{CILIUM}", 0)
    del found["spec"]["replicas"]
    found["spec"]["template"]["spec"]["tolerations"] = [{"operator": "Exists"}]
    found["status"] = {
        "observedGeneration": 1,
        "desiredNumberScheduled": 3,
        "currentNumberScheduled": 3,
        "updatedNumberScheduled": 3,
        "numberReady": 3,
        "numberAvailable": 3,
    }
    return found


def _deployment(name: str, image: str, replicas: int, namespace: str = SYSTEM) -> Thing:
    found = _workload(kinds.DEPLOYMENTS, name, namespace, name, image, replicas)
    found["status"] = {
        "observedGeneration": 1,
        "replicas": replicas,
        "updatedReplicas": replicas,
        "readyReplicas": replicas,
        "availableReplicas": replicas,
    }
    return found


def _identities() -> list[Thing]:
    found = []
    for number, namespace, app in (("10001", SYSTEM, "coredns"), ("10002", "team-a", "web")):
        identity = thing(kinds.CILIUM_IDENTITIES, number)
        identity["security-labels"] = {"k8s:io.kubernetes.pod.namespace": namespace, "k8s:app": app}
        found.append(identity)
    return found


def _services() -> list[Thing]:
    named = (
        ("kube-dns", "10.100.0.10", "kube-dns"),
        ("hubble-peer", "10.100.3.4", "cilium"),
        ("hubble-relay", "10.100.3.5", "hubble-relay"),
    )
    return [
        thing(
            kinds.SERVICES,
            name,
            SYSTEM,
            spec={"type": "ClusterIP", "clusterIP": address, "selector": {"k8s-app": app}},
        )
        for name, address, app in named
    ]


def _custom_type(kind: str, plural: str) -> Thing:
    return thing(
        kinds.CUSTOM_TYPES,
        f"{plural}.cilium.io",
        metadata={"labels": {"io.cilium.k8s.crd.schema.version": "1.32.3"}},
        spec={"group": "cilium.io", "names": {"kind": kind, "plural": plural}},
        status={
            "storedVersions": ["v2"],
            "conditions": [{"type": "Established", "status": "True"}],
        },
    )
