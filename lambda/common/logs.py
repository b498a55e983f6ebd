"""Structured lines in the function's log, without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from redaction import mask

# At DEBUG botocore writes the requests that it signs and sends, session token included.
logging.getLogger("botocore").setLevel(logging.INFO)


class Log:
    """A logger that writes one JSON object a line, from level INFO on."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        self._logger.setLevel(logging.INFO)

    def info(self, line: Mapping[str, Any]) -> None:
        """Log what was done or found."""
        self._write(logging.INFO, line)

    def warning(self, line: Mapping[str, Any]) -> None:
        """Log what is unexpected."""
        self._write(logging.WARNING, line)

    def error(self, line: Mapping[str, Any]) -> None:
        """Log what went wrong without failing the request."""
        self._write(logging.ERROR, line)

    def _write(self, level: int, line: Mapping[str, Any]) -> None:
        self._logger.log(level, mask(json.dumps(line)))
