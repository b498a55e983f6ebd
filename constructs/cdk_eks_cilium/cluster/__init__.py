"""The cluster side: what stands between an empty EKS control plane and Cilium on it."""
