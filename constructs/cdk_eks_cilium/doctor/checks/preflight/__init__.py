"""Checks: an account before a deploy."""
