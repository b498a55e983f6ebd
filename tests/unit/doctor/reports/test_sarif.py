"""The outcome as SARIF."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine.diagnosis import Result, Verdict
from cdk_eks_cilium.doctor.reports import sarif
from tests.unit.doctor.reports.diagnoses import RESULTS, report
from tests.unit.report_formats.sarif_shape import LOG


def run_of(*results: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sarif.render(report(*results)))["runs"][0]
    return found


def test_it_has_the_shape_of_the_schema() -> None:
    jsonschema.validate(json.loads(sarif.render(report())), LOG)


def test_the_rules_of_all_checks_have_the_shape_too_with_help() -> None:
    whole = report(*(Result(check, Verdict.OK) for check in all_checks()))
    data = json.loads(sarif.render(whole))
    jsonschema.validate(data, LOG)
    assert all(rule["help"]["text"] for rule in data["runs"][0]["tool"]["driver"]["rules"])


def test_a_rule_tells_cause_page_and_links() -> None:
    rule = run_of()["tool"]["driver"]["rules"][0]
    assert (rule["id"], rule["shortDescription"]["text"]) == ("nodes-ready", "Every node is ready.")
    assert rule["help"]["text"] == (
        "A node that is not ready runs no pods.\n\nSee docs/doctor-checks.md#nodes-ready.\n\n"
        "https://docs.example.com/nodes"
    )
    assert rule["helpUri"] == "https://docs.example.com/nodes"


def test_a_finding_is_a_result_at_the_objects_that_show_it() -> None:
    results = run_of()["results"]
    assert [(each["ruleId"], each["ruleIndex"], each["level"]) for each in results] == [
        ("nodes-ready", 0, "error"),
        ("node-taints", 1, "warning"),
    ]
    (location,) = results[0]["locations"]
    assert len(location["logicalLocations"]) == 7
    assert location["logicalLocations"][0] == {
        "name": "ip-10-0-0-0",
        "fullyQualifiedName": "Node ip-10-0-0-0",
        "kind": "resource",
    }
    assert "Fix:\n# Look first.\nkubectl get nodes" in results[0]["message"]["text"]


def test_the_same_fault_has_the_same_fingerprint_whatever_its_numbers_are() -> None:
    first, second = (run_of(RESULTS[0])["results"][0] for _ in range(2))
    assert first["partialFingerprints"] == second["partialFingerprints"]
    other = run_of(RESULTS[1])["results"][0]
    assert other["partialFingerprints"] != first["partialFingerprints"]


def test_what_is_unknown_is_a_notification_and_no_result() -> None:
    (invocation,) = run_of()["invocations"]
    assert invocation["executionSuccessful"] is False
    told = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert told[:2] == [
        "nodes-ready: unknown: 2 nodes could not be read",
        "pods-run: unknown: not allowed to list pods",
    ]
    assert run_of(RESULTS[2])["invocations"][0]["executionSuccessful"] is True
