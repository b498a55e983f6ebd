"""Cilium as the only CNI of an EKS cluster, as CDK constructs."""
