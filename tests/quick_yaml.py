"""YAML that tests read, by the C loader where PyYAML has it: pure Python takes ten times as long."""

from __future__ import annotations

from typing import Any, Final

import yaml

LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(text: str) -> Any:
    """The data of one document, as `yaml.safe_load` reads it."""
    return yaml.load(text, Loader=LOADER)
