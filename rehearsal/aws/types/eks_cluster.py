"""EKS control planes, their access entries and pod identity associations."""

from __future__ import annotations

import base64
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.aws import operator_role
from rehearsal.aws.account import AccessEntry, Cluster
from rehearsal.aws.control_planes import new_cluster
from rehearsal.aws.handler import (
    COMMON,
    Duration,
    Handler,
    Listing,
    Made,
    Properties,
    ResourceContext,
    ResourceError,
    as_bool,
    specification,
)
from rehearsal.aws.identity import identify
from rehearsal.aws.types.ec2_security import delete_group
from rehearsal.kubernetes.addons import SELF_MANAGED

# "If you don't specify a value here, the default version in Amazon EKS is used", which changes with time:
# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
DEFAULT_VERSION = "1.35"
_CLUSTER_ADMIN = "AmazonEKSClusterAdminPolicy"


# belief: EKS-unknown-cluster
def cluster_named(context: ResourceContext, name: str) -> Cluster:
    """A cluster that exists.

    Raises:
        ResourceError: No cluster has that name.
    """
    try:
        return context.account.clusters[name]
    except KeyError:
        raise ResourceError(f"ResourceNotFoundException: No cluster found for name: {name}.") from None


class EksCluster(Handler):
    """A control plane: an entry in moto, interfaces and a security group, and an embedded Kubernetes API."""

    types = ("AWS::EKS::Cluster",)
    # belief: EKS-control-plane-made
    duration = Duration(
        540, "eight to twelve minutes; https://docs.aws.amazon.com/eks/latest/userguide/create-cluster.html"
    )
    notable = True
    listing = Listing("cluster {}", "eks.list_clusters", "clusters[].[@]")
    # belief: EKS-updatable-in-place
    updatable = frozenset(
        {
            "AccessConfig",
            "DeletionProtection",
            "Logging",
            "ResourcesVpcConfig",
            "Tags",
            "UpgradePolicy",
            "Version",
            "ZonalShiftConfig",
        }
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        name = properties.get("Name") or context.generated_name(100)
        network = properties["ResourcesVpcConfig"]
        vpc_id = self._vpc_of(context, network["SubnetIds"])
        group = self._security_group(context, name, vpc_id)
        cluster = self._kubernetes(context, name, properties, group)
        # belief: EKS-cluster-interfaces
        groups = [group, *network.get("SecurityGroupIds", [])]
        for subnet in network["SubnetIds"][:2]:
            interface = context.client("ec2").create_network_interface(
                SubnetId=subnet, Groups=groups, Description=f"Amazon EKS {name}"
            )["NetworkInterface"]
            cluster.interfaces.append(interface["NetworkInterfaceId"])
        self._write_logs(context, name, properties)
        described = self._describe(context, name, properties, cluster)
        return Made(
            name,
            {
                "Arn": described["arn"],
                "Id": name,
                "Endpoint": cluster.kubernetes.endpoint,
                "CertificateAuthorityData": described["certificateAuthority"]["data"],
                "ClusterSecurityGroupId": group,
                "EncryptionConfigKeyArn": _key_arn(properties),
                "OpenIdConnectIssuerUrl": described["identity"]["oidc"]["issuer"],
            },
        )

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        super().update(context, existing, old, new)
        backend = context.account.eks_cluster(existing.physical_id)
        backend.version = str(new.get("Version", backend.version))
        self._write_logs(context, existing.physical_id, new)
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        name = existing.physical_id
        cluster = context.account.clusters.get(name)
        if cluster is None:
            return
        if as_bool(properties.get("DeletionProtection")):
            # belief: EKS-deletion-protection
            # The code is documented, the text is ours:
            # https://docs.aws.amazon.com/eks/latest/userguide/deletion-protection.html.
            raise ResourceError(
                f"InvalidRequestException: cluster {name} has deletion protection; set deletion_protection "
                "to false, deploy, and destroy again"
            )
        # belief: EKS-node-groups-first
        if cluster.nodes:
            raise ResourceError("ResourceInUseException: Cluster has nodegroups attached")
        cluster.kubernetes.stop()
        for interface in cluster.interfaces:
            context.client("ec2").delete_network_interface(NetworkInterfaceId=interface)
        context.client("eks").delete_cluster(name=name)
        del context.account.clusters[name]
        try:
            delete_group(context, cluster.security_group)
        except ResourceError as error:
            # belief: EKS-cluster-group-left-behind
            # EKS gives up on its group silently, and the VPC cannot be deleted then.
            context.runtime.say(f"EKS left the security group of cluster {name} behind: {error.reason}")

    @staticmethod
    def _vpc_of(context: ResourceContext, subnet_ids: list[str]) -> str:
        subnets = context.client("ec2").describe_subnets(SubnetIds=subnet_ids)["Subnets"]
        # belief: EKS-two-zones
        if len({subnet["AvailabilityZone"] for subnet in subnets}) < 2:
            raise ResourceError(
                "InvalidParameterException: Subnets specified must be in at least two different AZs"
            )
        return str(subnets[0]["VpcId"])

    @staticmethod
    def _security_group(context: ResourceContext, name: str, vpc_id: str) -> str:
        ec2 = context.client("ec2")
        tags = {"aws:eks:cluster-name": name, f"kubernetes.io/cluster/{name}": "owned"}
        group = ec2.create_security_group(
            GroupName=f"eks-cluster-sg-{name}-{context.random_id(9).lower()}",
            Description=f"Made by EKS for the control plane and nodes of {name}",
            VpcId=vpc_id,
            **specification("security-group", {"Tags": tags}),
        )["GroupId"]
        itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=itself)
        return str(group)

    @staticmethod
    def _kubernetes(context: ResourceContext, name: str, properties: Properties, group: str) -> Cluster:
        account, delay = context.account, context.runtime.options.authorization_delay
        kubernetes = new_cluster(
            context.runtime,
            name=name,
            version=str(properties.get("Version", DEFAULT_VERSION)),
            service_cidr=(properties.get("KubernetesNetworkConfig") or {}).get("ServiceIpv4Cidr"),
            identify=lambda token: identify(account.handed_out, account.clusters[name], token, delay),
        )
        cluster = account.clusters[name] = Cluster(name, kubernetes, group)
        kubernetes.start()
        # belief: EKS-bootstraps-add-ons, EKS-aws-node-there-when-active
        if as_bool(properties.get("BootstrapSelfManagedAddons", True)):
            kubernetes.bootstrap(SELF_MANAGED)
        return cluster

    # belief: EKS-control-plane-log-group
    @staticmethod
    def _write_logs(context: ResourceContext, name: str, properties: Properties) -> None:
        """Makes the control plane's log group, as EKS does when logging is on and the group is missing."""
        logging = ((properties.get("Logging") or {}).get("ClusterLogging") or {}).get("EnabledTypes")
        if not logging:
            return
        try:
            context.client("logs").create_log_group(logGroupName=f"/aws/eks/{name}/cluster")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise

    @staticmethod
    def _describe(
        context: ResourceContext, name: str, properties: Properties, cluster: Cluster
    ) -> dict[str, Any]:
        """Registers the cluster in moto, so that DescribeCluster gives the embedded API's endpoint and CA."""
        network = properties["ResourcesVpcConfig"]
        context.client("eks").create_cluster(
            name=name,
            version=str(properties.get("Version", DEFAULT_VERSION)),
            roleArn=properties["RoleArn"],
            resourcesVpcConfig={
                "subnetIds": network["SubnetIds"],
                "securityGroupIds": network.get("SecurityGroupIds", []),
            },
        )
        backend = context.account.eks_cluster(name)
        # EKS tells these, and moto does not:
        # https://docs.aws.amazon.com/eks/latest/APIReference/API_VpcConfigResponse.html.
        (group,) = context.client("ec2").describe_security_groups(GroupIds=[cluster.security_group])[
            "SecurityGroups"
        ]
        backend.resources_vpc_config |= {
            "vpcId": group["VpcId"],
            "clusterSecurityGroupId": cluster.security_group,
        }
        backend.endpoint = cluster.kubernetes.endpoint
        pem = cluster.kubernetes.certificate_authority_pem.encode()
        backend.certificate_authority = {"data": base64.b64encode(pem).decode()}
        described: dict[str, Any] = context.client("eks").describe_cluster(name=name)["cluster"]
        return described


def _key_arn(properties: Properties) -> str:
    for config in properties.get("EncryptionConfig", []):
        return str(config.get("Provider", {}).get("KeyArn", ""))
    return ""


# belief: EKS-access-entry-late
class EksAccessEntry(Handler):
    """The access of a principal to the Kubernetes API."""

    types = ("AWS::EKS::AccessEntry",)
    duration = Duration(5, COMMON)
    notable = True

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        cluster = cluster_named(context, properties["ClusterName"])
        principal = properties["PrincipalArn"]
        # belief: EKS-one-entry-per-principal
        if principal in cluster.entries:
            raise ResourceError(
                f"ResourceInUseException: The specified access entry resource is already in use: {principal}"
            )
        cluster.entries[principal] = access_entry(context, properties)
        arn = context.account.arn("eks", f"access-entry/{cluster.name}/role/{principal.split('/')[-1]}")
        return Made(f"{principal}|{cluster.name}", {"AccessEntryArn": arn})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        cluster = cluster_named(context, new["ClusterName"])
        entry = access_entry(context, new)
        before = cluster.entries[new["PrincipalArn"]]
        entry.first_seen, entry.refused = before.first_seen, before.refused
        cluster.entries[new["PrincipalArn"]] = entry
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        if cluster := context.account.clusters.get(properties["ClusterName"]):
            cluster.entries.pop(properties["PrincipalArn"], None)


# belief: EKS-access-entry-names, EKS-cluster-admin-policy
def access_entry(context: ResourceContext, properties: Properties) -> AccessEntry:
    """An entry as EKS reads it. The default user name of a role is its assumed-role ARN."""
    principal: str = properties["PrincipalArn"]
    session = principal.replace(":iam::", ":sts::").replace(":role/", ":assumed-role/") + "/session"
    admin = any(
        policy["PolicyArn"].endswith(f"/{_CLUSTER_ADMIN}") and policy["AccessScope"]["Type"] == "cluster"
        for policy in properties.get("AccessPolicies", [])
    )
    return AccessEntry(
        principal_arn=principal,
        username=properties.get("Username") or session,
        groups=tuple(properties.get("KubernetesGroups", [])),
        cluster_admin=admin,
    )


# belief: EKS-pod-identity-when-made, EKS-pod-identity-late
class PodIdentityAssociation(Handler):
    """A role for a service account; `operator_role.py` plays what EKS does with it."""

    types = ("AWS::EKS::PodIdentityAssociation",)
    duration = Duration(5, COMMON)
    notable = True

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        cluster = cluster_named(context, properties["ClusterName"])
        identifier = f"a-{context.random_id(17).lower()}"
        if operator_role.came_too_late(cluster, properties):
            cluster.late_identities.add(identifier)
        cluster.pod_identities[identifier] = properties
        arn = context.account.arn("eks", f"podidentityassociation/{cluster.name}/{identifier}")
        return Made(arn, {"AssociationArn": arn, "AssociationId": identifier})

    def update(self, context: ResourceContext, existing: Made, old: Properties, new: Properties) -> Made:
        cluster_named(context, new["ClusterName"]).pod_identities[existing.attributes["AssociationId"]] = new
        return existing

    def delete(self, context: ResourceContext, existing: Made, properties: Properties) -> None:
        if cluster := context.account.clusters.get(properties["ClusterName"]):
            cluster.pod_identities.pop(existing.attributes["AssociationId"], None)
