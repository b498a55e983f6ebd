"""The outcome of the tests, from the JUnit file that the CLI writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class TestResult:
    """A test of the suite.

    Attributes:
        name: Its name, such as ``no-policies``.
        status: ``passed``, ``failed`` or ``skipped``.
        seconds: How long it took.
        failed: The actions that failed, such as ``no-policies/pod-to-host/ping-ipv4-1: ...``.
    """

    __test__ = False  # pytest takes it for a test otherwise

    name: str
    status: str
    seconds: float
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of all tests."""

    tests: Sequence[TestResult]

    def of(self, status: str) -> list[TestResult]:
        """The tests with a status."""
        return [each for each in self.tests if each.status == status]


def outcome_of(folder: Path) -> Outcome | None:
    """The results in a folder; None without a file of them.

    The CLI writes the namespace of the tests before the name of the file (``NamespacedFileName`` in
    cilium-cli/utils/junit), one file for each.
    """
    files = sorted(folder.glob("*.xml"))
    tests: list[TestResult] = []
    for file in files:
        try:
            tree = ElementTree.parse(file)  # noqa: S314 - the CLI wrote it a moment ago
        except ElementTree.ParseError:
            continue
        tests += [_result(each) for each in tree.iter("testcase")]
    return Outcome(tests) if tests else None


def _result(found: ElementTree.Element) -> TestResult:
    failure, skipped = found.find("failure"), found.find("skipped")
    status = "failed" if failure is not None else "skipped" if skipped is not None else "passed"
    actions = (
        tuple(line.strip() for line in (failure.text or "").splitlines() if line.strip())
        if (failure is not None)
        else ()
    )
    return TestResult(found.get("name", ""), status, _seconds(found.get("time", "")), actions)


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
