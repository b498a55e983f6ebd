"""Where the name of a cluster in EKS is written."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.readers.access import Access
from cdk_eks_cilium.doctor.readers.cluster_name import ClusterName, of_access, of_nodes

HOST = "https://0123456789ABCDEF0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com"


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (
            Access("https://x", "arn:aws:eks:eu-west-1:111122223333:cluster/prod"),
            ClusterName("prod", "eu-west-1", "111122223333"),
        ),
        (
            Access("https://x", "arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/prod"),
            ClusterName("prod", "us-gov-west-1", "111122223333"),
        ),
        (Access(HOST, "prod.eu-central-1.eksctl.io"), ClusterName("prod", "eu-central-1")),
        (Access(HOST, "prod"), ClusterName("", "eu-central-1")),
        (
            Access(
                HOST, "prod", hints=("--region", "eu-west-2", "eks", "get-token", "--cluster-name", "demo")
            ),
            ClusterName("demo", "eu-west-2"),
        ),
        (Access(HOST, hints=("token", "-i", "demo")), ClusterName("demo", "eu-central-1")),
        (Access(HOST, hints=("get-token", "--cluster-name=demo")), ClusterName("demo", "eu-central-1")),
        (Access("https://10.0.0.1", hints=("--cluster-name",)), ClusterName()),
    ],
)
def test_a_kubeconfig_tells_it(access: Access, expected: ClusterName) -> None:
    assert of_access(access) == expected


def test_nodes_tell_the_region_and_perhaps_the_name() -> None:
    plain = {"metadata": {"labels": {}}, "spec": {"providerID": "aws:///eu-west-1a/i-0"}}
    labelled = {"metadata": {"labels": {"alpha.eksctl.io/cluster-name": "demo"}}, "spec": {}}
    assert of_nodes([plain]) == ClusterName("", "eu-west-1")
    assert of_nodes([plain, labelled]) == ClusterName("demo", "eu-west-1")
    assert of_nodes([]) == ClusterName()
