"""``upgrade``: upgrades of Cilium and Kubernetes together."""

from __future__ import annotations
