"""A template that keeps every rule, and ways to change it."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.checks.rules import findings

Template = dict[str, Any]

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")

GOOD: Template = {
    "Resources": {
        "Cluster": {
            "Type": "AWS::EKS::Cluster",
            "Properties": {
                "Name": "shop",
                "ResourcesVpcConfig": {"EndpointPublicAccess": False},
                "Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": kind} for kind in LOG_TYPES]}},
                "EncryptionConfig": [{"Provider": {"KeyArn": {"Ref": "Key"}}, "Resources": ["secrets"]}],
            },
            "DependsOn": "Logs",
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/eks/shop/cluster"}},
        "Block": {"Type": "AWS::EC2::VPCCidrBlock", "Properties": {"CidrBlock": "100.64.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"CidrBlock": "100.64.0.0/18"},
            "DependsOn": ["Block"],
        },
        "Removal": {"Type": "Custom::AwsNodeRemoval", "Properties": {"ClusterName": {"Ref": "Cluster"}}},
        "Sweep": {"Type": "Custom::EniSweep", "Properties": {"ClusterName": {"Ref": "Cluster"}}},
        "Release": {
            "Type": "Custom::AWSCDK-EKS-HelmChart",
            "Properties": {"Chart": "cilium", "ClusterName": {"Ref": "Cluster"}, "Values": {"Ref": "Subnet"}},
            "DependsOn": ["Removal", "Sweep"],
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "ManagedPolicyArns": [
                    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/", name]]}
                    for name in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
                ]
            },
        },
        "Nodes": {
            "Type": "AWS::EKS::Nodegroup",
            "Properties": {
                "ClusterName": {"Ref": "Cluster"},
                "NodeRole": {"Fn::GetAtt": ["Role", "Arn"]},
                "LaunchTemplate": {
                    "Id": {"Ref": "Machines"},
                    "Version": {"Fn::GetAtt": ["Machines", "LatestVersionNumber"]},
                },
            },
            "DependsOn": ["Release"],
        },
        "Machines": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {
                "LaunchTemplateData": {
                    "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
                }
            },
        },
        "CoreDns": {
            "Type": "AWS::EKS::Addon",
            "Properties": {"AddonName": "coredns", "ClusterName": {"Ref": "Cluster"}},
            "DependsOn": ["Nodes"],
        },
    }
}


def reported(template: Template) -> list[tuple[str, str, str]]:
    """What is found: rule, resource and text."""
    return [(rule.id, finding.resource, finding.text) for rule, finding in findings(template)]


def fixes(template: Template) -> list[str]:
    """What the findings advise."""
    return [finding.fix for _, finding in findings(template)]


def properties(template: Template, name: str) -> dict[str, Any]:
    """The properties of a resource, to be changed."""
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def policies(template: Template, *names: str) -> None:
    arns = [f"arn:aws:iam::aws:policy/{name}" for name in names]
    template["Resources"]["Role"]["Properties"]["ManagedPolicyArns"] = arns


def with_operator(template: Template, *statements: dict[str, Any]) -> None:
    """A role that the release's values name, with a policy."""
    template["Resources"] |= {
        "Operator": {"Type": "AWS::IAM::Role"},
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "Roles": [{"Ref": "Operator"}],
                "PolicyDocument": {"Statement": list(statements)},
            },
        },
    }
    arn = {"Fn::GetAtt": ["Operator", "Arn"]}
    template["Resources"]["Release"]["Properties"]["Values"] = {"Fn::Join": ["", [{"Ref": "Subnet"}, arn]]}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def with_association(template: Template) -> None:
    template["Resources"]["Binding"] = {
        "Type": "AWS::EKS::PodIdentityAssociation",
        "Properties": {
            "ClusterName": {"Ref": "Cluster"},
            "ServiceAccount": "cilium-operator",
            "RoleArn": {"Fn::GetAtt": ["Operator", "Arn"]},
        },
    }
    template["Resources"]["Release"]["DependsOn"] = ["Removal", "Sweep", "Binding"]


def with_removal(template: Template, *statements: dict[str, Any], managed: str = "") -> None:
    """The removal's function behind the framework that calls it, and its role."""
    role: dict[str, Any] = {"Policies": [{"PolicyDocument": {"Statement": list(statements)}}]}
    names = ["service-role/AWSLambdaVPCAccessExecutionRole", *filter(None, [managed])]
    role["ManagedPolicyArns"] = [f"arn:aws:iam::aws:policy/{name}" for name in names]
    handler = {"Fn::GetAtt": ["Handler", "Arn"]}
    template["Resources"] |= {
        "Framework": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"USER_ON_EVENT_FUNCTION_ARN": handler}}},
        },
        "Handler": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Role": {"Fn::GetAtt": ["HandlerRole", "Arn"]}},
        },
        "HandlerRole": {"Type": "AWS::IAM::Role", "Properties": role},
    }
    token = {"Fn::GetAtt": ["Framework", "Arn"]}
    template["Resources"]["Removal"]["Properties"]["ServiceToken"] = token


def machines(template: Template, **data: Any) -> None:
    template["Resources"]["Machines"]["Properties"]["LaunchTemplateData"].update(data)
