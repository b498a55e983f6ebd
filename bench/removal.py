"""Our removal of aws-node beside CDK's own kubectl handler deleting the same DaemonSet.

Both talk to one embedded Kubernetes API. CDK's handler also needs the AWS CLI, kubectl and an EKS API
(moto's); that is how it works.
"""

from __future__ import annotations

import base64
import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.contest import BenchmarkError, Contestant, run_into
from bench.function_cost import REGION, Function
from cdk_eks_cilium.lambda_code.folder import function_folder
from rehearsal.aws import Cloud
from rehearsal.cloudformation.assembly import Assembly
from rehearsal.kubernetes import Identity, KubernetesCluster

OURS: Final = "aws_node_removal"
CDKS: Final = "CDK's kubectl handler"
_CLUSTER: Final = "bench"


def functions(kubernetes: KubernetesCluster, folder: Path) -> list[Function]:
    """Both ways to remove aws-node; CDK's code is looked up in an assembly that is made in *folder*."""

    def prepare() -> None:
        kubernetes.install_addon("vpc-cni")

    def undone() -> str | None:
        found = kubernetes.get("DaemonSet", "aws-node", "kube-system")
        return None if found is None else "aws-node is still there"

    return [
        Function(OURS, function_folder("aws_node_removal"), _our_event(kubernetes), prepare, undone),
        Function(CDKS, _kubectl_handler(folder / "assembly"), _cdk_event(), prepare, undone),
    ]


@contextlib.contextmanager
def cluster(cloud: Cloud) -> Iterator[KubernetesCluster]:
    """An EKS cluster whose API lets everybody in: authorization is not what is measured."""
    everybody = Identity(username="bench", groups=frozenset(), cluster_admin=True)
    kubernetes = KubernetesCluster(name=_CLUSTER, version="1.35", identify=lambda token: everybody)
    kubernetes.start()
    try:
        kubernetes.bootstrap({"vpc-cni"})
        cloud.client("eks").create_cluster(
            name=_CLUSTER,
            roleArn="arn:aws:iam::123456789012:role/bench",
            resourcesVpcConfig={"subnetIds": ["subnet-1"]},
        )
        record = cloud.eks_cluster(_CLUSTER)
        record.endpoint = kubernetes.endpoint
        record.certificate_authority = {"data": _authority(kubernetes)}
        yield kubernetes
    finally:
        kubernetes.stop()


def _authority(kubernetes: KubernetesCluster) -> str:
    return base64.b64encode(kubernetes.certificate_authority_pem.encode()).decode()


def _our_event(kubernetes: KubernetesCluster) -> dict[str, Any]:
    return {
        "RequestType": "Create",
        "ResourceProperties": {
            "ClusterName": _CLUSTER,
            "Endpoint": kubernetes.endpoint,
            "CertificateAuthorityData": _authority(kubernetes),
            "Region": REGION,
            "DaemonSets": '["aws-node"]',
        },
    }


def _cdk_event() -> dict[str, Any]:
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "aws-node", "namespace": "kube-system"},
    }
    return {
        "RequestType": "Delete",
        "ResourceType": "Custom::AWSCDK-EKS-KubernetesResource",
        "ResponseURL": "...",
        "ResourceProperties": {"ClusterName": _CLUSTER, "Manifest": json.dumps([manifest])},
    }


def _kubectl_handler(out: Path) -> Path:
    """The code of CDK's handler, out of our app's own assembly."""
    run_into(out, Contestant("app.py", (sys.executable, "app.py"), {"CDK_VALIDATION": "false"}))
    assembly = Assembly.load(out)
    for stack in assembly.stacks:
        for name, definition in stack.resources.items():
            if definition["Type"] == "AWS::Lambda::Function" and "KubectlProviderHandler" in name:
                return assembly.asset(definition["Properties"]["Code"]["S3Key"])
    raise BenchmarkError("the app has no kubectl handler")
