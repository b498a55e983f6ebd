"""What the tests assert: the rehearsal's API answers as a real one did, but for what is known to differ."""

from __future__ import annotations

from pathlib import Path

from tests.rehearsal.kubernetes.differential.compare import differing, embedded_answers, told
from tests.rehearsal.kubernetes.differential.recordings import reasons
from tests.rehearsal.kubernetes.differential.scenario import SCENARIOS, load

COMMAND = "python -m tests.rehearsal.kubernetes.differential.compare --update"


def disagreements(name: str, home: Path) -> list[str]:
    """What differs from a scenario's recording and is not listed, and what is listed and does not differ."""
    scenario = load(SCENARIOS / f"{name}.yaml")
    listed = {step for step in reasons() if step.startswith(f"{name}/")}
    found = {f"{name}/{one[0]}": one for one in differing(scenario, embedded_answers(scenario, home))}
    new = [told(step, *one[1:]) for step, one in found.items() if step not in listed]
    gone = [
        f"{step}: must be taken off known.yaml, since it no longer differs: {COMMAND}"
        for step in sorted(listed - set(found))
    ]
    return [*new, *gone]
