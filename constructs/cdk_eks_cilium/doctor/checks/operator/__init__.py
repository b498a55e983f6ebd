"""Checks: cilium-operator and AWS."""
