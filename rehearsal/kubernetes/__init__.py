"""An embedded Kubernetes cluster that the real kubectl and Helm work with."""

from rehearsal.kubernetes.cluster import KubernetesCluster
from rehearsal.kubernetes.model import Identity, NodeSpec, NodeState, Request

__all__ = ["Identity", "KubernetesCluster", "NodeSpec", "NodeState", "Request"]
