"""What agents refuse: lists of cases under ``agents``, each with both sides of a rule.

``...`` in a text stands for any text. A new case needs no Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse
from cdk_eks_cilium.settings.conversion import cilium_values, cilium_version
from cdk_eks_cilium.values import warnings
from cdk_eks_cilium.values.rules.agents import CAUTIONS, CONTRADICTIONS
from tests.quick_yaml import read

FOLDER = Path(__file__).parent / "agents"


def _cases(side: str) -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for number, case in enumerate(read(file.read_text(encoding="utf-8")), 1):
            if side in case:
                yield pytest.param(case, id=f"{file.stem} {number} {case['rule']}")


def _fits(text: str, expected: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, expected.split("..."))), text, re.DOTALL) is not None


def _warned(cilium: dict[str, Any]) -> list[str]:
    settings = parse({"cilium": cilium})
    return warnings(cilium_values(settings), cilium_version(settings))


@pytest.mark.parametrize("case", [*_cases("refused")])
def test_what_agents_refuse_is_refused_with_its_rule_alone(case: dict[str, Any]) -> None:
    with pytest.raises(InputError) as raised:
        parse({"cilium": case["refused"]})
    found = [problem.line for problem in raised.value.problems]

    assert len(found) == 1, found
    assert _fits(found[0], f"{case['says']} [{case['rule']}]"), found[0]


@pytest.mark.parametrize("case", [*_cases("warned")])
def test_what_agents_take_with_a_catch_gets_one_warning_about_it(case: dict[str, Any]) -> None:
    assert [text for text in _warned(case["warned"]) if _fits(text, case["says"])], _warned(case["warned"])
    assert not [text for text in _warned(case["passes"]) if _fits(text, case["says"])]


@pytest.mark.parametrize("case", [*_cases("passes")])
def test_what_is_close_to_it_passes(case: dict[str, Any]) -> None:
    parse({"cilium": case["passes"]})


def test_every_rule_has_a_case_on_both_sides() -> None:
    cased = {case.values[0]["rule"] for case in _cases("passes")}

    assert {rule.id for rule in CONTRADICTIONS} | {rule.name for rule in CAUTIONS} == cased
