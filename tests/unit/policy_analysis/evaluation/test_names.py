from __future__ import annotations

import pytest

from cdk_eks_cilium.policy.model import FqdnSelector
from cdk_eks_cilium.policy_analysis.evaluation.names import matches_name
from cdk_eks_cilium.versions import CiliumVersion


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*.gitlab.com", "api.gitlab.com", True),
        ("*.gitlab.com", "gitlab.com", False),
        ("*.gitlab.com", "a.b.gitlab.com", False),
        ("*gitlab.com", "evilgitlab.com", True),
        ("api-*.example.com", "api-7.example.com", True),
        ("api-*.example.com", "api-.example.com", True),
        ("API.Example.com.", "api.example.com", True),
        ("*", "any.name.at.all", True),
        ("*.*", "one.two", True),
        ("*.*", "one.two.three", False),
        ("a.b", "axb", False),
        ("**", "any.name.at.all", True),
        ("*.", "any.name.at.all", True),
        ("***.gitlab.com", "a.b.gitlab.com", True),
        ("a.**.com", "a.b.com", True),
        ("a.**.com", "a.b.c.com", False),
        ("*a*a*a*a*a*a*a*a*b.com", f"{'a' * 63}.com", False),
    ],
)
def test_a_star_stands_for_characters_of_one_label(pattern: str, name: str, matches: bool) -> None:
    assert matches_name(FqdnSelector(match_pattern=pattern), name) is matches


def test_a_name_matches_itself_in_any_case() -> None:
    assert matches_name(FqdnSelector(match_name="Gitlab.com"), "gitlab.com")
    assert not matches_name(FqdnSelector(match_name="gitlab.com"), "api.gitlab.com")


def test_two_stars_span_labels_from_1_19_on() -> None:
    selector = FqdnSelector(match_pattern="**.gitlab.com")
    assert matches_name(selector, "a.b.gitlab.com", CiliumVersion.V1_19)
    assert not matches_name(selector, "a.b.gitlab.com", CiliumVersion.V1_18)
    assert matches_name(selector, "a.gitlab.com", CiliumVersion.V1_18)
    assert not matches_name(selector, "gitlab.com")


@pytest.mark.parametrize("pattern", ["**", "*.", "***.gitlab.com"])
def test_before_1_19_stars_stand_for_one_label_unless_one_is_alone(pattern: str) -> None:
    selector = FqdnSelector(match_pattern=pattern)
    assert not matches_name(selector, "a.b.gitlab.com", CiliumVersion.V1_18)
    assert matches_name(FqdnSelector(match_pattern="*"), "a.b.gitlab.com", CiliumVersion.V1_18)
