"""Checks: Policies and identities."""
