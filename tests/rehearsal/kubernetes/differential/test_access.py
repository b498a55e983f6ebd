"""Commands about rights, and about what the server says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal.kubernetes.differential.agreement import disagreements

SCENARIOS = (
    "access",
    "discovery",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_answers_are_those_of_a_real_server(name: str, tmp_path: Path) -> None:
    assert disagreements(name, tmp_path) == []
