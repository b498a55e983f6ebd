"""Releases of Cilium and Kubernetes, their pairs, and the kubectl layers that go with them."""

from __future__ import annotations

from . import kubernetes
from .cilium import CiliumVersion, known_versions, minors, version_problems
from .kubectl_layer import LayerPackage, is_installed, layer_for
from .kubernetes import KubernetesRelease, creatable, support_warnings
from .pairing import pairing_warnings, tested_range

__all__ = [
    "CiliumVersion",
    "KubernetesRelease",
    "LayerPackage",
    "creatable",
    "is_installed",
    "known_versions",
    "kubernetes",
    "layer_for",
    "minors",
    "pairing_warnings",
    "support_warnings",
    "tested_range",
    "version_problems",
]
