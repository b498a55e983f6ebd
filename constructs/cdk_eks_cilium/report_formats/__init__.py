"""Reports for other programs, whatever they are about: JUnit XML and SARIF. Plain Python."""

from .printable import printable

__all__ = ["printable"]
