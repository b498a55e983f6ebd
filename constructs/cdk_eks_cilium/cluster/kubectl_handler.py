"""CDK's own kubectl handler of a cluster: its layer, its logs, and findings about it."""

from __future__ import annotations

import importlib
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from cdk_eks_cilium.checks.acknowledgements import (
    acknowledge,
    acknowledge_provider,
    as_reported,
    managed_policy,
)
from cdk_eks_cilium.versions import layer_for

# belief: CDK-kubectl-handler-calls, EKS-cluster-admin-policy


def kubectl_layer(scope: Construct, kubernetes_version: str) -> lambda_.ILayerVersion:
    """The layer of this Kubernetes version; imported here, because each layer takes a tenth of a second."""
    package = layer_for(kubernetes_version)
    layer = getattr(importlib.import_module(package.module), package.class_name)
    return cast(lambda_.ILayerVersion, layer(scope, "KubectlLayer"))


def own_handler_logs(cluster: eks.Cluster) -> None:
    """Let the stack own the log groups of the handler, which stay behind in two ways.

    Their removal policy is to retain. And nothing orders them with the calls of the functions: a call
    before the group exists, or after it is gone, lets Lambda make a group that no stack owns.
    """
    cdk.RemovalPolicies.of(cluster).destroy(apply_to_resource_types=["AWS::Logs::LogGroup"])
    provider = cluster.node.find_child("KubectlProvider")
    framework = provider.node.find_child("Provider").node.find_child("framework-onEvent")
    # By name: a walk through the tree would fetch each of its constructs from Node.js.
    groups = [each.node.find_child("LogGroup") for each in (provider.node.find_child("Handler"), framework)]
    # Every Kubernetes resource waits for the barrier.
    cluster.node.find_child("KubectlReadyBarrier").node.add_dependency(*groups)


def acknowledge_handler(scope: Construct, provider: IConstruct) -> None:
    """Acknowledge findings about the handler of CDK's *provider*, which this library cannot change."""
    handler = provider.node.find_child("Handler")
    acknowledge_provider(scope, provider, handler)
    stack = cdk.Stack.of(scope)
    condition = stack.get_logical_id(cast(cdk.CfnElement, handler.node.find_child("HasEcrPublic")))
    public = {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":iam::aws:policy/AmazonElasticContainerRegistryPublicReadOnly",
            ],
        ]
    }
    public_policy = as_reported({"Fn::If": [condition, public, {"Ref": "AWS::NoValue"}]})
    registry = "the handler may read charts from ECR; CDK attaches it and takes no other"
    acknowledge(
        scope,
        {
            managed_policy("AmazonEC2ContainerRegistryReadOnly"): registry,
            f"AwsSolutions-IAM4[Policy::{public_policy}]": registry,
            "AwsSolutions-L1": "CDK chooses the runtime that its handler is tested with",
        },
    )
