"""Forms of reports that other programs read, whatever the report is about: JUnit XML and SARIF. Plain Python."""

from .printable import printable

__all__ = ["printable"]
