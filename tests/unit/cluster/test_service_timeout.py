"""How long CloudFormation waits for one of CDK's kubectl resources."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium.cluster.service_timeout import KUBECTL_SECONDS, limit_service_time
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster


def test_a_manifest_gets_a_limit_longer_than_its_handlers() -> None:
    stack = new_stack()
    cluster = cast(eks.ICluster, plain_cluster(stack, known_vpc(stack)))
    manifest = eks.KubernetesManifest(stack, "Manifest", cluster=cluster, manifest=[{"kind": "Namespace"}])
    limit_service_time(manifest)
    made = Synthesized(stack)
    given = made.only("Custom::AWSCDK-EKS-KubernetesResource")[1]["ServiceTimeout"]
    functions = made.of_type("AWS::Lambda::Function").values()

    assert given == KUBECTL_SECONDS
    assert given > max(function["Timeout"] for function in functions)
