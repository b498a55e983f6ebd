"""Objects lack fields: of older releases, of a moment, of a trimmed dump. No check breaks on that."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from cdk_eks_cilium.doctor.checks import checks_in
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.addresses import new_ipam
from tests.unit.doctor.world import World, told

CHECKS = checks_in("nodes", "addresses", "operator")
Path = tuple[Any, ...]


def paths(found: Any, above: Path = ()) -> Iterator[Path]:
    """The path of each field, in the first element of each list."""
    inner = found.items() if isinstance(found, dict) else list(enumerate(found))[:1]
    for key, value in inner:
        if isinstance(found, dict):
            yield (*above, key)
        if isinstance(value, dict | list):
            yield from paths(value, (*above, key))


def form(path: Path) -> Path:
    """A path without addresses and ids, which are alike."""
    return tuple("*" if str(step).startswith(("100.", "eni-")) else step for step in path)


def without(world: World, reading: Any, path: Path) -> World:
    first = deepcopy(world.things[reading][0])
    target = first
    for step in path[:-1]:
        target = target[step]
    del target[path[-1]]
    return World({**world.things, reading: [first, *world.things[reading][1:]]}, world.plan)


@pytest.mark.parametrize("agents", ["1.19", "1.20"])
def test_no_check_breaks_on_a_missing_field(agents: str) -> None:
    world = healthy()
    if agents == "1.20":
        new_ipam(world)
    broken = {}
    for reading, things in world.things.items():
        for path in {form(path): path for path in paths(things[0] if things else {})}.values():
            text = told(without(world, reading, path).diagnose(CHECKS))
            if "the check itself failed" in text:
                broken[str(reading), path] = text
    assert broken == {}
