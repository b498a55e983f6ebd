"""The labels of pods that Cilium identifies them by."""

from __future__ import annotations

import re
from typing import Final

# Labels that differ between equal pods, and Kubernetes' own: Cilium does not identify pods by them.
# https://docs.cilium.io/en/stable/operations/performance/scalability/identity-relevant-labels/
_LEFT_OUT: Final = re.compile(
    r"io\.kubernetes|kubernetes\.io|io\.cilium\.k8s\.|.*beta\.kubernetes\.io|k8s\.io|topology\.kubernetes\.io"
    r"|statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index"
    r"|batch\.kubernetes\.io/(job-completion-index|controller-uid)"
    r"|pod-template-(generation|hash)|controller-(revision-hash|uid)|annotation|etcd_node"
)


def is_known(key: str) -> bool:
    """Whether Cilium identifies pods by a label, by default."""
    return _LEFT_OUT.match(key) is None
