"""What checks read of AWS, by the names of services and operations in boto3."""

from __future__ import annotations

from typing import Final

from .readings import Aws, Scope

CLUSTER: Final = Aws("eks", "DescribeCluster", "cluster", Scope.CLUSTER)
NODE_GROUPS: Final = Aws("eks", "DescribeNodegroup", "nodegroup", Scope.NODE_GROUP)
# The policies of the roles of node groups, each with the name of its role.
NODE_ROLE_POLICIES: Final = Aws(
    "iam", "ListAttachedRolePolicies", "AttachedPolicies", Scope.NODE_ROLE, absent=("NoSuchEntity",)
)
ADD_ONS: Final = Aws("eks", "DescribeAddon", "addon", Scope.ADD_ON)
INSIGHTS: Final = Aws("eks", "DescribeInsight", "insight", Scope.INSIGHT)
VPCS: Final = Aws("ec2", "DescribeVpcs", "Vpcs", Scope.VPC)
SUBNETS: Final = Aws("ec2", "DescribeSubnets", "Subnets", Scope.VPC)
# boto3 has no paginator for it, and the AWS CLI gives one page alone:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetSubnetCidrReservations.html
SUBNET_RESERVATIONS: Final = Aws(
    "ec2",
    "GetSubnetCidrReservations",
    "SubnetIpv4CidrReservations",
    Scope.POD_SUBNET,
    parameters=(("MaxResults", 1000),),
    absent=("InvalidSubnetID.NotFound",),
)
INTERFACES: Final = Aws("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Scope.VPC)
ROUTE_TABLES: Final = Aws("ec2", "DescribeRouteTables", "RouteTables", Scope.VPC)
SECURITY_GROUPS: Final = Aws("ec2", "DescribeSecurityGroups", "SecurityGroups", Scope.VPC)
INSTANCES: Final = Aws("ec2", "DescribeInstances", "Reservations", Scope.VPC)
INSTANCE_TYPES: Final = Aws("ec2", "DescribeInstanceTypes", "InstanceTypes", Scope.INSTANCES)
NAT_GATEWAYS: Final = Aws("ec2", "DescribeNatGateways", "NatGateways", Scope.VPC)
INTERNET_GATEWAYS: Final = Aws("ec2", "DescribeInternetGateways", "InternetGateways", Scope.VPC)
RELEASES: Final = Aws("eks", "DescribeClusterVersions", "clusterVersions")
STACKS: Final = Aws("cloudformation", "DescribeStacks", "Stacks", Scope.STACK, absent=("ValidationError",))
# DescribeStackResources gives the first hundred alone:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
STACK_RESOURCES: Final = Aws(
    "cloudformation", "ListStackResources", "StackResourceSummaries", Scope.STACK, absent=("ValidationError",)
)
