from __future__ import annotations

import gc

import pytest

from cdk_eks_cilium.problems.cycles import without_collections


@without_collections()
def _fail() -> None:
    assert not gc.isenabled()
    raise ValueError("some error")


def test_cycles_are_searched_for_again_afterwards() -> None:
    with pytest.raises(ValueError, match="some error"):
        _fail()
    assert gc.isenabled()


def test_nobody_who_switched_the_search_off_gets_it_back() -> None:
    gc.disable()
    try:
        with without_collections():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
