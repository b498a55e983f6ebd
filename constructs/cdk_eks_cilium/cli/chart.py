"""The chart beside the settings: where it is at hand, Helm renders the very values of a deployment."""

from __future__ import annotations

import argparse
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdk_eks_cilium import settings as environment
from cdk_eks_cilium.helm import LayerError, Trial, find_chart, helm_of_layer, try_chart
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.settings import Settings, references
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.kubectl_layer import layer_for


@dataclass(frozen=True)
class Rendering:
    """What Helm makes of the values.

    Attributes:
        problems: Why the chart does not take them.
        chart: The path of the chart; None where no chart was at hand.
        why: Why Helm rendered nothing; empty if it did.
    """

    problems: list[Problem] = field(default_factory=list)
    chart: Path | None = None
    why: str = ""

    @property
    def notes(self) -> list[str]:
        """What people are told: that there is a chart, and no Helm. Without a chart nobody expects it."""
        return [f"Helm did not render {self.chart}: {self.why}"] if self.chart and self.why else []

    def as_json(self) -> dict[str, Any]:
        """The chart, and why Helm did not render it."""
        return {"chart": str(self.chart) if self.chart else None, **({"why": self.why} if self.why else {})}


def add_online(parser: argparse.ArgumentParser) -> None:
    """Add the option that lets a chart be fetched."""
    parser.add_argument(
        "--online",
        action="store_true",
        help="fetch Cilium's chart, unless it is at hand, into the user's cache, and render it",
    )


def rendering(settings: Settings, version: CiliumVersion | None = None, *, online: bool = False) -> Rendering:
    """Render the values of *settings* by the Helm that deploys them, if the chart is at hand.

    Args:
        settings: Valid settings.
        version: Cilium's release. By default that of the settings, whose ``chart`` counts only then.
        online: Whether to fetch the chart.

    Raises:
        InputError: If a chart at hand is not the chart, or cannot be fetched.
    """
    of_settings = environment.cilium_version(settings)
    wanted = version or of_settings
    given = settings.cilium.chart if wanted == of_settings else None
    source = find_chart(wanted, given, online=online)
    if source is None:
        return Rendering(why=f"the chart of Cilium {wanted} is not at hand; --online fetches it")
    try:
        helm = helm_of_layer(layer_for(settings.kubernetes_version).module)
        trial = Trial(helm, source.path, wanted, references(settings), settings.kubernetes_version)
        return Rendering(list(try_chart(trial, environment.cilium_values(settings))), source.path)
    except LayerError as error:
        return Rendering(chart=source.path, why=str(error))
    except (OSError, subprocess.TimeoutExpired) as error:
        return Rendering(chart=source.path, why=f"it does not run here ({error})")
