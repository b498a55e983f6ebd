"""Our removal of aws-node beside CDK's own kubectl handler deleting the same DaemonSet.

Both talk to one embedded Kubernetes API and run as fresh processes in turns, as cold starts of Lambda do.
CDK's handler also needs the AWS CLI, kubectl and an EKS API (moto's); that is how it works.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.contest import BenchmarkError
from bench.machine import ROOT, node
from rehearsal.assembly import Assembly, Environment
from rehearsal.aws import Cloud
from rehearsal.kubernetes import Identity, KubernetesCluster
from rehearsal.toolchain import toolchain

OURS: Final = "aws_node_removal"
CDKS: Final = "CDK's kubectl handler"
_CLUSTER: Final = "bench"
_REGION: Final = "eu-west-1"


@dataclass(frozen=True)
class FunctionCost:
    """What a function took, each the median over the turns.

    Attributes:
        import_seconds: From nothing imported to a handler that can be called.
        run_seconds: From the event to the answer.
        mib: Largest resident memory of the process, or of one that it started.
    """

    import_seconds: float
    run_seconds: float
    mib: float


def costs(runs: int) -> dict[str, FunctionCost]:
    """Remove aws-node by both, *runs* turns each.

    Raises:
        BenchmarkError: If one fails.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name, _cluster() as (cloud, kubernetes):
        folder = Path(name)
        both = {
            OURS: (ROOT / "lambda/aws_node_removal", _our_event(kubernetes)),
            CDKS: (_kubectl_handler(folder / "assembly"), _cdk_event()),
        }
        found: dict[str, list[dict[str, float]]] = {who: [] for who in both}
        for _ in range(runs):
            for who, (code, event) in both.items():
                kubernetes.install_addon("vpc-cni")
                found[who].append(_run(code, event, folder, cloud.url))
                if kubernetes.get("DaemonSet", "aws-node", "kube-system") is not None:
                    raise BenchmarkError(f"{who}: aws-node is still there")
    return {who: _medians(turns) for who, turns in found.items()}


def _medians(turns: list[dict[str, float]]) -> FunctionCost:
    def median(key: str) -> float:
        return statistics.median(turn[key] for turn in turns)

    return FunctionCost(median("import"), median("run"), median("mib"))


@contextlib.contextmanager
def _cluster() -> Iterator[tuple[Cloud, KubernetesCluster]]:
    """An EKS cluster whose API lets everybody in: authorization is not what is measured."""
    everybody = Identity(username="bench", groups=frozenset(), cluster_admin=True)
    cloud = Cloud(Environment("123456789012", _REGION))
    cloud.start()
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
        yield cloud, kubernetes
    finally:
        kubernetes.stop()
        cloud.stop()


def _authority(kubernetes: KubernetesCluster) -> str:
    return base64.b64encode(kubernetes.certificate_authority_pem.encode()).decode()


def _our_event(kubernetes: KubernetesCluster) -> dict[str, Any]:
    return {
        "RequestType": "Create",
        "ResourceProperties": {
            "ClusterName": _CLUSTER,
            "Endpoint": kubernetes.endpoint,
            "CertificateAuthorityData": _authority(kubernetes),
            "Region": _REGION,
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
    env = {**os.environ, "JSII_NODE": str(node()), "CDK_OUTDIR": str(out), "CDK_VALIDATION": "false"}
    done = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchmarkError(f"app.py: exit {done.returncode}\n{done.stderr}")
    assembly = Assembly.load(out)
    for stack in assembly.stacks:
        for name, definition in stack.resources.items():
            if definition["Type"] == "AWS::Lambda::Function" and "KubectlProviderHandler" in name:
                return assembly.asset(definition["Properties"]["Code"]["S3Key"])
    raise BenchmarkError("the app has no kubectl handler")


def _run(code: Path, event: Mapping[str, Any], folder: Path, aws: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        home = Path(name)
        (home / "event.json").write_text(json.dumps(event))
        done = subprocess.run(
            [
                sys.executable,
                "-P",
                str(ROOT / "bench/function_probe.py"),
                str(code),
                str(home / "event.json"),
            ],
            cwd=home,
            env={
                "PATH": f"{toolchain().bin}:/usr/bin:/bin",
                "HOME": str(home),
                "TEST_OUTDIR": str(home),
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_DEFAULT_REGION": _REGION,
                "AWS_REGION": _REGION,
                "AWS_ENDPOINT_URL": aws,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise BenchmarkError(f"{code}: exit {done.returncode}\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
