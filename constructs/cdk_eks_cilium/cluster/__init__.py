"""The cluster side: everything from an empty EKS control plane to Cilium on it."""
