"""The names, ranges and addresses of the healthy cluster."""

from __future__ import annotations

from cdk_eks_cilium.doctor.engine import kinds

VPC = "vpc-0a1"
CLUSTER = "platform"
GROUP = "sg-0c1"
RANGE = "100.64.0.0/16"
SYSTEM = kinds.KUBE_SYSTEM
CILIUM = "1.19.6"

# name, zone, address, node subnet, pod subnet, interface, its own address, prefix
NODES = (
    (
        "ip-10-0-1-10.ec2.internal",
        "eu-west-1a",
        "10.0.1.10",
        "subnet-na",
        "subnet-pa",
        "eni-a1",
        "100.64.0.9",
    ),
    (
        "ip-10-0-1-11.ec2.internal",
        "eu-west-1a",
        "10.0.1.11",
        "subnet-na",
        "subnet-pa",
        "eni-a2",
        "100.64.0.10",
    ),
    (
        "ip-10-0-2-20.ec2.internal",
        "eu-west-1b",
        "10.0.2.20",
        "subnet-nb",
        "subnet-pb",
        "eni-b1",
        "100.64.64.9",
    ),
)
PREFIXES = ("100.64.0.16/28", "100.64.0.32/28", "100.64.64.16/28")
SUBNETS = {
    "subnet-na": ("eu-west-1a", "10.0.1.0/24"),
    "subnet-nb": ("eu-west-1b", "10.0.2.0/24"),
    "subnet-pa": ("eu-west-1a", "100.64.0.0/18"),
    "subnet-pb": ("eu-west-1b", "100.64.64.0/18"),
}
INSTANCE_TYPE = "m6i.large"
MAX_PODS = 110
