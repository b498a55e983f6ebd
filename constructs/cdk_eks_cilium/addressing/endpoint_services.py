"""The AWS services that a cluster without internet needs inside its VPC. Plain Python."""

from __future__ import annotations

from typing import Final

NEEDED_SERVICES: Final = {
    "ec2": "cilium-operator makes the pods' interfaces, and nodes describe themselves",
    "ecr.api": "nodes log in to ECR",
    "ecr.dkr": "nodes pull images",
    "eks": "nodes and CDK's kubectl handler describe the cluster",
    "eks-auth": "pods get credentials by EKS Pod Identity",
    "lambda": "CDK's provider framework, inside the VPC, calls the kubectl handler",
    "sts": "cilium-operator and other pods change their token for credentials (IRSA)",
}
"""Why each interface endpoint is there, by the last part of its name.
https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"""

GATEWAY_SERVICE: Final = "s3"
"""A gateway endpoint: layers of images, assets of the app, and what custom resources answer to."""

SERVICES_WITH_POLICIES: Final = frozenset(
    {"ec2", "ecr.api", "ecr.dkr", "eks", "elasticloadbalancing", "lambda", "logs", "ssm", "sts"}
)
"""Services that are documented to have policies of endpoints. EC2 refuses one where there are none, so those
of others stay as AWS makes them: of `eks-auth`, of which nothing is documented, and of all not named here."""
