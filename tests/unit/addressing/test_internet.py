"""Which ranges are everyone."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.addressing.internet import everyone


@pytest.mark.parametrize(
    "blocks",
    [
        ["0.0.0.0/0"],
        ["1.2.3.4/0"],
        ["::/0"],
        ["8000::/1", "::/1"],
        ["0.0.0.0/1", "128.0.0.0/1"],
        ["0.0.0.0/1", "64.0.0.0/2", "128.0.0.0/1"],
    ],
)
def test_all_addresses_of_a_family_are_everyone(blocks: list[str]) -> None:
    assert everyone(blocks)


@pytest.mark.parametrize(
    "blocks",
    [[], ["0.0.0.0/1"], ["0.0.0.0/1", "8000::/1"], ["10.0.0.0/8"], [{"Ref": "Office"}, None, 0, "anyone"]],
)
def test_some_addresses_and_no_addresses_are_not(blocks: list[Any]) -> None:
    assert not everyone(blocks)
