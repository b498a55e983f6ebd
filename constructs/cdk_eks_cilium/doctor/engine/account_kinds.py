"""What preflight reads of an account before a deploy. Codes of errors: each operation's page in the API
reference."""

from __future__ import annotations

from typing import Final

from .readings import Aws, Scope

IDENTITY: Final = Aws("sts", "GetCallerIdentity", "")
REGIONS: Final = Aws("ec2", "DescribeRegions", "Regions", parameters=(("AllRegions", True),))
ZONES: Final = Aws("ec2", "DescribeAvailabilityZones", "AvailabilityZones")
OFFERINGS: Final = Aws(
    "ec2",
    "DescribeInstanceTypeOfferings",
    "InstanceTypeOfferings",
    Scope.PLAN,
    (("LocationType", "availability-zone"),),
)
TYPES: Final = Aws("ec2", "DescribeInstanceTypes", "InstanceTypes", Scope.PLAN)
IMAGES: Final = Aws("ec2", "DescribeImages", "Images", Scope.PLAN, (("IncludeDeprecated", True),))
PARAMETERS: Final = Aws("ssm", "GetParameters", "Parameters", Scope.PLAN)
CLUSTERS: Final = Aws("eks", "ListClusters", "clusters")
LOG_GROUPS: Final = Aws("logs", "DescribeLogGroups", "logGroups", Scope.PLAN)
STACKS: Final = Aws("cloudformation", "DescribeStacks", "Stacks", Scope.PLAN, absent=("ValidationError",))

# https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_ListServiceQuotas.html: quotas whose
# value nobody changed can be missing in the first list, and are then in the second.
QUOTAS: Final = tuple(
    Aws("service-quotas", "ListServiceQuotas", "Quotas", parameters=(("ServiceCode", service),))
    for service in ("ec2", "vpc", "eks")
)
DEFAULT_QUOTAS: Final = tuple(
    Aws("service-quotas", "ListAWSDefaultServiceQuotas", "Quotas", parameters=(("ServiceCode", service),))
    for service in ("ec2", "vpc", "eks")
)
REGION_VPCS: Final = Aws("ec2", "DescribeVpcs", "Vpcs")
REGION_SUBNETS: Final = Aws("ec2", "DescribeSubnets", "Subnets")
REGION_INTERFACES: Final = Aws("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces")
REGION_NAT_GATEWAYS: Final = Aws("ec2", "DescribeNatGateways", "NatGateways")
REGION_INTERNET_GATEWAYS: Final = Aws("ec2", "DescribeInternetGateways", "InternetGateways")
REGION_ADDRESSES: Final = Aws("ec2", "DescribeAddresses", "Addresses")
REGION_INSTANCES: Final = Aws("ec2", "DescribeInstances", "Reservations")
ENDPOINT_SERVICES: Final = Aws("ec2", "DescribeVpcEndpointServices", "ServiceDetails", Scope.PLAN)
PEERINGS: Final = Aws("ec2", "DescribeVpcPeeringConnections", "VpcPeeringConnections")
DNS_SUPPORT: Final = Aws(
    "ec2", "DescribeVpcAttribute", "EnableDnsSupport", Scope.VPC, (("Attribute", "enableDnsSupport"),)
)
DNS_NAMES: Final = Aws(
    "ec2", "DescribeVpcAttribute", "EnableDnsHostnames", Scope.VPC, (("Attribute", "enableDnsHostnames"),)
)
TRANSIT_GATEWAYS: Final = Aws(
    "ec2",
    "DescribeTransitGateways",
    "TransitGateways",
    Scope.PLAN,
    absent=("InvalidTransitGatewayID.NotFound", "InvalidTransitGatewayID.Malformed"),
)
TRANSIT_ROUTES: Final = Aws("ec2", "SearchTransitGatewayRoutes", "", Scope.PLAN)

ROLES: Final = Aws("iam", "GetRole", "Role", Scope.PLAN, absent=("NoSuchEntity",))
USERS: Final = Aws("iam", "GetUser", "User", Scope.PLAN, absent=("NoSuchEntity",))
ROLE_POLICIES: Final = Aws("iam", "ListAttachedRolePolicies", "", Scope.PLAN, absent=("NoSuchEntity",))
DEFAULT_KEY: Final = Aws("ec2", "GetEbsDefaultKmsKeyId", "")
KEYS: Final = Aws("kms", "DescribeKey", "KeyMetadata", Scope.PLAN, absent=("NotFoundException",))
KEY_POLICIES: Final = Aws("kms", "GetKeyPolicy", "", Scope.PLAN, absent=("NotFoundException",))
KEY_GRANTS: Final = Aws("kms", "ListGrants", "Grants", Scope.PLAN, absent=("NotFoundException",))

CHANGE_SETS: Final = Aws("cloudformation", "DescribeChangeSet", "", Scope.PLAN)
"""What CloudFormation says of a change set of each stack, as an object for each stack.

It is the only reading that makes something, and takes it away again, so it needs a reader of its own.
"""

SERVICE_ROLES: Final = {
    "AWSServiceRoleForAmazonEKS": "eks.amazonaws.com",
    "AWSServiceRoleForAmazonEKSNodegroup": "eks-nodegroup.amazonaws.com",
    "AWSServiceRoleForAutoScaling": "autoscaling.amazonaws.com",
}
"""The service-linked roles, each with its service.

https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles.html and
https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html
"""
BOOTSTRAP_PARAMETER: Final = "/cdk-bootstrap/hnb659fds/version"
"""Where the bootstrap of CDK notes its version: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html."""
