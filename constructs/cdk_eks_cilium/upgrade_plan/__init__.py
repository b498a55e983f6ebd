"""The way from what runs to what is wanted, of Cilium and Kubernetes together."""

from __future__ import annotations

from .command_names import CommandNames
from .deployed import Deployed
from .plan import PlannedStep, UpgradePlan, upgrade_plan
from .route import Stop, route

__all__ = ["CommandNames", "Deployed", "PlannedStep", "Stop", "UpgradePlan", "route", "upgrade_plan"]
