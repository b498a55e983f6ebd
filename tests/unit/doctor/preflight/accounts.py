"""Accounts that take a deploy, as AWS's APIs tell them: to be broken in one place.

Fields have the spelling of the API references of EC2, EKS, IAM, KMS, Service Quotas and CloudFormation.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cdk_eks_cilium.addressing.endpoint_services import NEEDED_SERVICES
from cdk_eks_cilium.addressing.quota_codes import ACCOUNT_QUOTAS
from cdk_eks_cilium.doctor.engine import account_kinds as kinds
from cdk_eks_cilium.doctor.engine import aws_kinds
from cdk_eks_cilium.doctor.engine.plan import Plan
from cdk_eks_cilium.doctor.planning.from_settings import plan_of
from cdk_eks_cilium.settings import parse
from rehearsal.charts.repository import stand_in
from tests.unit.doctor.world import Thing, World

ACCOUNT = "111122223333"
REGION = "eu-west-1"
ADMINS = f"arn:aws:iam::{ACCOUNT}:role/teams/platform-admins"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:user/deployer"
NODE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/nodes"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VPC = "vpc-0123456789abcdef0"
GATEWAY = "tgw-0123456789abcdef0"
NAT = "nat-0123456789abcdef0"
NODE_SUBNETS = {"eu-west-1a": "subnet-0aaaaaaaaaaaaaaa1", "eu-west-1b": "subnet-0aaaaaaaaaaaaaaa2"}
POD_SUBNETS = {"eu-west-1a": "subnet-0bbbbbbbbbbbbbbb1", "eu-west-1b": "subnet-0bbbbbbbbbbbbbbb2"}
RANGES = {
    "subnet-0aaaaaaaaaaaaaaa1": "10.0.0.0/24",
    "subnet-0aaaaaaaaaaaaaaa2": "10.0.1.0/24",
    "subnet-0bbbbbbbbbbbbbbb1": "100.64.0.0/20",
    "subnet-0bbbbbbbbbbbbbbb2": "100.64.16.0/20",
}
BOTTLEROCKET = "/aws/service/bottlerocket/aws-k8s-1.35/x86_64/latest/image_id"
SLR = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
_COMMON: dict[str, Any] = {
    "account": ACCOUNT,
    "region": REGION,
    "access": [
        {"principal_arn": ADMINS, "policy": "cluster-admin"},
        {"principal_arn": DEPLOYER, "policy": "view"},
    ],
    "endpoint_access": {"public_cidrs": ["198.51.100.0/24"]},
}
NEW: dict[str, Any] = {
    **_COMMON,
    "network": {"on_premises": {"cidrs": ["172.30.0.0/16"], "transit_gateway_id": GATEWAY}},
}
"""Settings that make everything."""
EXISTING: dict[str, Any] = {
    **_COMMON,
    "network": {
        "vpc_id": VPC,
        "vpc_cidr": "10.0.0.0/16",
        "pod_cidr": "100.64.0.0/16",
        "availability_zones": list(NODE_SUBNETS),
        "private_subnet_ids": NODE_SUBNETS,
        "pod_subnets": {zone: {"id": name, "cidr": RANGES[name]} for zone, name in POD_SUBNETS.items()},
        "pod_subnets_have_way_out": True,
    },
    "cilium": {"egress": "pod"},
    "node_groups": [
        {
            "name": "workers",
            "instance_types": ["m6i.large", "m6a.large"],
            "ami_id": "ami-0123456789abcdef0",
            "volume_key_arn": KEY,
            "node_role_arn": NODE_ROLE,
        }
    ],
}
"""Settings of a network that is there."""
ADDED: dict[str, Any] = {
    **_COMMON,
    "network": {
        "vpc_id": VPC,
        "vpc_cidr": "10.0.0.0/16",
        "pod_cidr": "100.65.0.0/16",
        "associated_cidrs": ["100.64.0.0/16"],
        "availability_zones": list(NODE_SUBNETS),
        "private_subnet_ids": NODE_SUBNETS,
        "nat_gateway_ids": dict.fromkeys(NODE_SUBNETS, NAT),
    },
    "cilium": {"egress": "pod"},
}
"""Settings that add pod subnets to a VPC that is there."""


ISOLATED: dict[str, Any] = {
    **_COMMON,
    "secrets_key_arn": KEY,
    "endpoint_access": {"public_cidrs": [], "private_cidrs": ["10.8.0.0/16"]},
    "network": {
        "isolated": True,
        "availability_zones": ["eu-west-1a", "eu-west-1b"],
        "endpoints": ["logs"],
        "gateway_endpoints": ["dynamodb"],
    },
    "cilium": {
        "chart": "cilium-1.19.6.tgz",
        "image_registry": f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/mirror",
    },
}
"""Settings without a way to the internet, with a key for secrets."""


@cache
def _plan(text: str) -> Plan:
    settings = json.loads(text)
    with TemporaryDirectory() as folder:
        if chart := settings.get("cilium", {}).get("chart"):
            path = Path(folder, chart)
            path.write_bytes(stand_in("1.19.6"))
            settings["cilium"]["chart"] = str(path)
        return plan_of(parse(settings), renders=False)


def account(settings: dict[str, Any] | None = None) -> World:
    """An account that takes a deploy of settings."""
    plan = _plan(json.dumps(NEW if settings is None else settings))
    return World({**_new_account(), **_network()}, plan)


def _new_account() -> dict[Any, list[Thing]]:
    return {
        kinds.IDENTITY: [{"Account": ACCOUNT, "Arn": DEPLOYER, "UserId": "AIDAEXAMPLE"}],
        kinds.REGIONS: [
            {"RegionName": REGION, "OptInStatus": "opt-in-not-required"},
            {"RegionName": "eu-south-1", "OptInStatus": "not-opted-in"},
        ],
        kinds.ZONES: [
            {
                "ZoneName": f"eu-west-1{letter}",
                "ZoneId": f"euw1-az{number}",
                "ZoneType": "availability-zone",
                "State": "available",
                "OptInStatus": "opt-in-not-required",
            }
            for number, letter in enumerate("abc", 1)
        ],
        kinds.OFFERINGS: [
            {"InstanceType": name, "LocationType": "availability-zone", "Location": f"eu-west-1{letter}"}
            for letter in "abc"
            for name in ("m6i.large", "m6a.large")
        ],
        kinds.TYPES: [
            {"InstanceType": name, "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]}}
            for name in ("m6i.large", "m6a.large")
        ],
        kinds.IMAGES: [
            {
                "ImageId": "ami-0123456789abcdef0",
                "State": "available",
                "Architecture": "x86_64",
                "Name": "own",
            }
        ],
        kinds.PARAMETERS: [
            {"Name": kinds.BOOTSTRAP_PARAMETER, "Type": "String", "Value": "30"},
            {"Name": BOTTLEROCKET, "Type": "String", "Value": "ami-0bbbbbbbbbbbbbbbb"},
        ],
        aws_kinds.RELEASES: [
            {
                "clusterVersion": number,
                "versionStatus": status,
                "endOfStandardSupportDate": "2027-03-27T00:00:00+00:00",
            }
            for number, status in (("1.32", "EXTENDED_SUPPORT"), ("1.35", "STANDARD_SUPPORT"))
        ],
        kinds.CLUSTERS: [],
        kinds.LOG_GROUPS: [],
        kinds.STACKS: [],
        **{
            reading: [
                {"QuotaCode": each.code, "QuotaName": each.name, "Value": float(each.default or 64)}
                for each in ACCOUNT_QUOTAS.values()
                if ("ServiceCode", each.service) in reading.parameters
            ]
            for reading in kinds.DEFAULT_QUOTAS
        },
        **{reading: [] for reading in kinds.QUOTAS},
        kinds.REGION_ADDRESSES: [],
        kinds.REGION_INTERNET_GATEWAYS: [],
        kinds.REGION_INTERFACES: [],
        kinds.REGION_INSTANCES: [],
        kinds.ROLES: [
            {"RoleName": "platform-admins", "Arn": ADMINS, "AssumeRolePolicyDocument": {}},
            {
                "RoleName": "nodes",
                "Arn": NODE_ROLE,
                "AssumeRolePolicyDocument": {
                    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]
                },
            },
            *(
                {"RoleName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
                for name in kinds.SERVICE_ROLES
            ),
        ],
        kinds.USERS: [{"UserName": "deployer", "Arn": DEPLOYER}],
        kinds.ROLE_POLICIES: [
            {
                "RoleName": "nodes",
                "AttachedPolicies": [
                    {"PolicyName": "AmazonEKSWorkerNodePolicy"},
                    {"PolicyName": "AmazonEC2ContainerRegistryPullOnly"},
                ],
            }
        ],
        kinds.DEFAULT_KEY: [{"KmsKeyId": "alias/aws/ebs"}],
        kinds.KEYS: [
            {"KeyId": KEY.rpartition("/")[2], "Arn": KEY, "KeyState": "Enabled", "KeyManager": "CUSTOMER"}
        ],
        kinds.KEY_POLICIES: [
            {
                "KeyId": KEY,
                "Policy": json.dumps(
                    {
                        "Statement": [
                            {"Effect": "Allow", "Principal": {"AWS": [SLR]}},
                            {
                                "Effect": "Allow",
                                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                                "Action": "kms:*",
                                "Resource": "*",
                            },
                        ]
                    }
                ),
            }
        ],
        kinds.KEY_GRANTS: [],
        kinds.ENDPOINT_SERVICES: [
            {
                "ServiceName": f"com.amazonaws.{REGION}.{name}",
                "ServiceType": [{"ServiceType": kind}],
                "AvailabilityZones": [f"{REGION}{letter}" for letter in "abc"],
                "VpcEndpointPolicySupported": True,
            }
            for kind, names in (
                ("Interface", (*NEEDED_SERVICES, "logs", "s3", "dynamodb")),
                ("Gateway", ("s3", "dynamodb")),
            )
            for name in names
        ],
        kinds.CHANGE_SETS: [
            {"stack": f"platform-{part}", "status": "CREATE_COMPLETE", "events": [], "unknown": []}
            for part in ("network", "cluster")
        ],
    }


def _network() -> dict[Any, list[Thing]]:
    vpc = {
        "VpcId": VPC,
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [
            {"CidrBlock": block, "CidrBlockState": {"State": "associated"}}
            for block in ("10.0.0.0/16", "100.64.0.0/16")
        ],
    }
    zones = {name: zone for each in (NODE_SUBNETS, POD_SUBNETS) for zone, name in each.items()}
    subnets = [
        {
            "SubnetId": name,
            "VpcId": VPC,
            "AvailabilityZone": zone,
            "CidrBlock": RANGES[name],
            "AvailableIpAddressCount": 200,
        }
        for name, zone in zones.items()
    ]
    return {
        kinds.REGION_VPCS: [vpc],
        aws_kinds.VPCS: [vpc],
        kinds.REGION_SUBNETS: subnets,
        aws_kinds.SUBNETS: subnets,
        aws_kinds.INTERFACES: [],
        aws_kinds.SUBNET_RESERVATIONS: [],
        aws_kinds.ROUTE_TABLES: [
            {
                "RouteTableId": "rtb-main",
                "VpcId": VPC,
                "Associations": [{"Main": True}],
                "Routes": [
                    {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
                    {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": NAT, "State": "active"},
                    {"DestinationCidrBlock": "172.30.0.0/16", "TransitGatewayId": GATEWAY, "State": "active"},
                ],
            }
        ],
        kinds.REGION_NAT_GATEWAYS: [
            {"NatGatewayId": NAT, "State": "available", "SubnetId": NODE_SUBNETS["eu-west-1a"], "VpcId": VPC}
        ],
        kinds.PEERINGS: [
            {
                "VpcPeeringConnectionId": "pcx-1",
                "Status": {"Code": "active"},
                "RequesterVpcInfo": {"VpcId": VPC, "CidrBlock": "10.0.0.0/16"},
                "AccepterVpcInfo": {
                    "VpcId": "vpc-other",
                    "CidrBlock": "10.9.0.0/16",
                    "CidrBlockSet": [{"CidrBlock": "10.9.0.0/16"}],
                },
            }
        ],
        kinds.DNS_SUPPORT: [{"Value": True}],
        kinds.DNS_NAMES: [{"Value": True}],
        kinds.TRANSIT_GATEWAYS: [{"TransitGatewayId": GATEWAY, "State": "available"}],
        kinds.TRANSIT_ROUTES: [
            {
                "TransitGatewayRouteTableId": "tgw-rtb-1",
                "Routes": [
                    {
                        "DestinationCidrBlock": "10.8.0.0/16",
                        "Type": "propagated",
                        "State": "active",
                        "TransitGatewayAttachments": [{"ResourceId": "vpc-eight", "ResourceType": "vpc"}],
                    }
                ],
            }
        ],
    }
