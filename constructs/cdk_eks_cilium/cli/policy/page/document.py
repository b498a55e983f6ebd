"""One HTML file from the page's parts and its facts.

Nothing is loaded: the Content Security Policy forbids it, and allows the page's own style and script by their
hashes. Facts are data in a block that browsers do not run. Policies are written by others, so the script puts
their words on the page as text, never as HTML.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final

_PARTS: Final = files(__package__)

# In a script element only "<" can end the element or begin a comment (HTML standard, "Restrictions for
# contents of script elements"); the others are for tools that read the file as something else.
_ESCAPES: Final = {each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def document(facts: Mapping[str, Any]) -> str:
    """The page of some facts, see `page_facts`, as the text of a file."""
    style, script = _part("page.css"), _part("lookup.js") + _part("page.js")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    values = {
        "POLICY": policy,
        "TITLE": escape(str(facts["title"])),
        "STYLE": style,
        "FACTS": as_script_data(facts),
        "SCRIPT": script,
    }
    page = _part("page.html")
    pieces = page.split("@@")
    return "".join(values[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def as_script_data(facts: Mapping[str, Any]) -> str:
    """Facts as JSON that may stand in a script element."""
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    for character, escaped in _ESCAPES.items():
        text = text.replace(character, escaped)
    return text


def _part(name: str) -> str:
    return (_PARTS / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
