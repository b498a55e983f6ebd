"""Commands about what the server refuses in objects, built-in and custom."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal.kubernetes.differential.agreement import disagreements

SCENARIOS = (
    "custom",
    "quotas",
    "validation",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_answers_are_those_of_a_real_server(name: str, tmp_path: Path) -> None:
    assert disagreements(name, tmp_path) == []
