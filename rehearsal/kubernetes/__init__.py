"""An embedded Kubernetes cluster that the real kubectl and Helm work with."""

from rehearsal.kubernetes.cluster import KubernetesCluster
from rehearsal.kubernetes.model import Identity, Node, NodeState, Request

__all__ = ["Identity", "KubernetesCluster", "Node", "NodeState", "Request"]
