"""JSON Schema in a few words, for the tables of the documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

Schema = Mapping[str, Any]
#: Makes the text of a named schema in a table.
Refer = Callable[[str], str]

_WORDS: Final = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
}


def table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def referred(field: Schema) -> str | None:
    """The name of the schema of *field*, or of its items."""
    target = field.get("$ref") or field.get("items", {}).get("$ref")
    return str(target).rsplit("/", 1)[1] if target else None


def type_words(field: Schema, refer: Refer = lambda _: "mapping") -> str:
    """The type of a field: ``number, 2 to 6``, ``list of texts or null``.

    Raises:
        KeyError: If the schema has an unknown part.
    """
    if "$ref" in field:
        return refer(str(referred(field)))
    if "anyOf" in field:
        return _any_of([type_words(choice, refer) for choice in field["anyOf"]])
    if "const" in field or "enum" in field:
        return _any_of([f"`{value}`" for value in field.get("enum", [field.get("const")])])
    kind = field["type"]
    if kind == "array":
        return f"list of {_plural(field['items'], refer)}{_limits(field, 'minItems', 'maxItems')}"
    if kind == "object":
        return _mapping(field)
    return _WORDS[kind] + _limits(field, "minimum", "maximum")


def _any_of(choices: Sequence[str]) -> str:
    """The choices, joined by "or"; with commas if a choice has a comma itself."""
    return (", or " if any(", " in choice for choice in choices) else " or ").join(choices)


def _mapping(field: Schema) -> str:
    if field.get("additionalProperties", {}) != {"type": "string"}:
        return "mapping"
    names = field.get("propertyNames", {}).get("enum", [])
    return f"mapping of {_any_of([f'`{name}`' for name in names])} to text" if names else "mapping of texts"


def _plural(item: Schema, refer: Refer) -> str:
    if "$ref" not in item:
        return {"string": "texts"}[item["type"]]
    words = refer(str(referred(item)))
    return words if words.startswith("[") else f"{words}s"


def _limits(field: Schema, least: str, most: str) -> str:
    low, high = field.get(least), field.get(most)
    if low is not None and high is not None:
        return f", {low} to {high}"
    if low is not None:
        return f", at least {low}"
    over = f", over {field['exclusiveMinimum']:g}" if "exclusiveMinimum" in field else ""
    return over + (f", at most {high:g}" if high is not None else "")
