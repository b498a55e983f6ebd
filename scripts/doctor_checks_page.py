"""The checks from their own words, for docs/doctor-checks.md, docs/troubleshooting.md and docs/preflight.md.

What a check says is shown by what it finds in the healthy cluster of the tests, with one thing broken.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from cdk_eks_cilium.doctor.checks import CATEGORIES, all_checks, preflight_checks
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.finding import Finding
from cdk_eks_cilium.doctor.engine.readings import Aws, Objects, Reading
from scripts import doctor_transcripts
from scripts.schema_words import table
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations import mutations
from tests.unit.doctor.preflight.accounts import account
from tests.unit.doctor.preflight.breakages import BREAKAGES

_PAGE: Final = "doctor-checks.md"
_WIDTH: Final = 110


def symptoms() -> str:
    """A table from what people see to the check that tells the cause."""
    rows = [
        [_sentence(check.symptom), f"[`{check.id}`]({_PAGE}#{check.id})", CATEGORIES[check.category]]
        for check in all_checks()
    ]
    return table(["You see", "The check that tells", "About"], sorted(rows))


def checks() -> str:
    """Every check by category: what it holds, why it fails, what it reads, and what it says."""
    return "\n\n".join(_wrapped(part) for category in CATEGORIES for part in _category(category))


def preflight() -> str:
    """Every check before a deploy."""
    found = preflight_examples()
    return "\n\n".join(_wrapped(part) for check in preflight_checks() for part in _check(check, found))


def _category(category: str) -> Iterator[str]:
    found = [check for check in all_checks() if check.category == category]
    if found:
        yield f"## {CATEGORIES[category]}"
        yield from (part for check in found for part in _check(check, examples(), _tested(check)))


def _tested(check: Check) -> str:
    """What the check was tested on, by the tests' mutations and by the rehearsal of the transcripts."""
    number = sum(check.id in mutation.found_by for mutation in mutations())
    ways = "one way" if number == 1 else f"{number} ways"
    verdict, detail = doctor_transcripts.verdicts()[check.id]
    if verdict == "skipped":
        return f"Tested on a healthy cluster and on {ways} to break it. The rehearsal skips it: {detail}."
    return f"Tested on a healthy cluster and on {ways} to break it. The rehearsal judges it: {verdict}."


def _check(check: Check, examples: Mapping[str, Finding], tested: str = "") -> Iterator[str]:
    yield f"### {check.id}"
    gate = " Part of the [readiness gate](deploy.md)." if check.gate else ""
    yield f"Holds where {check.title}. You see otherwise: {check.symptom}.{gate}"
    yield from check.cause.split("\n\n")
    yield f"It reads {', '.join(f'`{_told(reading)}`' for reading in check.reads) or 'settings alone'}."
    if tested:
        yield tested
    if check.answers:
        yield f"It answers {', '.join(f'`{each}`' for each in check.answers)} of [the ledger](beliefs.md)."
    if check.links:
        yield "Sources: " + ", ".join(f"[{urlsplit(link).hostname}]({link})" for link in check.links) + "."
    if finding := examples.get(check.id):
        yield "What it says, for instance:"
        yield "\n".join(
            ("```text found", *_cut(f"{finding.severity}: {finding.summary}"), *_fix(finding), "```")
        )


def _wrapped(part: str) -> str:
    if part.startswith(("#", "```")):
        return part
    return textwrap.fill(part, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _told(reading: Reading) -> str:
    if isinstance(reading, Objects):
        return f"{reading.plural}.{reading.group}" if reading.group else reading.plural
    return f"{reading.service}:{reading.operation}" if isinstance(reading, Aws) else str(reading)


def _fix(finding: Finding) -> Iterator[str]:
    for line in finding.fix.splitlines():
        yield from _cut(f"  {line}")


def _cut(line: str) -> Iterator[str]:
    """A line that fits the page; commands are cut at a blank, and go on further in."""
    while len(line) > _WIDTH:
        at = line.rfind(" ", 10, _WIDTH - 2)
        if at < 0:
            break
        lead = "  # " if line.lstrip().startswith("#") else "      "
        yield line[:at] + ("" if line.lstrip().startswith("#") else " \\")
        line = lead + line[at + 1 :]
    yield line


@cache
def examples() -> Mapping[str, Finding]:
    """A finding of each check, by its id."""
    found: dict[str, Finding] = {}
    for mutation in mutations():
        if all(id in found for id in mutation.found_by):
            continue
        world = healthy()
        mutation.apply(world)
        for result in world.diagnose().results:
            if result.findings:
                found.setdefault(result.check.id, result.findings[0])
    return found


@cache
def preflight_examples() -> Mapping[str, Finding]:
    """A finding of each check before a deploy, by its id."""
    found: dict[str, Finding] = {}
    for breakage in BREAKAGES:
        if all(id in found for id in breakage.found_by):
            continue
        world = account(breakage.settings)
        breakage.apply(world)
        for result in world.diagnose(preflight_checks()).results:
            if result.findings:
                found.setdefault(result.check.id, result.findings[0])
    return found


def _sentence(text: str) -> str:
    return re.sub(r"^[a-z]", lambda first: first[0].upper(), text)
