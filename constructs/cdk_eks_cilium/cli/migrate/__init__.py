"""``migrate``: what a move from aws-node to Cilium changes."""

from __future__ import annotations
