"""Whole templates as they were last accepted; ``make snapshots`` accepts them anew."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.stacks.conftest import SETTINGS

HASH = re.compile(r"\b[0-9a-f]{64}\b")


def masked(template: dict[str, Any]) -> Any:
    """The template with asset hashes numbered: they change with every CDK release."""
    seen: dict[str, str] = {}
    text = HASH.sub(lambda match: seen.setdefault(match[0], f"asset{len(seen) + 1}"), json.dumps(template))
    return json.loads(text)


STACKS = [(name, stack) for name in SETTINGS for stack in ("network", "cluster")]


@pytest.mark.parametrize(("name", "stack"), [*STACKS, ("tenants", "tenants")])
def test_template_is_the_accepted_one(
    name: str, stack: str, synthesize: Callable[[str], Any], snapshot: SnapshotAssertion
) -> None:
    assert masked(getattr(synthesize(name), stack)) == snapshot(
        extension_class=JSONSnapshotExtension, name=f"{name}-{stack}"
    )
