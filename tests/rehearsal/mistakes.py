"""Rehearse an assembly with a mistake in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import Template, with_mistake

HELM: Final = "Custom::AWSCDK-EKS-HelmChart"
NODES: Final = "AWS::EKS::Nodegroup"


def reasons(report: RehearsalReport) -> str:
    return "\n".join(report.problems)


def rehearse_broken(
    assembly: Path,
    out: Path,
    break_it: Callable[[Template], None],
    stack: str = "cluster",
    *,
    destroy: bool = False,
    **options: Any,
) -> RehearsalReport:
    """The report of a template with a mistake; with a destroy at the end where that is what is tested."""
    broken = with_mistake(assembly, out / "broken", stack, break_it)
    return rehearse(broken, destroy=destroy, options=Options(**options))
