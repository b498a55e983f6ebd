"""Checks: Cilium's release and its configuration."""
