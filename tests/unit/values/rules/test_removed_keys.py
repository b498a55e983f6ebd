from __future__ import annotations

import pytest

from cdk_eks_cilium.values.rules.removed_keys import ENDED, RENAMED, way_out
from cdk_eks_cilium.versions import Catalogue, minors

NEWEST = Catalogue.of(minors()[-1])


def removed(path: str) -> bool:
    """Whether the newest chart lacks *path*, or a key below it, which an older chart has."""
    inside = [
        key.path for minor in minors() for key in Catalogue.of(minor) if f"{key.path}.".startswith(f"{path}.")
    ]
    return any(NEWEST.removed_in(each) for each in inside)


@pytest.mark.parametrize("path", [*RENAMED, *ENDED])
def test_every_key_of_the_tables_is_gone(path: str) -> None:
    assert removed(path)


@pytest.mark.parametrize(("path", "successor"), RENAMED.items())
def test_the_successor_is_there_when_the_key_goes_or_comes_later(path: str, successor: str) -> None:
    assert NEWEST.find(successor)


def test_no_key_is_in_both_tables() -> None:
    assert not set(RENAMED) & set(ENDED)


def test_a_section_s_successor_is_that_of_the_keys_in_it() -> None:
    assert way_out("bgp.announce.podCIDR", NEWEST) == "use 'bgpControlPlane'"


def test_a_successor_without_effect_is_not_proposed() -> None:
    assert way_out("encryption.interface", Catalogue.of("1.19")) == "use 'encryption.ipsec.interface'"
    assert way_out("encryption.interface", Catalogue.of("1.20")) == "remove it"


def test_a_successor_of_a_later_chart_is_not_proposed() -> None:
    assert way_out("datapathMode", Catalogue.of("1.13")) == "remove it"
    assert way_out("datapathMode", Catalogue.of("1.20")) == "use 'bpf.datapathMode'"


def test_a_key_without_an_entry_is_to_be_removed() -> None:
    assert way_out("customCalls.enabled", NEWEST) == "remove it"
