"""Makes the clusters that a template imports, as they are before a migration: with aws-node on two nodes.

The app writes what it knows of them into the template's metadata. A real endpoint does not exist here, so
templates get the endpoint and the certificate of the cluster that stands in.
"""

# no belief: stand-ins for clusters that others made

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cdk_eks_cilium.checks.app_templates import EXISTING_CLUSTERS
from rehearsal.aws.account import Account, Cluster, NodeRecord
from rehearsal.aws.control_planes import new_cluster
from rehearsal.aws.identity import identify
from rehearsal.aws.runtime import Runtime
from rehearsal.kubernetes import NodeSpec
from rehearsal.kubernetes.addons import SELF_MANAGED

OLD_GROUP: Final = "old"
"""The node group of the nodes that were there before."""

_VERSION: Final = "1.35"
_TYPE: Final = "m6i.large"
_MAX_PODS: Final = 29

Texts = dict[str, str]


def provide_clusters(account: Account, runtime: Runtime, templates: Iterable[Mapping[str, Any]]) -> Texts:
    """Makes the clusters that templates tell of.

    Args:
        account: Where to make them; their VPC, subnets and security group exist.
        runtime: The rehearsal.
        templates: The templates.

    Returns:
        What to write in place of what templates say of them: `Assembly.standing_in` does.
    """
    texts: Texts = {}
    told = [
        each for template in templates for each in template.get("Metadata", {}).get(EXISTING_CLUSTERS, ())
    ]
    for each in told:
        if each["name"] not in account.clusters:
            cluster = _made(account, runtime, each)
            pem = cluster.kubernetes.certificate_authority_pem.encode()
            texts[each["endpoint"]] = cluster.kubernetes.endpoint
            texts[each["certificate"]] = base64.b64encode(pem).decode()
    return texts


def drain_and_delete_old_nodes(account: Account, name: str) -> None:
    """What a person does in the phase ``move``: the old group goes, and its pods run elsewhere."""
    cluster = account.clusters[name]
    for node in [each for each in cluster.nodes.values() if each.before]:
        cluster.kubernetes.remove_node(node.name)
        account.client("ec2").terminate_instances(InstanceIds=[node.instance_id])
        with account.lock:
            del cluster.nodes[node.name]


def _made(account: Account, runtime: Runtime, told: Mapping[str, Any]) -> Cluster:
    name = told["name"]
    kubernetes = new_cluster(
        runtime,
        name=name,
        version=_VERSION,
        service_cidr=None,
        identify=lambda token: identify(
            account.handed_out, account.clusters[name], token, runtime.options.authorization_delay
        ),
    )
    cluster = account.clusters[name] = Cluster(name, kubernetes, told["security_group"])
    kubernetes.start()
    kubernetes.bootstrap(SELF_MANAGED)
    kubernetes.install_addon("vpc-cni")
    _admit_itself(account, told["security_group"])
    _register(account, cluster, told)
    account.existing.add(name)
    for subnet in told["subnets"][:2]:
        _join(account, cluster, subnet)
    return cluster


# belief: EKS-cluster-group-admits-itself
def _admit_itself(account: Account, group: str) -> None:
    itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    account.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=itself)


def _register(account: Account, cluster: Cluster, told: Mapping[str, Any]) -> None:
    account.client("eks").create_cluster(
        name=cluster.name,
        version=_VERSION,
        roleArn=account.arn("iam", f"role/{cluster.name}", region=False),
        resourcesVpcConfig={"subnetIds": told["subnets"]},
    )
    backend = account.eks_cluster(cluster.name)
    backend.endpoint = cluster.kubernetes.endpoint
    pem = cluster.kubernetes.certificate_authority_pem.encode()
    backend.certificate_authority = {"data": base64.b64encode(pem).decode()}
    for subnet in told["subnets"][:2]:
        interface = account.client("ec2").create_network_interface(
            SubnetId=subnet, Groups=[cluster.security_group], Description=f"Amazon EKS {cluster.name}"
        )["NetworkInterface"]
        cluster.interfaces.append(interface["NetworkInterfaceId"])
        account.existing.add(interface["NetworkInterfaceId"])


def _join(account: Account, cluster: Cluster, subnet_id: str) -> None:
    ec2 = account.client("ec2")
    (subnet,) = ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    interface = {"DeviceIndex": 0, "SubnetId": subnet_id, "Groups": [cluster.security_group]}
    instance = ec2.run_instances(
        ImageId="ami-00000000000000000",
        InstanceType=_TYPE,
        MinCount=1,
        MaxCount=1,
        NetworkInterfaces=[{**interface, "DeleteOnTermination": True}],
    )["Instances"][0]
    name = instance["PrivateDnsName"]
    account.existing |= {instance["InstanceId"]}
    account.existing |= {each["NetworkInterfaceId"] for each in instance["NetworkInterfaces"]}
    zone = subnet["AvailabilityZone"]
    cluster.nodes[name] = NodeRecord(
        name, OLD_GROUP, zone, instance["InstanceId"], _TYPE, _MAX_PODS, subnet_id, before=True
    )
    cluster.kubernetes.join_node(NodeSpec(name, OLD_GROUP, zone, _TYPE, _MAX_PODS))
