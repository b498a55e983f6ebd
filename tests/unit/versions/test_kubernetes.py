"""Which releases of Kubernetes EKS creates."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.versions import creatable, kubernetes, support_warnings

CHOICES = "choose one of 1.31, 1.32, 1.33, 1.34, 1.35, 1.36"


def refusal(number: str) -> str:
    (problem,) = kubernetes.problems("kubernetes_version", number)
    return str(problem)


def test_eks_creates_the_releases_in_support_on_the_day_of_the_table() -> None:
    assert creatable() == ("1.31", "1.32", "1.33", "1.34", "1.35", "1.36")


def test_extended_support_lasts_twelve_months_after_standard_support() -> None:
    ends = [(each.standard_until, each.extended_until) for each in kubernetes.RELEASES if each.extended_until]
    assert all(extended == standard.replace(year=standard.year + 1) for standard, extended in ends)


def test_releases_follow_each_other() -> None:
    numbers = [kubernetes.minor_of(each.number) for each in kubernetes.RELEASES]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    ends = [each.standard_until for each in kubernetes.RELEASES]
    assert ends == sorted(ends)


def test_the_default_is_creatable_and_gives_no_warning() -> None:
    assert kubernetes.DEFAULT == "1.35"
    assert list(kubernetes.problems("kubernetes_version", kubernetes.DEFAULT)) == []
    assert support_warnings(kubernetes.DEFAULT) == []


@pytest.mark.parametrize(("number", "ended"), [("1.29", "2026-03-23"), ("1.30", "2026-07-23")])
def test_a_release_past_extended_support_is_refused_with_the_day_and_the_way_out(
    number: str, ended: str
) -> None:
    assert refusal(number) == (
        "kubernetes_version: must be a release that EKS still creates, and its extended support ended on "
        f"{ended}, got '{number}'; {CHOICES}, or import an existing cluster"
    )


def test_a_release_older_than_the_table_is_refused() -> None:
    assert refusal("1.24") == (
        "kubernetes_version: must be a release that EKS still creates, and its extended support ended "
        f"before the support of 1.29, got '1.24'; {CHOICES}, or import an existing cluster"
    )


@pytest.mark.parametrize("number", ["1.37", "1.99"])
def test_a_release_eks_is_not_known_to_offer_is_refused(number: str) -> None:
    assert refusal(number) == (
        f"kubernetes_version: must be a release that EKS offers, as of 2026-11-23, got '{number}'; {CHOICES}"
    )


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        ("1.35.2", "did you mean '1.35'?"),
        ("v1.34", "did you mean '1.34'?"),
        (" 1.34", "did you mean '1.34'?"),
        ("1.29.4", CHOICES),
        ("2.0", CHOICES),
        ("newest", CHOICES),
    ],
)
def test_text_that_is_not_a_minor_release_is_refused(number: str, fix: str) -> None:
    assert refusal(number) == (
        f"kubernetes_version: must be a minor release of Kubernetes such as '1.35', got {number!r}; {fix}"
    )


def test_extended_support_is_a_warning_that_names_both_days() -> None:
    assert support_warnings("1.32") == [
        "Kubernetes 1.32 is in extended support since 2026-03-23, which AWS bills extra, and EKS upgrades "
        "it by itself after 2027-03-23; 1.35 is in standard support"
    ]


def test_only_releases_in_extended_support_give_a_warning() -> None:
    assert [number for number in creatable() if support_warnings(number)] == ["1.31", "1.32", "1.33"]
    assert support_warnings("1.29") == support_warnings("1.99") == []


def test_the_minor_of_something_else_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="not a Kubernetes minor release: 'x'"):
        kubernetes.minor_of("x")
