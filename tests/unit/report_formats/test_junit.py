"""JUnit XML of any tests."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

from cdk_eks_cilium.report_formats.junit import Shortfall, TestCase, TestSuite, render

AT = datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC)
WHY = Shortfall("kind", "one <line>", "all\x00 of it")


def test_each_kind_of_outcome_is_counted_once() -> None:
    cases = (
        TestCase("group", "good", output="passes"),
        TestCase("group", "bad", (WHY, WHY)),
        TestCase("group", "unsure", error=WHY),
        TestCase("group", "left out", skipped="because"),
    )
    root = ElementTree.fromstring(render("all", [TestSuite("first", AT, cases), TestSuite("second", AT, ())]))
    counts = {"tests": "4", "failures": "1", "errors": "1", "skipped": "1", "time": "0"}
    assert root.attrib == {"name": "all", **counts}
    first, second = root
    assert first.attrib == {"name": "first", "timestamp": "2026-11-30T12:00:01+00:00", **counts}
    assert (second.get("name"), second.get("tests")) == ("second", "0")
    assert [[part.tag for part in case] for case in first] == [
        ["system-out"],
        ["failure", "failure"],
        ["error"],
        ["skipped"],
    ]


def test_characters_that_xml_forbids_are_replaced() -> None:
    root = ElementTree.fromstring(render("all", [TestSuite("s", AT, (TestCase("g", "n\x1b", (WHY,)),))]))
    case = root.find(".//testcase")
    failure = root.find(".//failure")
    assert case is not None
    assert case.get("name") == "n\N{REPLACEMENT CHARACTER}"
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("one <line>", "all\N{REPLACEMENT CHARACTER} of it")
