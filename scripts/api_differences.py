"""The table of docs/rehearsal.md: in what the embedded API differs from a real one, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

_COMPARISON: Final = Path(__file__).parents[1] / "tests" / "rehearsal" / "kubernetes" / "differential"
_SHOWN: Final = 3


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def table() -> str:
    """What was compared with which server, and the reasons of what differs, with commands as examples."""
    recordings = {path.stem: _read(path) for path in sorted((_COMPARISON / "recorded").glob("*.yaml"))}
    scenarios = {name: _read(_COMPARISON / "scenarios" / f"{name}.yaml")["steps"] for name in recordings}
    known = _read(_COMPARISON / "known.yaml") or []
    (server,) = {each["server"] for each in recordings.values()}
    number = sum(len(each["answers"]) for each in recordings.values())
    different = sum(len(entry["steps"]) for entry in known)
    lines = [
        f"Kubernetes {server} answered {number} commands. {number - different} get the same answer here.",
        "",
        "| Why the others differ | Steps | For example |",
        "| --- | --- | --- |",
    ]
    for entry in known:
        examples = ", ".join(f"`{_checked(scenarios, step)}`" for step in entry["steps"][:_SHOWN])
        lines.append(f"| {' '.join(entry['reason'].split())} | {len(entry['steps'])} | {examples} |")
    return "\n".join(lines) + "\n"


def _checked(scenarios: dict[str, Any], step: str) -> str:
    """The step's name, which leads to the command in the file of its scenario."""
    scenario, _, name = step.partition("/")
    if name not in scenarios[scenario]:
        raise ValueError(f"known.yaml: must name steps that exist, got {step}")
    return step
