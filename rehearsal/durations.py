"""How long AWS takes for each resource type, in seconds, for the timeline.

These are rules of thumb, written down so that they can be argued with. They come from AWS's documentation
where it gives a figure and otherwise from what deployments commonly show; real ones vary by region and day.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Duration:
    """Typical seconds to create and to delete, and where the figure is from."""

    create: float
    delete: float
    source: str


_COMMON = "commonly observed"
_QUICK = Duration(3, 3, "a single fast API call")

DURATIONS: dict[str, Duration] = {
    "AWS::EKS::Cluster": Duration(
        540,
        120,
        "eight to twelve minutes; https://docs.aws.amazon.com/eks/latest/userguide/create-cluster.html",
    ),
    "AWS::EKS::Nodegroup": Duration(
        150, 240, "instances boot and join in about two minutes, draining takes longer"
    ),
    "AWS::EKS::Addon": Duration(30, 10, _COMMON),
    "AWS::EKS::AccessEntry": Duration(5, 5, _COMMON),
    "AWS::EKS::PodIdentityAssociation": Duration(5, 5, _COMMON),
    "AWS::EC2::NatGateway": Duration(
        120,
        60,
        "one to two minutes; https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html",
    ),
    "AWS::EC2::VPCCidrBlock": Duration(10, 10, _COMMON),
    "AWS::EC2::VPC": Duration(15, 5, _COMMON),
    "AWS::EC2::InternetGateway": Duration(16, 5, _COMMON),
    "AWS::EC2::EIP": Duration(16, 5, _COMMON),
    "AWS::EC2::VPCEndpoint": Duration(60, 60, _COMMON),
    "AWS::IAM::Role": Duration(18, 3, "CloudFormation waits for IAM's propagation"),
    "AWS::IAM::Policy": Duration(16, 3, "CloudFormation waits for IAM's propagation"),
    "AWS::IAM::ManagedPolicy": Duration(16, 3, "CloudFormation waits for IAM's propagation"),
    "AWS::IAM::InstanceProfile": Duration(120, 3, "CloudFormation waits two minutes"),
    "AWS::KMS::Key": Duration(20, 3, _COMMON),
    "AWS::Lambda::Function": Duration(8, 3, _COMMON),
    "AWS::Lambda::LayerVersion": Duration(8, 3, _COMMON),
    "Custom::AWSCDK-EKS-HelmChart": Duration(60, 30, "Helm install without waiting, cold function included"),
    "Custom::AWSCDK-EKS-KubernetesResource": Duration(12, 12, "kubectl and the AWS CLI in a 1 GB function"),
    "Custom::": Duration(10, 10, "one function call, cold start included"),
}

# A function in a VPC waits for its network interfaces, and keeps its stack waiting when it goes.
LAMBDA_IN_VPC = Duration(60, 600, "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html")


def duration(type_name: str, *, in_vpc: bool = False) -> Duration:
    """The typical duration of a resource type; a few seconds for those without an entry."""
    if type_name == "AWS::Lambda::Function" and in_vpc:
        return LAMBDA_IN_VPC
    if type_name in DURATIONS:
        return DURATIONS[type_name]
    return DURATIONS["Custom::"] if type_name.startswith("Custom::") else _QUICK
