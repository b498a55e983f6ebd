"""SARIF 2.1.0, which code scanning reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cdk_eks_cilium import __version__

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


@dataclass(frozen=True)
class SarifRun:
    """One run of a tool (3.14).

    Attributes:
        tool: Its name, such as ``cdk-eks-cilium doctor``.
        subject: What was examined. Runs of the same tool and subject follow each other.
        at: When it ended, in UTC.
        complete: Whether everything could be judged.
        rules: The rules, as reportingDescriptor objects (3.49).
        results: What was found, as result objects (3.27).
        notifications: What else the tool tells, as notification objects (3.58).
    """

    tool: str
    subject: str
    at: datetime
    complete: bool
    rules: Sequence[dict[str, Any]]
    results: Sequence[dict[str, Any]]
    notifications: Sequence[dict[str, Any]] = field(default=())

    def log(self) -> dict[str, Any]:
        """The log file with this run alone."""
        driver = {"name": self.tool, "semanticVersion": __version__, "rules": list(self.rules)}
        run = {
            "tool": {"driver": driver},
            "automationDetails": {"id": f"{self.tool}/{self.subject}/"},
            "invocations": [
                {
                    "executionSuccessful": self.complete,
                    "endTimeUtc": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "toolExecutionNotifications": list(self.notifications),
                }
            ],
            "results": list(self.results),
            "columnKind": "unicodeCodePoints",
        }
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}

    def render(self) -> str:
        """The log file as text."""
        return json.dumps(self.log(), indent=2, ensure_ascii=False) + "\n"


def fingerprint(parts: Iterable[str]) -> str:
    """What stays the same from run to run for the same result (3.27.17), made of some parts of it."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."
