"""Checks: Hubble and certificates."""
