"""Compares the rehearsal's API with the recordings of a real one, from the command line.

    python -m tests.rehearsal.kubernetes.differential.compare [--differences] [--update] [SCENARIO ...]
    KUBEBUILDER_ASSETS=... python -m tests.rehearsal.kubernetes.differential.compare --record [SCENARIO ...]

It prints how many steps differ, and which of them the list `known.yaml` lacks or has for nothing.
``--differences`` prints both answers, ``--update`` takes off the list what no longer differs, and adds what
is new under the reason UNSORTED, and ``--record`` asks a real control plane first.
"""

from __future__ import annotations

import argparse
import datetime
import difflib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rehearsal.kubernetes.real.assets import UNSET, find_assets
from tests.rehearsal.kubernetes.differential.play import PATIENCE, Answer, Player
from tests.rehearsal.kubernetes.differential.recordings import (
    Known,
    Recording,
    known,
    read,
    reasons,
    write,
    write_known,
)
from tests.rehearsal.kubernetes.differential.scenario import Scenario, all_scenarios
from tests.rehearsal.kubernetes.differential.servers import embedded, real, version_of

UNSORTED = "UNSORTED"


def embedded_answers(scenario: Scenario, home: Path) -> dict[str, Answer]:
    """What the rehearsal's API answers to a scenario, in a new cluster."""
    with embedded() as cluster:
        return {step.name: answer for step, answer in Player(cluster, home).play(scenario)}


def differing(scenario: Scenario, answers: dict[str, Answer]) -> Iterator[tuple[str, Answer, Answer]]:
    """The steps of which an answer is not as recorded: the name, the recorded answer, and the answer."""
    recorded = read(scenario.name).answers
    for name, answer in answers.items():
        if answer != recorded[name]:
            yield name, recorded[name], answer


def told(name: str, recorded: Answer, answer: Answer) -> str:
    """Both answers to a step, as people compare them."""
    there, here = ([f"exit {one.exit}", *one.output.splitlines()] for one in (recorded, answer))
    lines = difflib.unified_diff(there, here, "a real server", "here", lineterm="", n=2)
    return "\n".join((name, *lines))


def record(scenarios: Sequence[Scenario], assets: Path) -> None:
    """Record the answers of a real control plane."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, home = Path(scratch, "plane"), Path(scratch, "home")
        folder.mkdir()
        home.mkdir()
        with real(assets, folder) as plane:
            player, version = Player(plane, home, PATIENCE), version_of(plane)
            for scenario in scenarios:
                answers = {step.name: answer for step, answer in player.play(scenario)}
                write(scenario.name, Recording(version, datetime.date.today().isoformat(), answers))
                print(f"{scenario.name}: {len(answers)} answers of {version}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Compare the rehearsal's Kubernetes API with a real one.")
    for flag in ("--differences", "--update", "--record"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("scenarios", nargs="*")
    given = parser.parse_args(arguments)
    scenarios = [each for each in all_scenarios() if not given.scenarios or each.name in given.scenarios]
    if given.record:
        assets = find_assets(os.environ)
        if assets is None:
            parser.error(UNSET)
        record(scenarios, assets)
    return _report(scenarios, differences=given.differences, update=given.update)


def _report(scenarios: Sequence[Scenario], *, differences: bool, update: bool) -> int:
    listed, new, gone = reasons(), [], []
    steps = words = verdicts = 0
    with tempfile.TemporaryDirectory() as scratch:
        for scenario in scenarios:
            home = Path(scratch, scenario.name)
            home.mkdir()
            answers = embedded_answers(scenario, home)
            found = list(differing(scenario, answers))
            steps, words = steps + len(answers), words + len(found)
            verdicts += sum(recorded.exit != answer.exit for _, recorded, answer in found)
            names = {f"{scenario.name}/{name}" for name, _, _ in found}
            new += sorted(names - set(listed))
            gone += sorted({each for each in listed if each.startswith(f"{scenario.name}/")} - names)
            if differences:
                print("\n\n".join(told(f"{scenario.name}/{one[0]}", *one[1:]) for one in found))
            print(f"{scenario.name}: {len(found)} of {len(answers)} differ", flush=True)
    print(f"{words} of {steps} steps differ, {verdicts} of them in the exit status")
    print("".join(f"not listed: {each}\n" for each in new) + "".join(f"no longer: {each}\n" for each in gone))
    if update:
        entries = [
            Known(one.reason, tuple(each for each in one.steps if each not in gone)) for one in known()
        ]
        unsorted = [each for one in entries if one.reason == UNSORTED for each in one.steps]
        write_known([*(one for one in entries if one.reason != UNSORTED), Known(UNSORTED, (*unsorted, *new))])
    return 1 if new or gone else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
