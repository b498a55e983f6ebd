from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.aws.runtime import Options, Runtime
from rehearsal.functions import warming
from rehearsal.functions.warming import KeptServers, kept_warm, warm_sdk


def server_of_a_rehearsal() -> tuple[str, bool]:
    """The address of its warm server, and whether that is there when the rehearsal is over."""
    with Runtime(Options(), lambda key: Path(key), lambda text: None) as runtime:
        address = warm_sdk(runtime).address
        assert warm_sdk(runtime).address == address
    return address, Path(address).exists()


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers of the other tests have no part here: these tests say themselves what is kept."""
    monkeypatch.setattr(warming, "_KEPT", KeptServers())


def test_a_rehearsal_has_a_server_of_its_own() -> None:
    (first, first_stays), (second, _) = server_of_a_rehearsal(), server_of_a_rehearsal()
    assert first != second
    assert not first_stays


def test_rehearsals_share_the_server_that_is_kept_which_then_ends() -> None:
    with kept_warm(), kept_warm():
        (first, stays), (second, _) = server_of_a_rehearsal(), server_of_a_rehearsal()
        assert stays
    assert first == second
    assert not Path(first).exists()
