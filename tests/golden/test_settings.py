"""What settings are refused for: lists of ``settings`` and their ``problems`` under ``settings``.

``...`` in a problem stands for any text. A new case needs no Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse
from tests.quick_yaml import read

FOLDER = Path(__file__).parent / "settings"


def _cases() -> Iterator[Any]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for number, case in enumerate(read(file.read_text(encoding="utf-8")), 1):
            yield pytest.param(case["settings"], case["problems"], id=f"{file.stem} {number}")


def _problems(settings: dict[str, Any]) -> list[str]:
    try:
        parse(settings)
    except InputError as refused:
        return [str(problem) for problem in refused.problems]
    return []


@pytest.mark.parametrize(("settings", "problems"), [*_cases()])
def test_wrong_settings_are_named_with_their_rule_and_their_fix(
    settings: dict[str, Any], problems: list[str]
) -> None:
    found = _problems(settings)
    assert len(found) == len(problems), found
    for text, expected in zip(found, problems, strict=True):
        assert re.fullmatch(".*".join(map(re.escape, expected.split("..."))), text, re.DOTALL), text
