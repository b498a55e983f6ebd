"""Checks: Nodes."""
