"""A template to break."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.unit.checks.rules.good_template import GOOD, Template


@pytest.fixture
def template() -> Template:
    """A template that keeps every rule."""
    return deepcopy(GOOD)
