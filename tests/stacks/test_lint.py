"""cfn-lint finds nothing in any template."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.helpers import REGIONS
from cfnlint.runner import Runner

from tests.stacks.conftest import SETTINGS


@pytest.fixture(scope="module")
def linter() -> Runner:
    """With every rule and every region, as `cfnlint.api.lint_all` makes one for each template."""
    return Runner(ConfigMixIn(include_checks=["I"], include_experimental=True, regions=REGIONS))


@pytest.mark.parametrize("stack", ["network", "cluster"])
@pytest.mark.parametrize("name", SETTINGS)
def test_template_is_clean(name: str, stack: str, synthesize: Callable[[str], Any], linter: Runner) -> None:
    template, unreadable = decode_str(json.dumps(getattr(synthesize(name), stack)))
    assert not unreadable

    found = [
        match
        for match in linter.validate_template(template)
        # W3005: CDK writes dependencies that a reference already implies.
        # W3010: zones are named in the settings, so that no synth looks anything up.
        if match.rule.id not in ("W3005", "W3010")
        # Few regions know reservations yet; this environment is in one that does.
        and not (match.rule.id == "E3006" and "SubnetCidrReservation" in match.message)
    ]

    assert [str(match) for match in found] == []
