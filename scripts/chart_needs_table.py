"""Write what the templates of Cilium's charts need of single values.

    CILIUM_CHARTS=FOLDER python -m scripts.chart_needs_table
    CILIUM_CHARTS=FOLDER python -m scripts.chart_needs_table --check

It reads every stable chart in the folder, packaged as ``cilium-VERSION.tgz``, and rewrites the data file;
what it holds of releases that are not in the folder stays. With ``--check`` it says whether that would change
anything.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import cache
from pathlib import Path
from typing import Final

from cdk_eks_cilium.versions.chart_needs import DATA_FILE
from scripts.chart_keys import DATA, changes, derived, number, recorded, rendered
from scripts.chart_needs import needs
from scripts.chart_values import Chart

_HEAD: Final = """\
# What the templates of Cilium's charts need of single values: see chart_needs.py.
# Written by scripts/chart_needs_table.py from these charts, by minor the patches:
"""


def _needs(chart: Chart) -> dict[str, str]:
    """What a chart needs; many patches have the templates of the patch before."""
    return dict(_read(tuple(sorted((chart.templates or {}).items()))))


@cache
def _read(templates: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return needs(dict(templates))


def main(arguments: list[str]) -> int:
    """Write the data file, or check it, and say what changes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    parser.add_argument(
        "--output", type=Path, default=DATA.parent / DATA_FILE, help="the data file (default: the library's)"
    )
    chosen = parser.parse_args(arguments)
    if not (charts := os.environ.get("CILIUM_CHARTS")):
        parser.error("CILIUM_CHARTS must name a folder with cilium-VERSION.tgz")
    text = chosen.output.read_text(encoding="utf-8") if chosen.output.exists() else ""
    old = recorded(text)
    new = old | derived(Path(charts), _needs)
    for each in sorted(set(new) & set(old)):
        if new[each] != old[each]:
            print(
                "\n".join([f"{number(each)}: read differently than before", *changes(old[each], new[each])])
            )
    fresh = rendered(new, _HEAD)
    if not chosen.check:
        chosen.output.write_text(fresh, encoding="utf-8")
    newest = max(new)
    print(f"{chosen.output.name}: {len(new)} charts, {len(new[newest])} places in {number(newest)}")
    return 1 if chosen.check and fresh != text else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
