"""What values say when they refuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdk_eks_cilium.problems import MISSING, InputError


def refusal(make: Any, *args: Any, **kwargs: Any) -> str:
    """Rule and fix of the one problem."""
    with pytest.raises(InputError) as caught:
        make(*args, **kwargs)
    (problem,) = caught.value.problems
    return str(replace(problem, where="", got=MISSING)).removeprefix(": ")
