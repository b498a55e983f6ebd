"""What validations of a synth wrote into its assembly, CDK's own among them."""

from __future__ import annotations

import json
from pathlib import Path


def findings(assembly: Path, *severities: str) -> list[str]:
    """The findings with one of these severities; CDK prints them, and a process would show them."""
    report = json.loads((assembly / "validation-report.json").read_text(encoding="utf-8"))
    return [
        f"{each['pluginName']}: {found['description']}"
        for each in report["pluginReports"]
        for found in each["violations"]
        if found["severity"] in severities
    ]
