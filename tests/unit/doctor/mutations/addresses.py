"""Interfaces in the wrong place, prefixes that do not come, subnets that fill up."""

from __future__ import annotations

from ipaddress import ip_network

from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from tests.unit.doctor.facts import CLUSTER, NODES, PREFIXES, RANGE
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.mutations.nodes import FIRST, NO_CNI, condition, config
from tests.unit.doctor.world import Thing, World, thing

INTERFACE = NODES[0][5]


def set_option(world: World, name: str, value: str | None) -> None:
    """Change an option of the release, as settings want it: a difference of the two is another check's."""
    options = config(world)
    planned = dict(world.plan.config or {})
    for each in (options, planned):
        each.pop(name, None)
        if value is not None:
            each[name] = value
    world.planned(config=planned)


def cilium_node(world: World, index: int = 0) -> Thing:
    return world.one(kinds.CILIUM_NODES, NODES[index][0])


def interface(world: World, index: int = 0, name: str = "") -> Thing:
    """The interface of a node in its CiliumNode, by default that of pods."""
    enis: dict[str, Thing] = cilium_node(world, index)["status"]["eni"]["enis"]
    return enis[name or NODES[index][5]]


def ec2_interface(world: World, name: str = INTERFACE) -> Thing:
    return world.one(aws_kinds.INTERFACES, name)


def _in_node_subnet(world: World) -> None:
    interface(world)["subnet"] = {"id": "subnet-na", "cidr": "10.0.1.0/24"}
    ec2_interface(world)["SubnetId"] = "subnet-na"


def _foreign_interface(world: World) -> None:
    found = {
        "NetworkInterfaceId": "eni-foreign",
        "SubnetId": "subnet-na",
        "Status": "in-use",
        "InterfaceType": "interface",
        "Description": "attached by hand",
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": "10.0.1.77"}],
        "Attachment": {"InstanceId": "i-0", "DeviceIndex": 2, "Status": "attached"},
    }
    world.add(aws_kinds.INTERFACES, found)


def _aws_node_interface(world: World) -> None:
    cilium_node(world)["status"]["eni"]["enis"]["eni-aws"] = {
        "id": "eni-aws",
        "ip": "10.0.1.80",
        "number": 2,
        "description": "aws-K8S-i-0",
        "tags": {"node.k8s.amazonaws.com/instance_id": "i-0"},
        "addresses": ["10.0.1.81", "10.0.1.82"],
        "subnet": {"id": "subnet-na", "cidr": "10.0.1.0/24"},
        "vpc": {"id": "vpc-0a1", "primary-cidr": "10.0.0.0/16", "cidrs": ["10.0.0.0/16", RANGE]},
    }
    pool = cilium_node(world)["spec"]["ipam"]["pool"]
    pool.update({"10.0.1.81": {"resource": "eni-aws"}, "10.0.1.82": {"resource": "eni-aws"}})


def _aws_node_addresses(world: World) -> None:
    interface(world, name="eni-n0")["addresses"] = ["10.0.1.60", "10.0.1.61"]


def _loose_interface(world: World) -> None:
    found = {
        "NetworkInterfaceId": "eni-loose",
        "SubnetId": "subnet-na",
        "Status": "available",
        "Description": "aws-K8S-i-0",
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": "10.0.1.90"}],
    }
    world.add(aws_kinds.INTERFACES, found)


def loose_interfaces(world: World, number: int, cluster: str = CLUSTER) -> None:
    """Leave interfaces of the operator behind."""
    for each in range(number):
        found = {
            "NetworkInterfaceId": f"eni-left{each}",
            "SubnetId": "subnet-pa",
            "Status": "available",
            "Description": "Cilium-CNI (i-9)",
            "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": f"100.64.8.{each}"}],
            "TagSet": [{"Key": "io.cilium/cluster-name", "Value": cluster}],
        }
        world.add(aws_kinds.INTERFACES, found)


def _fallen_back(world: World) -> None:
    interface(world)["prefixes"] = []


def _pool_lacks(world: World) -> None:
    # #46598 and #47910 in the form of 1.19: a prefix that the agent does not know.
    interface(world)["prefixes"].append("100.64.0.48/28")
    interface(world)["addresses"] += [str(each) for each in ip_network("100.64.0.48/28")]


def new_ipam(world: World) -> None:
    """Let all agents be of 1.20: they ask for ranges and write no addresses."""
    for index in range(len(NODES)):
        found = cilium_node(world, index)
        found["spec"]["ipam"]["pools"] = {
            "requested": [{"pool": "default", "needed": {"ipv4-addrs": 14}}],
            "allocated": [{"pool": "default", "cidrs": [PREFIXES[index]]}],
        }
        found["status"]["ipam"]["used"] = {}
    world.one(kinds.DAEMON_SETS, "cilium")["spec"]["template"]["spec"]["containers"][0]["image"] = (
        "quay.io/cilium/cilium:v1.20.0"
    )
    for each in world.all(kinds.DEPLOYMENTS):
        if each["metadata"]["name"] == "cilium-operator":
            containers = each["spec"]["template"]["spec"]["containers"]
            containers[0]["image"] = "quay.io/cilium/operator-aws:v1.20.0"
    world.planned(cilium="1.20.0")


def _allocated_lacks(world: World) -> None:
    new_ipam(world)
    interface(world)["prefixes"].append("100.64.0.48/28")
    interface(world)["addresses"] += [str(each) for each in ip_network("100.64.0.48/28")]
    cilium_node(world)["spec"]["ipam"]["pools"]["requested"][0]["needed"]["ipv4-addrs"] = 25


def _old_agent(world: World) -> None:
    new_ipam(world)
    found = cilium_node(world)
    del found["spec"]["ipam"]["pools"]
    found["status"]["ipam"]["used"] = {"100.64.0.31": {"owner": "router"}}


def _no_addresses(world: World) -> None:
    # The agent waits for addresses, and so the node is not Ready.
    condition(world, NODES[1][0], status="False", reason="KubeletNotReady", message=NO_CNI)
    world.one(kinds.PODS, "cilium-1")["status"]["conditions"][0]["status"] = "False"
    found = cilium_node(world, 1)
    found["status"]["eni"]["enis"] = {}
    found["spec"]["ipam"] = {"pool": {}}
    found["status"]["ipam"] = {"used": {}, "operator-status": {}}
    found["spec"]["addresses"] = [{"ip": "10.0.1.11", "type": "InternalIP"}]
    found["spec"].pop("health")
    world.remove(kinds.PODS, "coredns-1")
    world.remove(kinds.CILIUM_ENDPOINTS, "coredns-1")


def _foreign_address(world: World) -> None:
    _move(world, "web-0", "100.64.9.9")


def _taken_twice(world: World) -> None:
    _move(world, "web-0", world.one(kinds.PODS, "coredns-0")["status"]["podIP"])


def _move(world: World, name: str, address: str) -> None:
    pod = world.one(kinds.PODS, name)
    pod["status"] |= {"podIP": address, "podIPs": [{"ip": address}]}
    endpoint = world.one(kinds.CILIUM_ENDPOINTS, name)
    endpoint["status"]["networking"]["addressing"] = [{"ipv4": address}]


def sandbox_fails(world: World, message: str, pod: str = "web-0", space: str = "team-a") -> None:
    found = world.one(kinds.PODS, pod)
    found["status"] = {"phase": "Pending", "startTime": "2026-11-30T11:30:00Z", "conditions": []}
    text = (
        "Failed to create pod sandbox: rpc error: code = Unknown desc = "
        'failed to setup network for sandbox "2a21": '
        f'plugin type="cilium-cni" name="cilium" failed (add): {message}'
    )
    event = thing(
        kinds.EVENTS,
        f"{pod}.1",
        space,
        type="Warning",
        reason="FailedCreatePodSandBox",
        message=text,
        count=14,
        involvedObject={"kind": "Pod", "namespace": space, "name": pod},
        lastTimestamp="2026-11-30T11:58:00Z",
    )
    world.add(kinds.EVENTS, event)


def _no_more_addresses(world: World) -> None:
    # https://github.com/cilium/cilium/pull/42369
    sandbox_fails(
        world,
        "unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure "
        '"No more IPs available"',
    )


MUTATIONS = (
    Mutation(
        "an interface is in a node subnet",
        _in_node_subnet,
        ("interfaces-in-pod-subnets",),
        ("status.eni.enis[eni-a1].subnet.id is subnet-na, expected subnet-pa, subnet-pb",),
    ),
    Mutation(
        "somebody attaches an interface that Cilium does not know",
        _foreign_interface,
        ("interfaces-in-pod-subnets",),
        ("ec2 eni-foreign of i-0: SubnetId is subnet-na",),
    ),
    Mutation(
        "aws-node left an interface",
        _aws_node_interface,
        ("no-interfaces-of-aws-node",),
        ("status.eni.enis[eni-aws].description is aws-K8S-i-0", f"kubectl drain {FIRST}"),
    ),
    Mutation(
        "aws-node left addresses on the primary interface",
        _aws_node_addresses,
        ("no-interfaces-of-aws-node",),
        ("status.eni.enis[eni-n0].addresses is 2 secondary addresses",),
    ),
    Mutation(
        "aws-node left an interface attached to nothing",
        _loose_interface,
        ("no-interfaces-of-aws-node",),
        ("aws ec2 delete-network-interface --network-interface-id eni-loose",),
    ),
    Mutation(
        "the operator's interfaces stay behind",
        lambda world: loose_interfaces(world, 8),
        ("interfaces-attached",),
        ("8 interfaces of the operator attached to nothing", "Status is available"),
    ),
    Mutation(
        "a node fell back to single addresses",
        _fallen_back,
        ("nodes-get-prefixes",),
        ("1 node of 3 on single addresses for good", "16 single addresses and no prefix"),
    ),
    Mutation(
        "an agent of 1.19 does not know a prefix",
        _pool_lacks,
        ("prefixes-known-to-agents",),
        ("warning: 1 agent without all addresses", "spec.ipam.pool is without 100.64.0.48/28"),
    ),
    Mutation(
        "an agent of 1.20 does not know a prefix, and asks for more",
        _allocated_lacks,
        ("known-faults", "prefixes-known-to-agents"),
        ("error: 1 agent without all addresses", "spec.ipam.pools.allocated is without 100.64.0.48/28"),
    ),
    Mutation(
        "one agent still takes addresses in the old way",
        _old_agent,
        ("known-faults", "ipam-ready-for-1-21"),
        ("1 agent of 3 in the way that 1.21 ends", "spec.ipam.pools.requested is missing"),
    ),
    Mutation(
        "the operator does not find an instance",
        _no_addresses,
        ("nodes-have-addresses",),
        ("1 node of 3 without addresses for pods", "rollout restart deployment/cilium-operator"),
    ),
    Mutation(
        "a pod has an address that its node does not have",
        _foreign_address,
        ("pod-addresses-of-their-nodes",),
        ("Pod team-a/web-0: status.podIP is 100.64.9.9", "kubectl delete pod --namespace team-a web-0"),
    ),
    Mutation(
        "two pods have one address",
        _taken_twice,
        ("addresses-used-once",),
        ("1 address in use twice", "that Pod kube-system/coredns-0 lacks"),
    ),
    Mutation(
        "a pod gets no address",
        _no_more_addresses,
        ("pods-get-addresses",),
        (f"1 pod without an address on {FIRST}: their node has no free address", "(14 times)"),
    ),
)
