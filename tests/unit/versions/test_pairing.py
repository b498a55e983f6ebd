"""Which Kubernetes goes with which Cilium."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.versions import (
    CiliumVersion,
    known_versions,
    kubernetes,
    minors,
    pairing_warnings,
)


def test_the_defaults_pair_without_a_warning() -> None:
    assert pairing_warnings(CiliumVersion.DEFAULT, kubernetes.DEFAULT) == []


@pytest.mark.parametrize(("number", "range_"), [("1.12.1", ("1.16", "1.24")), ("1.19.6", ("1.30", "1.34"))])
def test_the_kubernetes_range_belongs_to_the_minor(number: str, range_: tuple[str, str]) -> None:
    assert CiliumVersion.of(number).tested_kubernetes == range_


def test_one_minor_past_the_kubernetes_range_is_silent() -> None:
    assert pairing_warnings(CiliumVersion.V1_18, "1.34") == []


def test_two_minors_past_the_kubernetes_range_warn_and_name_the_newest_that_fits() -> None:
    assert pairing_warnings(CiliumVersion.ARTICLE, "1.26") == [
        "Cilium 1.12.1 is tested with Kubernetes 1.16 to 1.24, not with 1.26; choose Cilium 1.15.19"
    ]


def test_a_kubernetes_older_than_the_kubernetes_range_warns_and_names_the_newest_that_fits() -> None:
    assert pairing_warnings(CiliumVersion.V1_20, "1.31") == [
        "Cilium 1.20.0 is tested with Kubernetes 1.32 to 1.35, not with 1.31; choose Cilium 1.19.6"
    ]


def test_the_warning_says_that_no_release_is_tested_with_a_kubernetes() -> None:
    assert pairing_warnings(CiliumVersion.V1_20, "1.40") == [
        "Cilium 1.20.0 is tested with Kubernetes 1.32 to 1.35, not with 1.40; "
        "no Cilium release known here is tested near Kubernetes 1.40"
    ]


@given(st.sampled_from(known_versions()))
def test_every_release_is_silent_from_its_oldest_to_one_past_its_newest(version: CiliumVersion) -> None:
    oldest, newest = (kubernetes.minor_of(end) for end in version.tested_kubernetes)
    silent = [number for number in range(50) if not pairing_warnings(version, f"1.{number}")]
    assert silent == list(range(oldest, newest + 2))


def test_newer_minors_are_never_tested_with_older_kubernetes_only() -> None:
    newest = [kubernetes.minor_of(CiliumVersion.newest_of(minor).tested_kubernetes[1]) for minor in minors()]
    assert newest == sorted(newest)


def test_every_creatable_kubernetes_has_a_cilium_that_fits() -> None:
    for number in kubernetes.creatable():
        assert any(not pairing_warnings(version, number) for version in known_versions()), number
