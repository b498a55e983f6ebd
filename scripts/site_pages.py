"""Write the pages of the site into .site/pages, from where `make site` builds it.

They are the documents of the repository, turned by `site_text`, and the page of the API, which is made of
docstrings. So the repository's Markdown stays as GitHub shows it, whatever builds the site.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Final

from scripts.site_text import API, BROUGHT, ROOT, site_text

PAGES: Final = ROOT / ".site" / "pages"
STUB: Final = ROOT / "constructs/cdk_eks_cilium/__init__.pyi"
FIELDS: Final = "values-fields.md"
_ASSETS: Final = {".svg", ".css"}


def pages() -> dict[str, str]:
    """Every file of the site by its place there, with its text."""
    docs = ROOT / "docs"
    sources = {str(path.relative_to(docs)): path for path in sorted(docs.rglob("*.md"))}
    sources |= {place: ROOT / source for source, place in BROUGHT.items()}
    texts = {
        place: site_text(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
        for place, path in sources.items()
    }
    assets = (path for path in sorted(docs.rglob("*")) if path.suffix in _ASSETS)
    return (
        texts
        | {str(path.relative_to(docs)): path.read_text(encoding="utf-8") for path in assets}
        | {API: api_page(STUB.read_text(encoding="utf-8"), texts[FIELDS])}
    )


def api_page(stub: str, fields: str) -> str:
    """The page with a directive of mkdocstrings for every public name, in the order of the stub.

    Args:
        stub: The stub of the package.
        fields: The page with the fields of values, to which their classes get a link.
    """
    sections = set(re.findall(r"^#+ (\w+)$", fields, re.MULTILINE))
    names = re.findall(r"^from \.(\S+) import (\w+) as", stub, re.MULTILINE)
    directives = (
        f"::: cdk_eks_cilium.{module}.{name}\n"
        + (f"\n[Fields of {name}]({FIELDS}#{name.lower()})\n" if name in sections else "")
        for module, name in names
    )
    head = (
        "# API\n\nThe public names, as in `from cdk_eks_cilium import CiliumCluster`. Everything else may "
        "change without notice.\n"
    )
    return "\n".join((head, *directives))


def write(target: Path) -> None:
    """Write the pages into a folder, and nothing else: what was there goes."""
    shutil.rmtree(target, ignore_errors=True)
    for place, text in pages().items():
        file = target / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def main() -> int:
    """Write the pages."""
    write(PAGES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
