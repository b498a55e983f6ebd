"""Render every packaged chart of Cilium with our values by both Helms: what fails, and how long it takes.

``CILIUM_CHARTS`` names the folder with ``cilium-VERSION.tgz``.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.rendering import REFS
from bench.report import table
from cdk_eks_cilium.values import CiliumValues, Egress, helm_values
from cdk_eks_cilium.versions import CiliumVersion
from rehearsal.charts.template import ChartError, helm_binary, template

VALUES = {"defaults": CiliumValues(), "egress 'pod'": CiliumValues(egress=Egress.pod())}
"""What each chart is rendered with."""

HELMS = (3, 4)
_STABLE = re.compile(r"cilium-(\d+\.\d+\.\d+)\.tgz")


@dataclass(frozen=True)
class Render:
    """One chart, rendered once.

    Attributes:
        version: The chart's.
        values: Name of the values, in `VALUES`.
        helm: Helm's major version.
        seconds: How long it took.
        fault: What Helm refused it for, if it did.
    """

    version: CiliumVersion
    values: str
    helm: int
    seconds: float
    fault: str | None = None


def packaged(folder: Path) -> list[tuple[CiliumVersion, Path]]:
    """The charts of stable releases in a folder, oldest first."""
    found = ((_STABLE.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((CiliumVersion.of(match[1]), path) for match, path in found if match)


def render_all(
    charts: Iterable[tuple[CiliumVersion, Path]], on_chart: Callable[[CiliumVersion], None]
) -> list[Render]:
    """Render every chart with all of `VALUES` by all of `HELMS`.

    Args:
        charts: Their versions and files.
        on_chart: Told before each.
    """
    binaries = {helm: helm_binary(helm) for helm in HELMS}
    rendered = []
    for version, path in charts:
        on_chart(version)
        for name, values in VALUES.items():
            for helm, binary in binaries.items():
                given = helm_values(values, version, REFS)
                fault, start = None, time.perf_counter()
                try:
                    template(binary, path, given)
                except ChartError as error:
                    fault = str(error)
                rendered.append(Render(version, name, helm, time.perf_counter() - start, fault))
    return rendered


def report(renders: list[Render], console: Console) -> None:
    """Print a table of *renders*, a row for each values and Helm, and every fault below."""
    charts = len({render.version for render in renders})
    made = table(f"{charts} charts, seconds per render", "renders", "failed", "median s", "max s")
    for name in VALUES:
        for helm in HELMS:
            of_row = [render for render in renders if (render.values, render.helm) == (name, helm)]
            seconds = [render.seconds for render in of_row]
            made.add_row(
                f"{name}, Helm {helm}",
                str(len(of_row)),
                str(sum(render.fault is not None for render in of_row)),
                f"{statistics.median(seconds):.2f}",
                f"{max(seconds):.2f}",
            )
    console.print(made)
    for render in renders:
        if render.fault:
            text = f"{render.version}, {render.values}, Helm {render.helm}: {render.fault}"
            console.print(text, highlight=False, markup=False)


def main(arguments: list[str] | None = None) -> int:
    """Render and report; 1 if a chart fails, 2 if the folder has no chart."""
    parser = argparse.ArgumentParser(prog="python -m bench.charts", description=__doc__)
    parser.add_argument("--charts", metavar="DIR", default=os.environ.get("CILIUM_CHARTS"))
    folder = parser.parse_args(arguments).charts
    charts = packaged(Path(folder)) if folder and Path(folder).is_dir() else []
    if not charts:
        print("no charts: name a folder with cilium-VERSION.tgz by CILIUM_CHARTS", file=sys.stderr)
        return 2
    with Console(stderr=True).status("") as status:
        renders = render_all(charts, lambda version: status.update(f"Cilium {version}"))
    report(renders, Console())
    return 1 if any(render.fault for render in renders) else 0


if __name__ == "__main__":
    sys.exit(main())
