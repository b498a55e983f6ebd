"""The outcome as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Severity
from cdk_eks_cilium.doctor.reports import junit
from tests.unit.doctor.reports.diagnoses import check, report


def test_a_category_is_a_suite_and_a_check_is_a_case() -> None:
    root = Xml.fromstring(junit.render(report()))
    assert root.attrib == {
        "name": "doctor: context prod",
        "tests": "5",
        "failures": "2",
        "errors": "1",
        "skipped": "1",
        "time": "0",
    }
    assert [(each.get("name"), each.get("tests")) for each in root] == [
        ("Nodes", "3"),
        ("Pods and what runs beside Cilium", "2"),
    ]
    cases = {case.get("name"): [part.tag for part in case] for case in root.iter("testcase")}
    assert cases == {
        "nodes-ready": ["failure", "system-out"],
        "node-taints": ["failure"],
        "node-images": ["system-out"],
        "pods-run": ["error"],
        "pods-plan": ["skipped"],
    }


def test_a_failure_tells_all_evidence_and_the_fix() -> None:
    failure = Xml.fromstring(junit.render(report())).find(".//failure")
    assert failure is not None
    assert failure.attrib == {"type": "error", "message": "7 of 9 nodes are not ready"}
    told = failure.text or ""
    assert told.count("Node ip-10-0-0-") == 7
    assert "kubectl get nodes" in told
    assert "docs/doctor-checks.md#nodes-ready" in told


def test_characters_that_xml_forbids_do_not_break_it() -> None:
    hostile = Finding(Severity.ERROR, "a < b\x00", (Evidence("Pod a", "x", "\x1b]]>&\ufffe"),), "")
    root = Xml.fromstring(junit.render(report(Result(check("a"), Verdict.ERROR, (hostile,)))))
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "a < b\ufffd"
