"""The site of the documentation: its pages, its navigation, and its build where the tool is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.site_pages import api_page, pages, write
from scripts.site_text import BROUGHT, place_of, relinked, site_text
from tests.docs.blocks import ROOT

ZENSICAL = ROOT / ".venv-docs/bin/zensical"


class Loader(yaml.SafeLoader):
    """Reads mkdocs.yml, and ignores what names an object of Python."""


Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def configuration() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)
    return loaded


def listed(entries: list[Any]) -> list[str]:
    """The pages of the navigation, in order."""
    found: list[str] = []
    for entry in entries:
        inner = next(iter(entry.values())) if isinstance(entry, dict) else entry
        found += listed(inner) if isinstance(inner, list) else [inner]
    return found


def test_every_page_is_in_the_navigation_once() -> None:
    written = {place for place in pages() if place.endswith(".md") and not place.startswith("adr/")}
    named = listed(configuration()["nav"])
    assert sorted(named) == sorted(written), "add the page to `nav` in mkdocs.yml"


def test_every_decision_is_on_the_page_of_decisions() -> None:
    text = pages()["decisions.md"]
    assert [place for place in pages() if place.startswith("adr/") and f"({place})" not in text] == []


def test_the_kinds_of_documentation_stand_apart() -> None:
    parts = [next(iter(part)) for part in configuration()["nav"]]
    assert parts == ["Home", "Tutorials", "How-to guides", "Reference", "Explanation"]


@pytest.mark.parametrize(
    ("given", "source", "expected"),
    [
        ("[a](docs/order.md#checks)", "README.md", "[a](order.md#checks)"),
        ("[a](../CONTRIBUTING.md)", "docs/order.md", "[a](contributing.md)"),
        ("[a](../order.md)", "docs/adr/0001-source-roots.md", "[a](../order.md)"),
        ("[a](docs/adr/0001-source-roots.md)", "README.md", "[a](adr/0001-source-roots.md)"),
        ("[order.md](order.md#checks)", "docs/costs.md", "[Order](order.md#checks)"),
        ("[a](#here)", "docs/order.md", "[a](#here)"),
        ("[a](https://example.com)", "docs/order.md", "[a](https://example.com)"),
        ("[an app](../tests/apps/x.py)", "docs/order.md", "an app (`tests/apps/x.py`)"),
        ("[LICENSE](LICENSE)", "README.md", "`LICENSE`"),
        ("[the tests](../tests/apps)", "docs/order.md", "the tests (`tests/apps`)"),
        ("![a](docs/a.svg)", "README.md", '<div class="picture" markdown>![a](a.svg)</div>'),
        ("```sh\n[a](b.md)\n```\n[a](b.md)", "docs/c.md", "```sh\n[a](b.md)\n```\n[a](b.md)"),
    ],
)
def test_a_link_leads_to_the_place_that_the_site_has_for_it(given: str, source: str, expected: str) -> None:
    assert relinked(given, source) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("1. a\n\n   b\n", "1. a\n\n    b\n"),
        ("- a\n\n  b\n", "- a\n\n    b\n"),
        ("- a\n  - b\n\n    c\n\nd\n", "- a\n    - b\n\n        c\n\nd\n"),
        ("10. a\n\n    b\n", "10. a\n\n    b\n"),
        ("1. a\n\n   ```sh\n   b\n     c\n   ```\n", "1. a\n\n    ```sh\n    b\n      c\n    ```\n"),
        ("a:\n- b\n- c\n", "a:\n\n- b\n- c\n"),
        ("a\nb\n", "a\nb\n"),
        ("```text printed\n- a\n  - b\n```\n", "```text\n- a\n  - b\n```\n"),
        ("    code\n", "    code\n"),
        ("| `short_name` |\n", "| `short_name` |\n"),
        (
            "| `access.principal_arn` |\n",
            "| <code>access&#46;<wbr>principal&#95;<wbr>arn</code> |\n",
        ),
        ("| `a` | a text between | `b` |\n", "| `a` | a text between | `b` |\n"),
        ("`access.principal_arn`\n", "`access.principal_arn`\n"),
    ],
)
def test_lists_and_fences_are_written_as_the_site_reads_them(given: str, expected: str) -> None:
    assert site_text(given, "docs/page.md") == expected


def test_every_page_from_outside_the_folder_exists() -> None:
    assert [source for source in BROUGHT if not (ROOT / source).is_file()] == []
    assert place_of("scripts/pictures.py") is None


def test_the_page_of_the_api_has_every_public_name() -> None:
    text = api_page("from .a.b import C as C\nfrom .d import E as E\n\n__all__: list[str]\n", "## E\n")
    assert re.findall(r"^::: (.+)$", text, re.M) == ["cdk_eks_cilium.a.b.C", "cdk_eks_cilium.d.E"]
    assert re.findall(r"^\[.+$", text, re.M) == ["[Fields of E](values-fields.md#e)"]


def test_the_classes_of_values_have_a_link_to_their_fields() -> None:
    assert pages()["api.md"].count("(values-fields.md#") > 12


def test_what_was_written_before_goes(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/old.md").write_text("")
    write(tmp_path / "pages")
    assert not (tmp_path / "pages/old.md").exists()
    assert (tmp_path / "pages/adr/0001-source-roots.md").is_file()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    if not ZENSICAL.is_file():
        pytest.skip(f"{ZENSICAL.relative_to(ROOT)} is not installed; `make site` does it")
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    (folder / "constructs").symlink_to(ROOT / "constructs")
    write(folder / ".site/pages")
    done = subprocess.run(
        [ZENSICAL, "build", "--strict"], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.mark.slow
def test_the_site_builds_without_a_warning(site: Path) -> None:
    assert (site / "index.html").is_file()
    assert "cdk_eks_cilium.cilium_cluster.CiliumCluster" in (site / "api.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_site_takes_nothing_from_the_internet(site: Path) -> None:
    fetched = re.compile(
        r"<(?:script|img|iframe|source|video|audio)[^>]*\bsrc=[\"']?(?:https?:)?//[^\s\"'>]+"
        r"|<link[^>]*\bhref=[\"']?(?:https?:)?//[^\s\"'>]+|@import[^;]+//[^;]+|url\([\"']?(?:https?:)?//[^)]+"
    )
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css", ".svg")]
    assert len(files) > 40
    assert [found[0] for path in files for found in fetched.finditer(path.read_text(encoding="utf-8"))] == []
