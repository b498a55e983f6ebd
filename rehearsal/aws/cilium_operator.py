"""Plays what Cilium's operator does in AWS in ENI mode: a network interface for the pods of each node.

It reads the same configuration as the real one: the release's `cilium-config` and, where that says
`read-cni-conf`, the ConfigMap with the CNI configuration, which wins field by field
(https://docs.cilium.io/en/stable/network/concepts/ipam/eni/).
moto does not know prefixes; they are kept beside it and as a tag of the interface.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rehearsal.aws import operator_role
from rehearsal.aws.account import Account, Cluster, NodeRecord, PodInterface
from rehearsal.aws.moto import Cloud

PREFIX_TAG = "rehearsal:prefixes"
_NAMESPACE = "kube-system"


@dataclass(frozen=True)
class EniConfig:
    """The operator's orders.

    Attributes:
        subnet_ids: Subnets it may use; any of the node's zone with these tags when empty.
        subnet_tags: Tags a subnet must have.
        first_interface_index: Lowest device index for pods.
        prefixes: Whether interfaces get /28 prefixes.
        security_groups: Groups of new interfaces; the node's own when empty.
        tags: Tags of new interfaces.
    """

    subnet_ids: tuple[str, ...] = ()
    subnet_tags: tuple[tuple[str, str], ...] = ()
    first_interface_index: int = 0
    prefixes: bool = False
    security_groups: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


def configuration(cluster: Cluster) -> EniConfig:
    """The configuration the release and the CNI ConfigMap give."""
    data = _config_map(cluster, "cilium-config")
    eni: dict[str, Any] = {}
    if "read-cni-conf" in data:
        eni = _cni_conf(_config_map(cluster, "cni-configuration"))
    tags = _json_map(data.get("eni-tags")) | _json_map(data.get("eni-gc-tags"))
    tags.setdefault("io.cilium/cluster-name", data.get("cluster-name", "default"))
    index = eni.get("first-interface-index", data.get("eni-first-interface-index") or 0)
    return EniConfig(
        subnet_ids=tuple(eni.get("subnet-ids") or _words(data.get("eni-subnet-ids"))),
        subnet_tags=tuple((eni.get("subnet-tags") or _pairs(data.get("eni-subnet-tags"))).items()),
        first_interface_index=int(index),
        prefixes=data.get("aws-enable-prefix-delegation") == "true",
        security_groups=tuple(eni.get("security-groups") or _words(data.get("eni-security-groups"))),
        tags=tuple(tags.items()),
    )


def attach_pod_interface(account: Account, cluster: Cluster, node: NodeRecord) -> None:
    """Gives a node its first pod interface; a reason why that fails goes into `node.problem`."""
    if problem := operator_role.problem(cluster):
        node.problem = problem
        return
    config = configuration(cluster)
    if config.first_interface_index < 1:
        node.problem = (
            "first-interface-index is 0: pods take addresses of eth0, in the node subnet; set it to 1 or more"
        )
        return
    ec2 = account.client("ec2")
    subnet = _pod_subnet(ec2, config, node)
    if subnet is None:
        node.problem = f"Cilium has no pod subnet in zone {node.zone}; give it one per zone of the node group"
        return
    groups = list(config.security_groups) or _node_groups(account.cloud, node)
    index = config.first_interface_index + len(node.interfaces)
    interface_id = ec2.create_network_interface(
        SubnetId=subnet["SubnetId"],
        Groups=groups,
        Description=f"Cilium-CNI ({node.instance_id})",
        TagSpecifications=[
            {
                "ResourceType": "network-interface",
                "Tags": [{"Key": key, "Value": value} for key, value in config.tags],
            }
        ],
    )["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(
        NetworkInterfaceId=interface_id, InstanceId=node.instance_id, DeviceIndex=index
    )
    prefixes = _assign_prefix(account, subnet) if config.prefixes else ()
    if prefixes:
        ec2.create_tags(Resources=[interface_id], Tags=[{"Key": PREFIX_TAG, "Value": ",".join(prefixes)}])
    node.interfaces.append(PodInterface(interface_id, index, subnet["SubnetId"], prefixes))


def release_interfaces(cloud: Cloud, node: NodeRecord, stays: Callable[[], bool]) -> None:
    """Takes a node's pod interfaces away with it, apart from those that `stays` leaves behind."""
    ec2 = cloud.client("ec2")
    for interface in node.interfaces:
        (described,) = cloud.interfaces(network_interface_id=interface.interface_id)
        ec2.detach_network_interface(AttachmentId=described["Attachment"]["AttachmentId"])
        if not stays():
            ec2.delete_network_interface(NetworkInterfaceId=interface.interface_id)
    node.interfaces.clear()


def _assign_prefix(account: Account, subnet: dict[str, Any]) -> tuple[str, ...]:
    """The lowest free /28 of the subnet."""
    with account.lock:
        blocks = ipaddress.ip_network(subnet["CidrBlock"]).subnets(new_prefix=28)
        next(blocks)  # AWS keeps the first four addresses of a subnet, so its first /28 is never whole
        for block in blocks:
            if str(block) not in account.assigned_prefixes:
                account.assigned_prefixes.add(str(block))
                return (str(block),)
    return ()


def _pod_subnet(ec2: Any, config: EniConfig, node: NodeRecord) -> dict[str, Any] | None:
    """The subnet of the node's zone with the most free addresses among the allowed ones."""
    filters = [{"Name": "availability-zone", "Values": [node.zone]}]
    filters += [{"Name": f"tag:{key}", "Values": [value]} for key, value in config.subnet_tags]
    if config.subnet_ids:
        filters.append({"Name": "subnet-id", "Values": list(config.subnet_ids)})
    elif not config.subnet_tags:
        return None
    found: list[dict[str, Any]] = ec2.describe_subnets(Filters=filters)["Subnets"]
    return max(found, key=lambda subnet: int(subnet["AvailableIpAddressCount"]), default=None)


def _node_groups(cloud: Cloud, node: NodeRecord) -> list[str]:
    (primary, *_) = [
        interface
        for interface in cloud.interfaces()
        if interface.get("Attachment", {}).get("InstanceId") == node.instance_id
    ]
    return [group["GroupId"] for group in primary["Groups"]]


def _config_map(cluster: Cluster, name: str) -> dict[str, str]:
    found = cluster.kubernetes.get("ConfigMap", name, _NAMESPACE)
    return (found or {}).get("data") or {}


def _cni_conf(data: dict[str, str]) -> dict[str, Any]:
    """The `eni` section of the first configuration in the ConfigMap that has one."""
    for text in data.values():
        config = json.loads(text)
        for plugin in config.get("plugins", [config]):
            if "eni" in plugin:
                section: dict[str, Any] = plugin["eni"]
                return section
    return {}


def _json_map(text: str | None) -> dict[str, str]:
    """A map option: JSON as the chart writes it, or `a=b` words."""
    if not text:
        return {}
    return dict(json.loads(text)) if text.startswith("{") else _pairs(text)


def _words(text: str | None) -> list[str]:
    return [word for word in (text or "").replace(",", " ").split() if word]


def _pairs(text: str | None) -> dict[str, str]:
    return dict(word.split("=", 1) for word in _words(text) if "=" in word)
