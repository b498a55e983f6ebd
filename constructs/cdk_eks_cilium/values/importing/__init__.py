"""Chart values that a cluster was installed with, turned into typed values and overrides."""

from __future__ import annotations

from .comparing import Difference, config_differences, config_in, effective_differences
from .finding import Finding, Kind
from .importer import Imported, import_values
from .source import Source, read_source

__all__ = [
    "Difference",
    "Finding",
    "Imported",
    "Kind",
    "Source",
    "config_differences",
    "config_in",
    "effective_differences",
    "import_values",
    "read_source",
]
