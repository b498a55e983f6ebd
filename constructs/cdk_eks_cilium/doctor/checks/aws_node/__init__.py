"""Checks: aws-node and kube-proxy."""
