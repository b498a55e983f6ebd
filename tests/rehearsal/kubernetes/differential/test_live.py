"""The recordings are what a real server answers now. Skipped where no folder has all programs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.kubernetes.real.assets import CONTROLLERS, UNSET, find_assets
from tests.rehearsal.kubernetes.differential.compare import told
from tests.rehearsal.kubernetes.differential.play import PATIENCE, Player, Server
from tests.rehearsal.kubernetes.differential.recordings import read
from tests.rehearsal.kubernetes.differential.scenario import Scenario, all_scenarios
from tests.rehearsal.kubernetes.differential.servers import has_controllers, real, version_of

# Read once: other tests set the variable to folders of their own.
_ENVIRONMENT = dict(os.environ)
COMMAND = "python -m tests.rehearsal.kubernetes.differential.compare --record"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real control plane for all scenarios."""
    assets = find_assets(_ENVIRONMENT)
    if assets is None:
        pytest.skip(UNSET)
    if not has_controllers(assets):
        pytest.skip(f"{assets} has no {CONTROLLERS}")
    with real(assets, tmp_path_factory.mktemp("plane")) as started:
        yield started


@pytest.mark.slow
@pytest.mark.parametrize("scenario", all_scenarios(), ids=lambda scenario: scenario.name)
def test_the_recording_is_not_old(scenario: Scenario, plane: Server, tmp_path: Path) -> None:
    recording, version = read(scenario.name), version_of(plane)
    if recording.server.rpartition(".")[0] != version.rpartition(".")[0]:
        pytest.skip(f"the recording is of {recording.server}, and the server is {version}; {COMMAND}")
    answers = {step.name: answer for step, answer in Player(plane, tmp_path, PATIENCE).play(scenario)}
    old = [
        told(f"{scenario.name}/{name}", recording.answers[name], answer)
        for name, answer in answers.items()
        if answer != recording.answers[name]
    ]
    assert old == [], f"recorded {recording.date}; {COMMAND}"
