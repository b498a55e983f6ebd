"""Plays Cilium's operator in ENI mode: it gives each node a network interface for its pods.

As the real operator it reads the CiliumNode that the agent announces, and its own options in `cilium-config`
(https://docs.cilium.io/en/stable/network/concepts/ipam/eni/).
moto does not know prefixes: the account keeps them, and the interface has them as a tag.
It calls EC2 as ``pkg/aws/ec2/ec2.go`` does, with its own role:
https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/ec2/ec2.go.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.aws import cilium_node, operator_role
from rehearsal.aws.account import Account, Cluster, NodeRecord, PodInterface
from rehearsal.aws.handler import specification
from rehearsal.aws.iam import Caller, Operation
from rehearsal.aws.iam.gate import REASON
from rehearsal.aws.moto import Credentials
from rehearsal.kubernetes.cilium import pairs

PREFIX_TAG = "rehearsal:prefixes"
# Addresses that the operator keeps ahead of demand, where nothing says another number:
# https://github.com/cilium/cilium/blob/v1.19.1/pkg/defaults/defaults.go, IPAMPreAllocation.
_AHEAD = 8


def options(cluster: Cluster) -> dict[str, str]:
    """The operator's options, from the release's `cilium-config`."""
    found = cluster.kubernetes.get("ConfigMap", "cilium-config", "kube-system")
    return (found or {}).get("data") or {}


def has_prefixes(cluster: Cluster) -> bool:
    """Whether new interfaces get /28 prefixes."""
    return options(cluster).get("aws-enable-prefix-delegation") == "true"


# belief: CILIUM-interface-tags
def interface_tags(cluster: Cluster) -> dict[str, str]:
    """The tags of new interfaces; the operator adds the cluster's name, by which it finds them again."""
    own = options(cluster)
    tags: dict[str, str] = {"io.cilium/cluster-name": own.get("cluster-name", "default")}
    for option in ("eni-tags", "eni-gc-tags"):
        tags |= _json_map(own.get(option, ""))
    return tags


# belief: CILIUM-first-interface-index, CILIUM-operator-first
def attach_pod_interface(account: Account, cluster: Cluster, node: NodeRecord) -> None:
    """Gives a node its first pod interface; the reason of a failure goes into `node.problem`."""
    try:
        credentials = operator_role.assume(account, cluster)
    except operator_role.RoleError as error:
        node.problem = str(error)
        return
    if credentials and (problem := _blind(account, cluster, credentials.caller)):
        node.problem = f"cilium-operator: {problem}"
        return
    try:
        _attach(account, cluster, node, credentials)
    except ClientError as error:
        denial = error.response["ResponseMetadata"].get("HTTPHeaders", {}).get(REASON)
        if denial is None:
            raise
        node.problem = f"cilium-operator: {denial}"
    cilium_node.tell(account, cluster, node, version(cluster))


def _blind(account: Account, cluster: Cluster, operator: Caller) -> str:
    """Why the operator cannot look at the account, which it does before anything else."""
    actions = ["NetworkInterfaces", "Subnets", "Vpcs", "SecurityGroups"]
    release = version(cluster)
    if release >= (1, 18) or options(cluster).get("update-ec2-adapter-limit-via-api") == "true":
        actions.append("InstanceTypes")
    if release >= (1, 18):
        actions.append("RouteTables")
    denials = (account.access.judge(operator, Operation("ec2", f"Describe{action}")) for action in actions)
    return str(next(filter(None, denials), ""))


def version(cluster: Cluster) -> tuple[int, int]:
    """Major and minor of the operator's image; the newest if its tag is not a version."""
    found = cluster.kubernetes.get("Deployment", "cilium-operator", "kube-system") or {}
    tag = re.search(r'"image": "[^"]*:v(\d+)\.(\d+)', json.dumps(found))
    return (int(tag[1]), int(tag[2])) if tag else (99, 0)


def _attach(account: Account, cluster: Cluster, node: NodeRecord, credentials: Credentials | None) -> None:
    """Makes and attaches the interface with the operator's credentials.

    Raises:
        ClientError: EC2 refuses a call.
    """
    eni = _eni_section(cluster, node)
    first = eni.get("first-interface-index", 0)
    if first < 1:
        node.problem = (
            "first-interface-index is 0: pods take addresses of eth0, in the node subnet; set it to 1 or more"
        )
        return
    ec2 = account.client("ec2", credentials)
    subnet = _pod_subnet(ec2, eni, node)
    if subnet is None:
        node.problem = f"Cilium has no pod subnet in zone {node.zone}; give it one per zone of the node group"
        return
    prefixes = _assign_prefix(account, subnet) if has_prefixes(cluster) else ()
    interface_id = ec2.create_network_interface(
        SubnetId=subnet["SubnetId"],
        Groups=eni.get("security-groups") or _node_groups(account, node),
        Description=f"Cilium-CNI ({node.instance_id})",
        # Without a free prefix the operator takes single addresses, as it does without prefixes.
        **({} if prefixes else {"SecondaryPrivateIpAddressCount": min(_AHEAD, _slots(account, node))}),
        **specification("network-interface", {"Tags": interface_tags(cluster)}),
    )["NetworkInterface"]["NetworkInterfaceId"]
    if prefixes:
        own = [{"Key": PREFIX_TAG, "Value": ",".join(prefixes)}]
        account.client("ec2").create_tags(Resources=[interface_id], Tags=own)
    index = first + len(node.interfaces)
    attachment = ec2.attach_network_interface(
        NetworkInterfaceId=interface_id, InstanceId=node.instance_id, DeviceIndex=index
    )["AttachmentId"]
    node.interfaces.append(PodInterface(interface_id, index, subnet["SubnetId"], prefixes))
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface_id,
        Attachment={"AttachmentId": attachment, "DeleteOnTermination": True},
    )
    if credentials:
        _look_ahead(account, cluster, credentials.caller, interface_id)


# belief: EC2-instance-limits
def _slots(account: Account, node: NodeRecord) -> int:
    """The addresses of an interface beside its own."""
    (kind,) = account.client("ec2").describe_instance_types(InstanceTypes=[node.instance_type])[
        "InstanceTypes"
    ]
    return int(kind["NetworkInfo"]["Ipv4AddressesPerInterface"]) - 1


def _look_ahead(account: Account, cluster: Cluster, operator: Caller, interface: str) -> None:
    """Lets IAM judge what the operator does later: for more or fewer pods, or after a failed attachment."""
    actions = ["AssignPrivateIpAddresses", "DeleteNetworkInterface"]
    if options(cluster).get("aws-release-excess-ips") == "true":
        actions.append("UnassignPrivateIpAddresses")
    for action in actions:
        account.access.judge(operator, Operation("ec2", action, {"NetworkInterfaceId": interface}))


# belief: CILIUM-leaves-interfaces, EC2-detach-then-delete
def release_interfaces(account: Account, node: NodeRecord, stays: Callable[[], bool]) -> None:
    """Removes a node's pod interfaces; `stays` is asked for each whether it stays behind."""
    ec2 = account.client("ec2")
    for interface in node.interfaces:
        (described,) = account.interfaces(network_interface_id=interface.interface_id)
        ec2.detach_network_interface(AttachmentId=described["Attachment"]["AttachmentId"])
        if not stays():
            ec2.delete_network_interface(NetworkInterfaceId=interface.interface_id)
    node.interfaces.clear()


# belief: EC2-reserved-addresses, CILIUM-watermarks
def _assign_prefix(account: Account, subnet: dict[str, Any]) -> tuple[str, ...]:
    """The lowest free /28 of the subnet."""
    with account.lock:
        blocks = ipaddress.ip_network(subnet["CidrBlock"]).subnets(new_prefix=28)
        next(blocks)  # AWS keeps the first four addresses of a subnet, so its first /28 is never free
        for block in blocks:
            if str(block) not in account.assigned_prefixes:
                account.assigned_prefixes.add(str(block))
                return (str(block),)
    return ()


# belief: CILIUM-subnet-choice
def _pod_subnet(ec2: Any, eni: dict[str, Any], node: NodeRecord) -> dict[str, Any] | None:
    """The subnet of the node's zone with the most free addresses among the allowed ones."""
    ids, tags = eni.get("subnet-ids"), eni.get("subnet-tags") or {}
    if not ids and not tags:
        return None
    wanted = {"availability-zone": [node.zone]} | {f"tag:{key}": [value] for key, value in tags.items()}
    wanted |= {"subnet-id": ids} if ids else {}
    filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
    found: list[dict[str, Any]] = ec2.describe_subnets(Filters=filters)["Subnets"]
    return max(found, key=lambda subnet: int(subnet["AvailableIpAddressCount"]), default=None)


# belief: CILIUM-security-groups
def _node_groups(account: Account, node: NodeRecord) -> list[str]:
    (primary, *_) = [
        interface
        for interface in account.interfaces()
        if interface.get("Attachment", {}).get("InstanceId") == node.instance_id
    ]
    return [group["GroupId"] for group in primary["Groups"]]


def _eni_section(cluster: Cluster, node: NodeRecord) -> dict[str, Any]:
    announced = cluster.kubernetes.get("CiliumNode", node.name) or {"spec": {}}
    section: dict[str, Any] = announced["spec"].get("eni") or {}
    return section


def _json_map(text: str) -> dict[str, str]:
    """A map option: JSON as the chart writes it, or `a=b` words."""
    return dict(json.loads(text)) if text.startswith("{") else pairs(text)
