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
    "sts": "cilium-operator and other pods exchange their token for credentials (IRSA)",
}
"""Why the cluster needs each interface endpoint, by the last part of its name.

https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
"""

GATEWAY_SERVICE: Final = "s3"
"""The service of the gateway endpoint: layers of images, assets of the app, answers of custom resources."""

SERVICES_WITH_POLICIES: Final = frozenset(
    {"ec2", "ecr.api", "ecr.dkr", "eks", "elasticloadbalancing", "lambda", "logs", "ssm", "sts"}
)
"""Services whose documentation mentions endpoint policies.

EC2 refuses a policy for a service without policies. So the endpoints of all other services keep AWS's own
policy, `eks-auth` among them, which has no documentation on this.
"""
