"""Real Helm on this machine: out of the kubectl layers that CDK deploys with, and Cilium's charts for it."""

from __future__ import annotations

from .charts import ChartSource, find_chart
from .layers import LayerError
from .rendering import ChartError, helm_of_layer, template
from .trial import SERVED, Trial, chart_error, try_chart

__all__ = [
    "SERVED",
    "ChartError",
    "ChartSource",
    "LayerError",
    "Trial",
    "chart_error",
    "find_chart",
    "helm_of_layer",
    "template",
    "try_chart",
]
