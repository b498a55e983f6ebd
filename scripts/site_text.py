"""Turns the repository's Markdown into the dialect and the places of the site.

People read the files in the repository, where links, lists and fences are GitHub's. The generator of the site
reads Python-Markdown, and knows one folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

BROUGHT: Final = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "examples/article/README.md": "article.md",
}
"""Pages of the site that are files outside docs/, each with its place there."""

API: Final = "api.md"
"""The page that is made of docstrings. Only the site has it."""

_FENCE: Final = re.compile(r"( *)(`{3,})(\w*)")
_ITEM: Final = re.compile(r" *([-*+]|\d+[.)]) +")
_LINK: Final = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_SCHEME: Final = re.compile(r"[a-z]+:|#")
_BREAK: Final = re.compile(r"&#(?:44|46|47|58|93|95);(?=.)")
_WORD: Final = re.compile(r"`([^`]+)`")
_LONG: Final = 18


def site_text(text: str, source: str) -> str:
    """The text of a page as the site has it.

    Args:
        text: Markdown as GitHub reads it.
        source: The file's path in the repository.
    """
    return "\n".join(_python_markdown(relinked(text, source).splitlines())) + "\n"


def relinked(text: str, source: str) -> str:
    """The text with links to places of the site; a link to a file that it lacks becomes that file's name."""
    return "".join(
        part if is_code else _LINK.sub(lambda found: _link(found, source), part)
        for part, is_code in _parts(text)
    )


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Split a text into prose and fenced blocks, each with whether it is code."""
    end = 0
    for found in re.finditer(r"^ *(`{3,})[^`\n]*\n.*?^ *\1[ ]*$", text, re.MULTILINE | re.DOTALL):
        yield text[end : found.start()], False
        yield found[0], True
        end = found.end()
    yield text[end:], False


def _link(found: re.Match[str], source: str) -> str:
    mark, words, target = found.groups()
    if _SCHEME.match(target):
        return found[0]
    path, hash_, anchor = target.partition("#")
    file = os.path.normpath(os.path.join(os.path.dirname(source), path))
    place = place_of(file)
    if place is None:
        return f"{words} (`{file}`)" if words.strip("`") != file else f"`{file}`"
    if words == os.path.basename(file) and (ROOT / file).is_file():
        words = title(file)
    here = os.path.dirname(place_of(source) or "")
    link = f"{mark}[{words}]({os.path.relpath(place, here or '.')}{hash_}{anchor})"
    return f'<div class="picture" markdown>{link}</div>' if mark else link


def title(file: str) -> str:
    """The first heading of a page, which the site shows where the repository shows the file's name."""
    heading = re.match(r"# (.+)", (ROOT / file).read_text(encoding="utf-8"))
    return heading[1] if heading else os.path.basename(file)


def place_of(file: str) -> str | None:
    """Where the site has a file of the repository, or None."""
    if file in BROUGHT:
        return BROUGHT[file]
    if file == "docs/adr":
        return "decisions.md"
    return file.removeprefix("docs/") if file.startswith("docs/") else None


def _python_markdown(lines: list[str]) -> Iterator[str]:
    """Indent lists by four columns a level, begin them after a blank line, and name languages alone."""
    levels: list[int] = []
    """The columns at which the text of each open item begins."""
    fence = ""
    shift = 0
    before = ""
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if fence:
            yield _moved(line, shift) if line.strip() else ""
            if line.strip() == fence:
                fence = before = ""
            continue
        if not line.strip():
            yield ""
            before = ""
            continue
        while levels and indent < levels[-1]:
            levels.pop()
        shift = 4 * len(levels) - (levels[-1] if levels else 0)
        item, opened = _ITEM.match(line), _FENCE.match(line)
        if item and before and not _ITEM.match(before) and not levels and not before.startswith(" "):
            yield ""
        if item:
            levels.append(item.end())
        if opened:
            fence = opened[2]
            line = f"{opened[1]}{fence}{opened[3]}"
        yield _moved(_WORD.sub(_breakable, line) if line.startswith("|") else line, shift)
        before = line


def _breakable(found: re.Match[str]) -> str:
    """Long code of a table as HTML that may break after signs, so that the table fits its page."""
    if len(found[1]) < _LONG or "\\" in found[1]:
        return found[0]
    signs = re.sub(r"[^\w ]|_", lambda sign: f"&#{ord(sign[0])};", found[1])
    return "<code>" + _BREAK.sub(r"\g<0><wbr>", signs) + "</code>"


def _moved(line: str, shift: int) -> str:
    return " " * shift + line if shift >= 0 else line[min(-shift, len(line) - len(line.lstrip())) :]
