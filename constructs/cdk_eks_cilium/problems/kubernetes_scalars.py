"""Plain values of YAML as kubectl takes them.

kubectl reads YAML with sigs.k8s.io/yaml (``resolve`` in its ``goyaml.v2/resolve.go``,
``convertToJSONableObject`` in ``yaml.go``), which is neither YAML 1.1 nor 1.2 throughout: a plain ``y`` is a
boolean, dates, ``12:30`` and ``=`` are text, ``010`` is 8, and ``1e3`` is a number.
"""

from __future__ import annotations

import math
import re
from base64 import b64decode
from functools import lru_cache
from typing import Any, Final

from .bounds import LONGEST_NUMBER

# `resolveMapList` in resolve.go.
WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
"""Plain text that means something else."""

NUMERIC: Final = frozenset("+-.0123456789")
"""How a number may begin."""

_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# What Go's strconv.ParseInt takes with base 0, once underscores are gone.
_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)"
    r"|0[oO]?(?P<oct>[0-7]+)|(?P<dec>[1-9][0-9]*|0))"
)
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}


def is_number(text: str) -> bool:
    """Whether plain text is a number."""
    digits = text.replace("_", "")
    return bool(_INTEGER.fullmatch(digits) or _FLOAT.fullmatch(digits))


@lru_cache(maxsize=4096)
def number_or_text(text: str) -> int | float | str:
    """What plain text is that begins as a number."""
    digits = text.replace("_", "") if text[0] != "." else text
    if match := _INTEGER.fullmatch(digits):
        base = str(match.lastgroup)
        return int(f"{match['sign']}{match[base]}", _BASES[base])
    if not _FLOAT.fullmatch(digits) or math.isinf(number := float(digits)):
        return text
    return number


def plain(text: str) -> Any:
    """What a plain value is."""
    if text in WORDS:
        return WORDS[text]
    return number_or_text(text) if text[0] in NUMERIC else text


def tagged(tag: str, text: str) -> Any:
    """What a value with a tag is. A tag that YAML does not define changes nothing, and makes text.

    Raises:
        ValueError: If the text is not of the tag's type.
    """
    name = tag.removeprefix("tag:yaml.org,2002:")
    if name == "binary":
        return b64decode(text).decode("utf-8", "replace")
    types: dict[str, tuple[type, ...]] = {
        "bool": (bool,),
        "int": (int,),
        "float": (int, float),
        "null": (type(None),),
    }
    if name not in types:
        return text
    value = plain(text) if len(text) <= LONGEST_NUMBER else text
    if not isinstance(value, types[name]) or (isinstance(value, bool) and name != "bool"):
        raise ValueError(f"{text[:40]!r} is not of the type {name}")
    return float(text.replace("_", "")) if name == "float" else value


def as_key(value: Any) -> str | None:
    """The key that a plain value becomes in JSON; None if it cannot be a key."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else None
