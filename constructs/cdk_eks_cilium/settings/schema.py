"""The JSON Schema of the settings file, for editors."""

from __future__ import annotations

from typing import Any

from .model import Settings


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the settings file.

    The schema has names, types, forms and limits; it does not judge several settings together, as `rules` do.
    """
    schema = Settings.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
