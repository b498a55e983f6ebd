"""What EC2 and EKS tell of the healthy cluster."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from cdk_eks_cilium.doctor.engine import aws_kinds
from tests.unit.doctor.facts import CLUSTER, GROUP, INSTANCE_TYPE, NODES, PREFIXES, RANGE, SUBNETS, VPC
from tests.unit.doctor.world import Thing


def account() -> dict[Any, list[Thing]]:
    return {
        aws_kinds.CLUSTER: [
            {
                "name": CLUSTER,
                "version": "1.35",
                "status": "ACTIVE",
                "endpoint": "https://0A1B.gr7.eu-west-1.eks.amazonaws.com",
                "resourcesVpcConfig": {
                    "vpcId": VPC,
                    "clusterSecurityGroupId": GROUP,
                    "securityGroupIds": [],
                    "endpointPublicAccess": True,
                    "endpointPrivateAccess": True,
                    "publicAccessCidrs": ["198.51.100.0/24"],
                },
                "health": {"issues": []},
                "upgradePolicy": {"supportType": "EXTENDED"},
                "deletionProtection": False,
                "zonalShiftConfig": {"enabled": False},
                "kubernetesNetworkConfig": {"serviceIpv4Cidr": "10.100.0.0/16", "ipFamily": "ipv4"},
            }
        ],
        aws_kinds.NODE_GROUPS: [
            {
                "nodegroupName": "workers",
                "clusterName": CLUSTER,
                "status": "ACTIVE",
                "version": "1.35",
                "amiType": "CUSTOM",
                "nodeRole": "arn:aws:iam::111122223333:role/nodes/platform-nodes",
                "launchTemplate": {"id": "lt-0a1", "version": "3"},
                "instanceTypes": [INSTANCE_TYPE],
                "scalingConfig": {"minSize": 2, "maxSize": 6, "desiredSize": 3},
                "subnets": ["subnet-na", "subnet-nb"],
                "health": {"issues": []},
            }
        ],
        aws_kinds.NODE_ROLE_POLICIES: [
            {
                "PolicyName": name,
                "PolicyArn": f"arn:aws:iam::aws:policy/{name}",
                "RoleName": "platform-nodes",
            }
            for name in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
        ],
        aws_kinds.ADD_ONS: [
            {
                "addonName": "coredns",
                "clusterName": CLUSTER,
                "status": "ACTIVE",
                "addonVersion": "v1.12.4-eksbuild.1",
                "health": {"issues": []},
            }
        ],
        aws_kinds.INSIGHTS: [
            {
                "id": "3f1c",
                "name": "Kubelet version skew",
                "category": "UPGRADE_READINESS",
                "kubernetesVersion": "1.36",
                "insightStatus": {"status": "PASSING", "reason": "Node kubelet versions match."},
                "recommendation": "Upgrade your nodes.",
                "additionalInfo": {},
                "resources": [],
            }
        ],
        **_control(),
        aws_kinds.VPCS: [
            {
                "VpcId": VPC,
                "CidrBlock": "10.0.0.0/16",
                "CidrBlockAssociationSet": [
                    {"CidrBlock": block, "CidrBlockState": {"State": "associated"}}
                    for block in ("10.0.0.0/16", RANGE)
                ],
            }
        ],
        aws_kinds.SUBNETS: [
            {
                "SubnetId": name,
                "VpcId": VPC,
                "AvailabilityZone": zone,
                "CidrBlock": block,
                "AvailableIpAddressCount": ip_network(block).num_addresses - 5 - 40,
                "State": "available",
            }
            for name, (zone, block) in SUBNETS.items()
        ],
        aws_kinds.SUBNET_RESERVATIONS: [],
        aws_kinds.ROUTE_TABLES: [
            _routes("rtb-main", {"Main": True}),
            _routes(
                "rtb-nodes",
                *({"SubnetId": name} for name in ("subnet-na", "subnet-nb")),
                out={"NatGatewayId": "nat-0a1"},
            ),
            _routes("rtb-pods", *({"SubnetId": name} for name in ("subnet-pa", "subnet-pb"))),
        ],
        aws_kinds.INTERFACES: [
            _interface(index, first) for index in range(len(NODES)) for first in (True, False)
        ],
        aws_kinds.INSTANCES: [
            {
                "Instances": [
                    {
                        "InstanceId": f"i-{index}",
                        "InstanceType": INSTANCE_TYPE,
                        "MetadataOptions": {
                            "HttpEndpoint": "enabled",
                            "HttpTokens": "required",
                            "HttpPutResponseHopLimit": 1,
                        },
                    }
                ]
            }
            for index in range(len(NODES))
        ],
        aws_kinds.INSTANCE_TYPES: [
            {
                "InstanceType": INSTANCE_TYPE,
                "Hypervisor": "nitro",
                "BareMetal": False,
                "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
                "VCpuInfo": {"DefaultVCpus": 2},
                "MemoryInfo": {"SizeInMiB": 8192},
                "NetworkInfo": {"MaximumNetworkInterfaces": 3, "Ipv4AddressesPerInterface": 10},
            }
        ],
    }


def _control() -> dict[Any, list[Thing]]:
    """What stands around the cluster: its releases, groups, gateways and stacks."""
    everything: Thing = {"IpProtocol": "-1", "IpRanges": [], "UserIdGroupPairs": []}
    resources = (
        ("AWS::EC2::VPC", VPC),
        *(("AWS::EC2::Subnet", name) for name in SUBNETS),
        ("AWS::EC2::NatGateway", "nat-0a1"),
        ("AWS::EKS::Cluster", CLUSTER),
        ("AWS::EKS::Nodegroup", f"{CLUSTER}/workers"),
        ("AWS::EKS::Addon", f"{CLUSTER}|coredns"),
        ("AWS::IAM::Role", "platform-role"),
    )
    return {
        aws_kinds.RELEASES: [
            {
                "clusterVersion": "1.35",
                "versionStatus": "STANDARD_SUPPORT",
                "endOfStandardSupportDate": "2027-03-27T00:00:00+00:00",
                "endOfExtendedSupportDate": "2028-03-27T00:00:00+00:00",
            }
        ],
        aws_kinds.SECURITY_GROUPS: [
            {
                "GroupId": GROUP,
                "GroupName": f"eks-cluster-sg-{CLUSTER}-1",
                "VpcId": VPC,
                "IpPermissions": [{**everything, "UserIdGroupPairs": [{"GroupId": GROUP}]}],
                "IpPermissionsEgress": [{**everything, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            }
        ],
        aws_kinds.NAT_GATEWAYS: [{"NatGatewayId": "nat-0a1", "VpcId": VPC, "State": "available"}],
        aws_kinds.INTERNET_GATEWAYS: [{"InternetGatewayId": "igw-0a1", "Attachments": [{"VpcId": VPC}]}],
        aws_kinds.STACKS: [
            {"StackName": f"{CLUSTER}-{part}", "StackStatus": "UPDATE_COMPLETE"}
            for part in ("network", "cluster", "tenants")
        ],
        aws_kinds.STACK_RESOURCES: [
            {
                "LogicalResourceId": f"Resource{number}",
                "PhysicalResourceId": name,
                "ResourceType": kind,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for number, (kind, name) in enumerate(resources)
        ],
    }


def _routes(name: str, *associations: Thing, out: Thing | None = None) -> Thing:
    routes: list[Thing] = [
        {"DestinationCidrBlock": block, "GatewayId": "local", "State": "active"}
        for block in ("10.0.0.0/16", RANGE)
    ]
    if out is not None:
        routes.append({"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **out})
    return {"RouteTableId": name, "VpcId": VPC, "Associations": list(associations), "Routes": routes}


def _interface(index: int, first: bool) -> Thing:
    _, zone, address, node_subnet, subnet, interface, own = NODES[index]
    found: Thing = {
        "NetworkInterfaceId": f"eni-n{index}" if first else interface,
        "SubnetId": node_subnet if first else subnet,
        "VpcId": VPC,
        "AvailabilityZone": zone,
        "Status": "in-use",
        "InterfaceType": "interface",
        "PrivateIpAddress": address if first else own,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address if first else own}],
        "Groups": [{"GroupId": GROUP}],
        "Attachment": {
            "InstanceId": f"i-{index}",
            "DeviceIndex": 0 if first else 1,
            "Status": "attached",
            "DeleteOnTermination": True,
        },
    }
    if not first:
        found["Description"] = f"Cilium-CNI (i-{index})"
        found["Ipv4Prefixes"] = [{"Ipv4Prefix": PREFIXES[index]}]
        found["TagSet"] = [
            {"Key": "io.cilium/cilium-managed", "Value": "true"},
            {"Key": "io.cilium/cluster-name", "Value": CLUSTER},
        ]
    return found
