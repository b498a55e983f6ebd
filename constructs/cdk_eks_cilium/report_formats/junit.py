"""JUnit XML, which pipelines show as tests.

The format has no standard. This is what readers agree on: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as Xml

from .printable import printable


@dataclass(frozen=True)
class Shortfall:
    """Why a case fails, or cannot be judged.

    Attributes:
        kind: What readers may group by, such as a severity.
        message: One line.
        text: All of it.
    """

    kind: str
    message: str
    text: str


@dataclass(frozen=True)
class TestCase:
    """One test.

    Attributes:
        group: What stands before its name, as ``classname``.
        name: Its name.
        failures: What is wrong.
        error: Why it cannot be judged. A case that fails has no error, so that none counts twice.
        skipped: Why it did not run; None if it ran.
        output: What it says beside; empty if nothing.
    """

    group: str
    name: str
    failures: tuple[Shortfall, ...] = ()
    error: Shortfall | None = None
    skipped: str | None = None
    output: str = ""

    # pytest takes classes with such a name for tests.
    __test__ = False


@dataclass(frozen=True)
class TestSuite:
    """Tests that belong together.

    Attributes:
        name: Its name.
        at: When they ran.
        cases: The tests.
    """

    name: str
    at: datetime
    cases: tuple[TestCase, ...]

    __test__ = False


def render(name: str, suites: Sequence[TestSuite]) -> str:
    """The whole text of a report called *name*."""
    cases = [case for suite in suites for case in suite.cases]
    root = Xml.Element("testsuites", {"name": name, **_counts(cases)})
    for suite in suites:
        attributes = {"name": suite.name, "timestamp": suite.at.isoformat(timespec="seconds")}
        element = Xml.SubElement(root, "testsuite", {**attributes, **_counts(suite.cases)})
        for case in suite.cases:
            _case(element, case)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _counts(cases: Iterable[TestCase]) -> dict[str, str]:
    cases = list(cases)
    return {
        "tests": str(len(cases)),
        "failures": str(sum(bool(case.failures) for case in cases)),
        "errors": str(sum(case.error is not None for case in cases)),
        "skipped": str(sum(case.skipped is not None for case in cases)),
        "time": "0",
    }


def _case(suite: Xml.Element, case: TestCase) -> None:
    attributes = {"classname": printable(case.group), "name": printable(case.name), "time": "0"}
    element = Xml.SubElement(suite, "testcase", attributes)
    for failure in case.failures:
        _add(element, "failure", failure)
    if case.error is not None:
        _add(element, "error", case.error)
    if case.skipped is not None:
        Xml.SubElement(element, "skipped", {"message": printable(case.skipped)})
    if case.output:
        Xml.SubElement(element, "system-out").text = printable(case.output)


def _add(case: Xml.Element, tag: str, why: Shortfall) -> None:
    attributes = {"type": why.kind, "message": printable(why.message)}
    Xml.SubElement(case, tag, attributes).text = printable(why.text)
