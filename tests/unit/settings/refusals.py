"""The problems of settings that `parse` refuses."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import parse


def refusal(data: dict[str, Any]) -> list[str]:
    """Every problem, without the headline."""
    with pytest.raises(InputError) as error:
        parse(data)
    return [str(problem) for problem in error.value.problems]


def groups(*each: dict[str, Any]) -> dict[str, Any]:
    """Settings with some node groups."""
    return {"node_groups": [{"name": f"group-{index}", **settings} for index, settings in enumerate(each)]}
