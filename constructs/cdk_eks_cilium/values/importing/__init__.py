"""Values that a cluster was installed with, turned into typed values and overrides: the way back of rendering."""

from __future__ import annotations

from .comparing import Difference, config_differences, effective_differences
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
    "effective_differences",
    "import_values",
    "read_source",
]
