"""cfn-lint finds nothing in any template."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint_all

from tests.stacks.conftest import SETTINGS


@pytest.mark.parametrize("stack", ["network", "cluster"])
@pytest.mark.parametrize("name", SETTINGS)
def test_template_is_clean(name: str, stack: str, synthesize: Callable[[str], Any], tmp_path: Path) -> None:
    template = json.dumps(getattr(synthesize(name), stack))

    found = [
        match
        for match in lint_all(template)
        # W3005: CDK writes dependencies that a reference already implies.
        # W3010: zones are named in the settings, so that no synth looks anything up.
        if match.rule.id not in ("W3005", "W3010")
        # Few regions know reservations yet; this environment is in one that does.
        and not (match.rule.id == "E3006" and "SubnetCidrReservation" in match.message)
    ]

    assert [str(match) for match in found] == []
