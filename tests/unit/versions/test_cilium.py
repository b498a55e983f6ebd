"""Which releases of Cilium exist, and how others are refused."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions import CiliumVersion, known_versions, minors, version_problems
from tests.releases import NEWEST


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        CiliumVersion.of(text)
    (problem,) = caught.value.problems
    return str(problem)


def test_every_minor_offers_its_newest_patch_as_a_class_attribute() -> None:
    newest = {version.minor: version for version in known_versions()}

    offered = {minor: getattr(CiliumVersion, f"V1_{minor.removeprefix('1.')}") for minor in minors()}
    assert offered == newest == {minor: CiliumVersion.newest_of(minor) for minor in minors()}


def test_the_minors_follow_each_other() -> None:
    assert minors() == tuple(f"1.{minor}" for minor in range(12, 12 + len(minors())))


@pytest.mark.skipif("CILIUM_CHARTS" not in os.environ, reason="CILIUM_CHARTS names no folder of charts")
def test_every_stable_packaged_chart_at_hand_is_in_the_table() -> None:
    names = [path.name for path in Path(os.environ["CILIUM_CHARTS"]).glob("cilium-*.tgz")]
    stable = {match[1] for name in names if (match := re.fullmatch(r"cilium-(1\.\d+\.\d+)\.tgz", name))}
    in_scope = {number for number in stable if number.rpartition(".")[0] in minors()}
    assert in_scope
    assert in_scope <= {version.number for version in known_versions()}


def test_the_default_and_the_article_are_pinned() -> None:
    assert str(CiliumVersion.DEFAULT) == "1.19.6"
    assert str(CiliumVersion.ARTICLE) == "1.12.1"


def test_a_version_reads_as_its_number_and_repeats_as_its_maker() -> None:
    version = CiliumVersion.of("1.18.12")
    assert (str(version), version.number, version.minor) == ("1.18.12", "1.18.12", "1.18")
    assert repr(version) == "CiliumVersion.of('1.18.12')"


def test_equal_numbers_are_one_key() -> None:
    assert {CiliumVersion.of("1.19.6"): "x"}[CiliumVersion.V1_19] == "x"


def test_patches_are_ordered_as_numbers_not_as_text() -> None:
    assert CiliumVersion.of("1.12.2") < CiliumVersion.of("1.12.10") < CiliumVersion.of("1.13.0")


@pytest.mark.parametrize(
    ("version", "bound", "holds"),
    [
        ("1.19.0", "1.19", True),
        ("1.18.12", "1.19", False),
        ("1.20.0", "1.9", True),
        ("1.13.2", "1.13.2", True),
        ("1.13.1", "1.13.2", False),
        ("1.20.0", "2.0", False),
    ],
)
def test_at_least_compares_minors_and_full_numbers(version: str, bound: str, holds: bool) -> None:
    assert CiliumVersion.of(version).at_least(bound) is holds


def test_at_least_takes_a_version() -> None:
    assert CiliumVersion.V1_20.at_least(CiliumVersion.V1_19)
    assert not CiliumVersion.V1_18.at_least(CiliumVersion.V1_19)


def test_a_bound_that_is_not_a_version_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match=r"not a version to compare with: 'latest'"):
        CiliumVersion.DEFAULT.at_least("latest")


@given(st.sampled_from(known_versions()), st.sampled_from(known_versions()))
def test_order_and_at_least_agree(one: CiliumVersion, other: CiliumVersion) -> None:
    assert one.at_least(other) is (one >= other)
    assert one.at_least(str(other)) is (one >= other)


@given(st.sampled_from(known_versions()))
def test_every_known_version_survives_the_trip_through_text(version: CiliumVersion) -> None:
    assert CiliumVersion.of(str(version)) == version
    assert version.is_known
    assert version <= CiliumVersion.newest_of(version.minor)


def test_the_three_newest_minors_are_maintained_and_the_others_are_not() -> None:
    maintained = [minor for minor in minors() if not CiliumVersion.newest_of(minor).end_of_life]
    assert maintained == list(minors()[-3:])


def test_a_patch_newer_than_the_table_is_accepted_for_a_maintained_minor() -> None:
    newest = known_versions()[-1]
    newer = CiliumVersion.of(f"{newest.minor}.99")
    assert not newer.is_known
    assert newer > newest


def test_a_patch_beyond_the_last_of_a_closed_minor_is_refused_naming_the_last() -> None:
    assert refusal("1.17.19") == (
        "cilium.version: must be a published release, and Cilium 1.17 reached its end of life with 1.17.18, "
        f"got '1.17.19'; choose 1.17.18, or a maintained release: {', '.join(NEWEST[-3:])}"
    )


def test_the_patch_that_was_skipped_is_refused() -> None:
    assert refusal("1.16.14") == (
        "cilium.version: must be a published release, and this chart was never published, got '1.16.14'; "
        "choose 1.16.19"
    )


@pytest.mark.parametrize("text", ["1.11.20", f"1.{12 + len(minors())}.0", "2.0.0", "0.1.0"])
def test_a_minor_out_of_range_is_refused_with_the_newest_of_each(text: str) -> None:
    assert refusal(text) == (
        f"cilium.version: must be a release of Cilium 1.12 to {minors()[-1]}, got '{text}'; "
        f"choose one of the newest per minor: {', '.join(NEWEST)}"
    )


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("1.19", "did you mean '1.19.6'?"),
        ("v1.19", "did you mean '1.19.6'?"),
        ("v1.19.5", "did you mean '1.19.5'?"),
        (" 1.19.5\n", "did you mean '1.19.5'?"),
        ("1.20.0-rc.1", "did you mean '1.20.0'? pre-releases are not installed"),
        ("1.19.06", "did you mean '1.19.6'?"),
        ("1.19.x", "did you mean '1.19.6'?"),
    ],
)
def test_a_number_that_is_almost_right_is_answered_with_the_right_one(text: str, fix: str) -> None:
    assert refusal(text) == (
        f"cilium.version: must be the full number of a stable Cilium release, got {text!r}; {fix}"
    )


@pytest.mark.parametrize("text", ["", "latest", "1.1٩.6", "-1.19.6"])
def test_what_is_not_a_number_is_refused(text: str) -> None:
    assert "must be the full number of a stable Cilium release" in refusal(text)


@given(st.text(max_size=12))
def test_any_text_is_either_a_version_or_a_refusal_with_a_fix(text: str) -> None:
    problems = list(version_problems("cilium.version", text))
    if problems:
        assert all(problem.fix for problem in problems)
    else:
        assert str(CiliumVersion.of(text)) == text


def test_the_refusal_names_the_key_of_the_caller() -> None:
    with pytest.raises(InputError, match=r"^1 problem\n  upgrade\.to: must be"):
        CiliumVersion.of("2.0.0", where="upgrade.to")


def test_a_version_made_without_of_is_checked_as_well() -> None:
    with pytest.raises(InputError, match=r"must be a release of Cilium 1\.12 to 1\.\d+, got '3\.0\.0'"):
        CiliumVersion((3, 0, 0))


def test_the_newest_of_an_unknown_minor_is_refused() -> None:
    with pytest.raises(InputError, match=r"must be a minor of Cilium known here, got '1\.11'; choose one of"):
        CiliumVersion.newest_of("1.11")
