"""Checks: Interfaces, prefixes and addresses."""
