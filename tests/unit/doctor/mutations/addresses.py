"""Interfaces in the wrong place, prefixes that do not come, subnets that fill up."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from tests.unit.doctor.facts import NODES, PREFIXES, RANGE
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.mutations.nodes import FIRST, NO_CNI, condition, config, node
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


def fill(world: World, subnet: str, blocks: int, by: str = "prefix", start: int = 40) -> None:
    """Take /28 blocks of a subnet from one on, with a prefix or a single address in each."""
    block = ip_network(world.one(aws_kinds.SUBNETS, subnet)["CidrBlock"])
    first = int(block.network_address) + 16 * start
    own: Thing = {"NetworkInterfaceId": f"eni-fill-{subnet}", "SubnetId": subnet, "Status": "in-use"}
    starts = [_text(first + 16 * each) for each in range(blocks)]
    if by == "prefix":
        own["Ipv4Prefixes"] = [{"Ipv4Prefix": f"{start}/28"} for start in starts]
    else:
        own["PrivateIpAddresses"] = [
            {"Primary": not each, "PrivateIpAddress": s} for each, s in enumerate(starts)
        ]
    world.add(aws_kinds.INTERFACES, own)


def _text(value: int) -> str:
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def _full_subnet(world: World) -> None:
    fill(world, "subnet-pa", 1022, by="address", start=1)


def _grow(world: World) -> None:
    for name in (FIRST, NODES[2][0]):
        node(world, name)["metadata"]["creationTimestamp"] = "2026-09-01T08:00:00Z"
    node(world, NODES[1][0])["metadata"]["creationTimestamp"] = "2026-11-26T08:00:00Z"
    fill(world, "subnet-pa", 880)


def _too_large_groups(world: World) -> None:
    world.all(aws_kinds.NODE_GROUPS)[0]["scalingConfig"]["maxSize"] = 300


def _zone_without_subnet(world: World) -> None:
    third = NODES[2][0]
    node(world, third)["metadata"]["labels"]["topology.kubernetes.io/zone"] = "eu-west-1c"
    cilium_node(world, 2)["spec"]["eni"]["availability-zone"] = "eu-west-1c"
    interface(world, 2)["subnet"] = {"id": "subnet-nc", "cidr": "10.0.3.0/24"}
    world.one(aws_kinds.INTERFACES, NODES[2][5])["SubnetId"] = "subnet-nc"


def _group_in_bare_zone(world: World) -> None:
    subnet = {"SubnetId": "subnet-nc", "AvailabilityZone": "eu-west-1c", "CidrBlock": "10.0.3.0/24"}
    world.add(aws_kinds.SUBNETS, subnet)
    world.all(aws_kinds.NODE_GROUPS)[0]["subnets"].append("subnet-nc")


def _al2023(world: World) -> None:
    for each in world.all(kinds.NODES):
        each["status"]["nodeInfo"]["osImage"] = "Amazon Linux 2023.9.20251110"
    assert world.plan.groups is not None
    world.planned(
        groups=tuple(replace(each, image="al2023", primary_interface=None) for each in world.plan.groups)
    )


def option(name: str, value: str | None) -> Any:
    return lambda world: set_option(world, name, value)


def _no_masquerade(world: World) -> None:
    set_option(world, "enable-ipv4-masquerade", "false")
    world.planned(egress="pod")


def _not_associated(world: World) -> None:
    world.all(aws_kinds.VPCS)[0]["CidrBlockAssociationSet"][1]["CidrBlockState"]["State"] = "disassociating"


def _new_block(world: World) -> None:
    block = {"CidrBlock": "100.65.0.0/16", "CidrBlockState": {"State": "associated"}}
    world.all(aws_kinds.VPCS)[0]["CidrBlockAssociationSet"].append(block)


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
    Mutation(
        "single addresses spoil every block of a subnet",
        _full_subnet,
        ("free-prefixes",),
        ("subnet-pa in eu-west-1a: no /28 is free, beside", "describe-network-interfaces"),
    ),
    Mutation(
        "a pod subnet will soon be full",
        _grow,
        ("free-prefixes",),
        ("at the growth of the last 4 weeks",),
    ),
    Mutation(
        "node groups may grow beyond the pod subnets",
        _too_large_groups,
        ("groups-fit-pod-subnets",),
        ("do not fit into the pod subnets of eu-west-1a, eu-west-1b", "nodes that may still start is 297"),
    ),
    Mutation(
        "a zone has no pod subnet",
        _zone_without_subnet,
        ("pod-subnet-of-each-zone",),
        ("error: 1 zone with nodes and without a pod subnet: eu-west-1c",),
    ),
    Mutation(
        "a node group reaches into a zone without a pod subnet",
        _group_in_bare_zone,
        ("pod-subnet-of-each-zone",),
        ("warning: node groups reach into eu-west-1c",),
    ),
    Mutation(
        "AL2023 has no eth0",
        _al2023,
        ("masquerade-by-primary-interface",),
        ("pods are not masqueraded: AL2023 has no eth0 on 3 nodes",),
    ),
    Mutation(
        "a wildcard fits interfaces of pods",
        option("egress-masquerade-interfaces", "eth+"),
        ("masquerade-by-primary-interface",),
        ("traffic between pods of two nodes is masqueraded: eth+",),
    ),
    Mutation(
        "the interface has the name of another image",
        option("egress-masquerade-interfaces", "ens5"),
        ("masquerade-by-primary-interface",),
        ("the primary interface is eth0, not ens5",),
    ),
    Mutation(
        "pods leave by themselves and have no route",
        _no_masquerade,
        ("way-out-of-pod-subnets",),
        ("2 pod subnets without a way out: subnet-pa, subnet-pb",),
    ),
    Mutation(
        "the block of pods leaves the VPC",
        _not_associated,
        ("pod-ranges-of-the-vpc",),
        ("is disassociating, expected associated",),
    ),
    Mutation(
        "the operator does not know a new block",
        _new_block,
        ("pod-ranges-of-the-vpc",),
        ("the operator does not know all blocks of the VPC on 3 nodes",),
    ),
)
