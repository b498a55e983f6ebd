"""HTTP rules."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.lint import lint
from tests.unit.policy_analysis.lint.written import cnp, only, ports


def http(**rule: str | list[str]) -> Policy:
    return cnp(
        ingress=[{"fromEndpoints": [{}], "toPorts": ports("80", rules={"http": [{"method": "GET"}, rule]})}]
    )


AT = "spec.ingress[0].toPorts[0].rules.http[1]"


@pytest.mark.parametrize(("path", "better"), [("/api/*", "/api/.*"), ("/api/*/x", "/api/.*/x")])
def test_cnp033_a_star_of_the_shell(path: str, better: str) -> None:
    assert only("CNP033", http(path=path)) == [
        (
            f"{AT}.path",
            f"is an expression, where '/*' stands for slashes and not for what is behind them, got {path!r}; "
            f"write {better!r}",
        )
    ]


@pytest.mark.parametrize("path", ["api/.*", "^api"])
def test_cnp033_a_path_without_its_slash(path: str) -> None:
    assert only("CNP033", http(path=path)) == [
        (
            f"{AT}.path",
            f"must begin with a slash, or it matches no request, got {path!r}; "
            f"write {'/' + path.lstrip('^')!r}",
        )
    ]


@pytest.mark.parametrize("path", ["^/api$", "^/api", "/api$"])
def test_cnp033_anchors_are_a_note(path: str) -> None:
    [found] = [one for one in lint([http(path=path)]) if one.id == "CNP033"]

    assert found.severity == "note"
    assert found.text == (
        f"has to match the whole path anyway, got {path!r}; "
        "leave '^' and '$' out, and write '.*' where more may follow"
    )


def test_cnp033_a_slash_at_the_end_is_a_note() -> None:
    [found] = [one for one in lint([http(path="/api/")]) if one.id == "CNP033"]

    assert found.severity == "note"
    assert found.text == (
        "matches that path alone, and nothing below it, got '/api/'; write '/api/.*' for what is below"
    )


@pytest.mark.parametrize("path", ["/api", "/", "/api/.*", ".*", "(/a|/b)", "/api/[0-9]+/?", "/v[12]/.*"])
def test_cnp033_expressions_that_match_what_they_seem_to(path: str) -> None:
    assert only("CNP033", http(path=path)) == []


@pytest.mark.parametrize("method", ["get", "Get", "get|post"])
def test_cnp034_a_method_in_lower_case(method: str) -> None:
    assert only("CNP034", http(method=method)) == [
        (
            f"{AT}.method",
            f"must be in upper case, as requests have it, got {method!r}; write {method.upper()!r}",
        )
    ]


@pytest.mark.parametrize("method", ["GET", "GET|HEAD", "[A-Z]+", ".*"])
def test_cnp034_methods_as_requests_have_them(method: str) -> None:
    assert only("CNP034", http(method=method)) == []


@pytest.mark.parametrize(
    ("text", "better"), [("X-Token:1", "X-Token: 1"), ("X-Token:", "X-Token"), (" X-Token", "X-Token")]
)
def test_cnp040_a_header_without_a_space_behind_its_colon(text: str, better: str) -> None:
    assert only("CNP040", http(headers=[text])) == [
        (
            f"{AT}.headers[0]",
            f"must have its first space between the name and the value, got {text!r}; write {better!r}",
        )
    ]


@pytest.mark.parametrize("text", ["X-Token: 1", "X-Token 1", "X-Token", "Referer: https://example.org"])
def test_cnp040_headers_as_cilium_reads_them(text: str) -> None:
    assert only("CNP040", http(headers=[text])) == []
