"""Chart values that a cluster was installed with, turned into typed values and overrides."""

from __future__ import annotations

from .comparing import ConfigDifference, config_differences, config_in, effective_differences
from .importer import Imported, import_values
from .note import ImportNote, Kind
from .source import Source, read_source

__all__ = [
    "ConfigDifference",
    "ImportNote",
    "Imported",
    "Kind",
    "Source",
    "config_differences",
    "config_in",
    "effective_differences",
    "import_values",
    "read_source",
]
