"""Checks: Pods and what runs beside Cilium."""
