"""Which kubectl layer package serves a Kubernetes release.

Each minor of kubectl comes as a Python distribution of its own, 33 to 39 MB each, from
https://github.com/cdklabs/awscdk-asset-kubectl, so only some are installed. kubectl supports API servers
within one minor of itself:
https://kubernetes.io/releases/version-skew-policy/#kubectl.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.machinery import PathFinder
from importlib.util import find_spec
from typing import Final

from cdk_eks_cilium.problems import InputError, Problem

from .kubernetes import minor_of

# belief: K8S-kubectl-skew, AWS-lambda-code-size

_PUBLISHED: Final = range(21, 38)


@dataclass(frozen=True)
class LayerPackage:
    """A distribution that holds a Lambda layer with kubectl and Helm.

    Attributes:
        module: What to import, ``aws_cdk.lambda_layer_kubectl_v35``.
        class_name: The construct in it, ``KubectlV35Layer``.
        distribution: What to install, ``aws-cdk.lambda-layer-kubectl-v35``.
        minor: The minor of its kubectl, ``1.35``.
    """

    module: str
    class_name: str
    distribution: str
    minor: str

    @classmethod
    def of(cls, minor: str) -> LayerPackage:
        """Return the names for a *minor* such as ``1.35``, installed or not.

        Raises:
            ValueError: If *minor* is not of the form ``1.35``.
        """
        number = minor_of(minor)
        return cls(
            module=f"aws_cdk.lambda_layer_kubectl_v{number}",
            class_name=f"KubectlV{number}Layer",
            distribution=f"aws-cdk.lambda-layer-kubectl-v{number}",
            minor=minor,
        )


def is_installed(module: str) -> bool:
    """Whether *module*, a dotted name with one dot, could be imported. Imports nothing."""
    # importlib.util.find_spec of the dotted name would import its parent, and with it start jsii.
    package = module.partition(".")[0]
    parent = find_spec(package)
    if parent is None or parent.submodule_search_locations is None:
        return False
    return PathFinder.find_spec(module, list(parent.submodule_search_locations)) is not None


def layer_for(
    kubernetes: str, installed: Callable[[str], bool] | None = None, *, where: str = "kubernetes_version"
) -> LayerPackage:
    """Return the installed layer package that fits Kubernetes *kubernetes* best.

    That is the same minor, else the next newer minor, else the next older one. kubectl supports no others.

    Args:
        installed: Whether a module is installed. By default, whether Python finds it.

    Raises:
        InputError: If none of the three is installed. It names the command that installs the best.
        ValueError: If *kubernetes* is not of the form ``1.35``.
    """
    is_there = installed or is_installed
    number = minor_of(kubernetes)
    candidates = [LayerPackage.of(f"1.{minor}") for minor in (number, number + 1, number - 1) if minor >= 0]
    for package in candidates:
        if is_there(package.module):
            return package
    published = [package for package in candidates if minor_of(package.minor) in _PUBLISHED]
    rule = "must have a kubectl layer within one minor of it installed"
    if published:
        fix = f"run: pip install {published[0].distribution}"
        raise InputError([Problem(where, rule, kubernetes, fix, id="CEK4007")])
    fix = f"choose a release near 1.{_PUBLISHED[0]} to 1.{_PUBLISHED[-1]}, which have published layers"
    raise InputError([Problem(where, rule, kubernetes, fix, id="CEK4008")])
