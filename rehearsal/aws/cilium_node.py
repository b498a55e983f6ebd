"""What Cilium's operator writes into the CiliumNode of a node: its interfaces, and the addresses for pods.

The fields: https://github.com/cilium/cilium/blob/v1.19.1/pkg/aws/eni/types/types.go and
https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/types/types.go. Agents up to 1.19 take addresses of
``spec.ipam.pool``, agents from 1.20 on addresses of ``spec.ipam.pools.allocated``
(https://github.com/cilium/cilium/pull/45154).
"""

# belief: CILIUM-operator-first

from __future__ import annotations

from ipaddress import ip_network
from typing import Any, Final

from rehearsal.aws.account import Account, Cluster, NodeRecord

_RANGES_SINCE: Final = (1, 20)


def tell(account: Account, cluster: Cluster, node: NodeRecord, release: tuple[int, int]) -> None:
    """Write the interfaces of a node into its CiliumNode, and their addresses for its agent.

    Args:
        account: The account.
        cluster: The cluster.
        node: The node.
        release: Major and minor of the operator.
    """
    found = cluster.kubernetes.get("CiliumNode", node.name)
    if found is None:
        return
    prefixes = {each.interface_id: each.prefixes for each in node.interfaces}
    interfaces = {
        each["NetworkInterfaceId"]: _interface(account, each, prefixes.get(each["NetworkInterfaceId"], ()))
        for each in account.interfaces()
        if (each.get("Attachment") or {}).get("InstanceId") == node.instance_id
    }
    own = {name: interfaces[name] for name in prefixes if name in interfaces}
    found["status"] = (found.get("status") or {}) | {"eni": {"enis": interfaces}}
    found["spec"]["ipam"] = (found["spec"].get("ipam") or {}) | _addresses(own, release)
    cluster.kubernetes.update(found)


def _interface(account: Account, found: dict[str, Any], prefixes: tuple[str, ...]) -> dict[str, Any]:
    ec2 = account.client("ec2")
    (subnet,) = ec2.describe_subnets(SubnetIds=[found["SubnetId"]])["Subnets"]
    (vpc,) = ec2.describe_vpcs(VpcIds=[found["VpcId"]])["Vpcs"]
    singles = [each["PrivateIpAddress"] for each in found["PrivateIpAddresses"] if not each["Primary"]]
    blocks = [str(address) for prefix in prefixes for address in ip_network(prefix)]
    made = {
        "id": found["NetworkInterfaceId"],
        "ip": found["PrivateIpAddress"],
        "mac": found["MacAddress"],
        "availability-zone": subnet["AvailabilityZone"],
        "description": found.get("Description", ""),
        "number": found["Attachment"]["DeviceIndex"],
        "subnet": {"id": found["SubnetId"], "cidr": subnet["CidrBlock"]},
        "vpc": {
            "id": found["VpcId"],
            "primary-cidr": vpc["CidrBlock"],
            "cidrs": [each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet") or ()],
        },
        "addresses": singles + blocks,
        "prefixes": list(prefixes),
        "security-groups": [group["GroupId"] for group in found["Groups"]],
        "tags": {each["Key"]: each["Value"] for each in found.get("TagSet") or ()},
    }
    return {field: value for field, value in made.items() if value not in ("", [], {})}


def _addresses(interfaces: dict[str, dict[str, Any]], release: tuple[int, int]) -> dict[str, Any]:
    if release < _RANGES_SINCE:
        return {
            "pool": {
                address: {"resource": name}
                for name, interface in interfaces.items()
                for address in interface.get("addresses", ())
            }
        }
    ranges = []
    for interface in interfaces.values():
        prefixes = interface.get("prefixes", [])
        inside = {str(address) for prefix in prefixes for address in ip_network(prefix)}
        singles = (each for each in interface.get("addresses", ()) if each not in inside)
        ranges += [*prefixes, *(f"{address}/32" for address in singles)]
    return {"pools": {"allocated": [{"pool": "default", "cidrs": sorted(ranges)}] if ranges else []}}
