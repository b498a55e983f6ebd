"""The way from what runs to what is wanted, of Cilium and Kubernetes together."""

from __future__ import annotations

from .deployed import Deployed
from .place import Place
from .plan import PlannedStep, UpgradePlan, upgrade_plan
from .route import Stop, route

__all__ = ["Deployed", "Place", "PlannedStep", "Stop", "UpgradePlan", "route", "upgrade_plan"]
