"""What checks read of AWS, by the names of services and operations in boto3."""

from __future__ import annotations

from typing import Final

from .readings import Aws, Scope

CLUSTER: Final = Aws("eks", "DescribeCluster", "cluster", Scope.CLUSTER)
NODE_GROUPS: Final = Aws("eks", "DescribeNodegroup", "nodegroup", Scope.NODE_GROUP)
ADD_ONS: Final = Aws("eks", "DescribeAddon", "addon", Scope.ADD_ON)
INSIGHTS: Final = Aws("eks", "DescribeInsight", "insight", Scope.INSIGHT)
VPCS: Final = Aws("ec2", "DescribeVpcs", "Vpcs", Scope.VPC)
SUBNETS: Final = Aws("ec2", "DescribeSubnets", "Subnets", Scope.VPC)
INTERFACES: Final = Aws("ec2", "DescribeNetworkInterfaces", "NetworkInterfaces", Scope.VPC)
ROUTE_TABLES: Final = Aws("ec2", "DescribeRouteTables", "RouteTables", Scope.VPC)
SECURITY_GROUPS: Final = Aws("ec2", "DescribeSecurityGroups", "SecurityGroups", Scope.VPC)
INSTANCE_TYPES: Final = Aws("ec2", "DescribeInstanceTypes", "InstanceTypes", Scope.INSTANCES)
