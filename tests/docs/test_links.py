"""Every link within the documentation leads to a page, and to a heading of it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, documents

_CODE = re.compile(r"^ *(`{3,})[^`\n]*\n.*?^ *\1 *$|`[^`\n]+`", re.M | re.S)


@cache
def prose(path: Path) -> str:
    """The text without code."""
    return _CODE.sub("", path.read_text(encoding="utf-8"))


def anchor(heading: str) -> str:
    """The anchor that GitHub and the site give to a heading."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


@cache
def anchors(path: Path) -> set[str]:
    """The anchors of a page; a heading that comes again gets a number."""
    text = re.sub(r"^ *(`{3,})[^`\n]*\n.*?^ *\1 *$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    found: dict[str, int] = {}
    for heading in re.findall(r"^#+ +(.+)$", text, re.M):
        name = anchor(heading)
        found[name] = found.get(name, -1) + 1
    return {f"{name}-{n}" if n else name for name, last in found.items() for n in range(last + 1)}


def links(path: Path) -> list[tuple[str, str]]:
    """The links within the repository, each as file and anchor."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(path))
    inner = [target for target in targets if not re.match(r"[a-z]+:", target)]
    return [(file, name) for file, _, name in (target.partition("#") for target in inner)]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_leads_to_a_file_and_to_a_heading_of_it(path: Path) -> None:
    for file, name in links(path):
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{file} does not exist"
        assert target.is_relative_to(ROOT), f"{file} is outside the repository"
        if name:
            assert name in anchors(target), f"{file or path.name} has no heading #{name}"


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Costs", "costs"),
        ("From 1.18 to 1.19 is one way", "from-118-to-119-is-one-way"),
        ("What `make rehearse` prints", "what-make-rehearse-prints"),
        ("EKS's defaults, and ours", "ekss-defaults-and-ours"),
        ("[A link](page.md) here", "a-link-here"),
        ("One - two", "one---two"),
    ],
)
def test_a_heading_has_the_anchor_of_github(heading: str, expected: str) -> None:
    assert anchor(heading) == expected


def test_headings_of_one_name_have_anchors_of_their_own(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n\n## B\n\n```sh\n# not a heading\n```\n\n## B\n")
    assert anchors(page) == {"a", "b", "b-1"}


def test_code_has_no_links(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`[a](b.md)`\n\n```python prints\nx[1](y)\n```\n\n[c](d.md#e) [f](https://example.com)\n")
    assert links(page) == [("d.md", "e")]


def test_the_documentation_has_links_with_anchors() -> None:
    """Should the search break, it would find nothing, and nothing would be wrong."""
    assert sum(bool(name) for path in documents() for _, name in links(path)) > 100
