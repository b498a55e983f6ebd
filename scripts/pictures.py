"""Make the generated parts of the documentation anew: `python -m scripts.pictures`, or `make docs`.

These are docs/architecture.svg, docs/addresses.svg, docs/policies-1.svg and on, docs/problems.tsv, and in the
Markdown files whatever stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cdk_eks_cilium.cli.pictures.addresses import draw as draw_plan
from cdk_eks_cilium.cli.policy.picture import draw as draw_policies
from cdk_eks_cilium.policy import load_policies, read_files
from cdk_eks_cilium.policy_analysis import inventory
from cdk_eks_cilium.policy_analysis.graph import graph
from cdk_eks_cilium.settings import address_plan, load, parse
from scripts import (
    api_differences,
    beliefs_page,
    cli_reference,
    costs,
    decisions,
    doctor_checks_page,
    doctor_transcripts,
    upgrade_example,
)
from scripts.address_tables import comparison, quotas, ways_in, ways_out
from scripts.agents_reference import cautions, contradictions, faults
from scripts.architecture import draw
from scripts.command_reference import commands, releases
from scripts.problem_ids import LEDGER, problems_tables, renewed_ledger
from scripts.reference import lints_table, order_table, rules_table, settings_table
from scripts.synthesis import synthesize
from scripts.values_reference import agent_options, features, owned_keys, sections, steps

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
PICTURE: Final = DOCS / "architecture.svg"
PLAN: Final = DOCS / "addresses.svg"
POLICIES: Final = ROOT / "examples" / "policies"

TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "settings": settings_table,
    "commands": commands,
    "releases": releases,
    "api-differences": api_differences.table,
    "order": order_table,
    "rules": rules_table,
    "lints": lints_table,
    "values": sections,
    "features": features,
    "contradictions": contradictions,
    "cautions": cautions,
    "known-faults": faults,
    "owned": owned_keys,
    "agent-options": agent_options,
    "steps": steps,
    "comparison": comparison,
    "quotas": quotas,
    "ways": ways_out,
    "ways-in": ways_in,
    "problems": problems_tables,
    "belief-meanings": beliefs_page.meanings,
    "belief-counts": beliefs_page.counts,
    "beliefs-unchecked": beliefs_page.unchecked,
    "beliefs": beliefs_page.everything,
    "command-arguments": cli_reference.command_arguments,
    "costs": costs.hourly_table,
    "prices": costs.prices_table,
    "decisions": decisions.decisions,
    "doctor-checks": doctor_checks_page.checks,
    "doctor-symptoms": doctor_checks_page.symptoms,
    "doctor-of-a-healthy-rehearsal": doctor_transcripts.healthy,
    "doctor-of-a-broken-rehearsal": doctor_transcripts.broken,
    "preflight-checks": doctor_checks_page.preflight,
    "upgrade-old-next": upgrade_example.step("1.18.12", "1.19.6"),
    "upgrade-next-new": upgrade_example.step("1.19.6", "1.20.2"),
}

_BLOCK: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def picture() -> str:
    """The picture of settings.yaml."""
    settings = load(ROOT / "settings.yaml")
    return draw(settings, synthesize(settings))


def plan_picture() -> str:
    """The picture of a plan that docs/addressing.md shows: two groups, in a range that they half fill."""
    groups = [
        {"name": "workers", "instance_types": ["m6i.large"], "min_size": 20, "max_size": 150},
        {"name": "large", "instance_types": ["m6i.12xlarge"], "min_size": 0, "max_size": 6},
    ]
    settings = parse({"node_groups": groups})
    return draw_plan(address_plan(settings).capacity, blocks=settings.network.pod_cidrs, name=settings.name)


def policy_pictures() -> dict[Path, str]:
    """A picture for every step of docs/policies.md: the policies up to it, of the workloads beside them."""
    known = inventory(read_files([POLICIES / "workloads.yaml"]))
    steps = sorted(POLICIES.glob("[0-9]-*.yaml"))
    return {
        DOCS / f"policies-{number}.svg": draw_policies(
            graph(load_policies(read_files(steps[:number])), known), name="the shop"
        )
        for number in range(1, len(steps) + 1)
    }


def filled(text: str) -> str:
    """Markdown with its generated parts made anew.

    Raises:
        KeyError: If a part has a name that nothing makes.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n\n{found[3]}", text)


def generated() -> dict[Path, str]:
    """The content that every file with generated parts should have."""
    files = {
        path: filled(path.read_text(encoding="utf-8"))
        for path in sorted(DOCS.glob("*.md"))
        if _BLOCK.search(path.read_text(encoding="utf-8"))
    }
    pictures = {PICTURE: picture(), PLAN: plan_picture(), **policy_pictures()}
    return {**pictures, LEDGER: renewed_ledger(), **files}


def main() -> int:
    """Write what has changed, and say so."""
    for path, text in generated().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
