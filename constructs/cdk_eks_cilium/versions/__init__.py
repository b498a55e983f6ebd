"""Releases of Cilium and Kubernetes, their pairs, and the kubectl layers that go with them."""

from __future__ import annotations

from . import kubernetes
from .chart_catalogue import Catalogue, Difference, Key, differences
from .cilium import CiliumVersion, known_versions, minors, version_problems
from .kubectl_layer import LayerPackage, is_installed, layer_for
from .kubernetes import KubernetesRelease, creatable, support_warnings
from .pairing import pairing_notes, pairing_warnings, release_warnings

__all__ = [
    "Catalogue",
    "CiliumVersion",
    "Difference",
    "Key",
    "KubernetesRelease",
    "LayerPackage",
    "creatable",
    "differences",
    "is_installed",
    "known_versions",
    "kubernetes",
    "layer_for",
    "minors",
    "pairing_notes",
    "pairing_warnings",
    "release_warnings",
    "support_warnings",
    "version_problems",
]
