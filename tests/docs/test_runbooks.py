"""The runbooks, and the alerts that lead to them."""

from __future__ import annotations

import re
from typing import Any

import promql_parser
import pytest
import yaml

from cdk_eks_cilium.doctor.checks import CATEGORIES, all_checks
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs/runbooks.md").read_text(encoding="utf-8")
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "examples/alerts/prometheus-rule.yaml").read_text(encoding="utf-8"))[
        "spec"
    ]["groups"]
    for rule in group["rules"]
]
KNOWN = {
    # https://docs.cilium.io/en/stable/observability/metrics/
    "cilium_bpf_map_pressure",
    "cilium_drop_count_total",
    # https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/metrics/metrics.go and pkg/api/metrics/metrics.go
    "cilium_operator_ec2_api_duration_seconds_count",
    "cilium_operator_ipam_nodes",
    # https://coredns.io/plugins/metrics/
    "coredns_dns_responses_total",
    # https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics
    "kube_cronjob_status_last_successful_time",
    "kube_daemonset_status_number_unavailable",
    "kube_deployment_status_replicas_available",
    "kube_node_spec_taint",
    "kube_pod_container_status_waiting_reason",
}


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_is_promql_over_metrics_that_exist(rule: dict[str, Any]) -> None:
    promql_parser.parse(rule["expr"])
    names = set(re.findall(r"\b(?:cilium|coredns|kube)_[a-z0-9_]+", rule["expr"]))
    assert names
    assert names <= KNOWN


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_leads_to_a_runbook(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert page == "runbooks.md"
    assert anchor in anchors(PAGE)


def test_there_are_ten_runbooks_at_least() -> None:
    assert len(anchors(PAGE) - {"alerts"}) >= 10


def test_the_checks_that_runbooks_name_exist() -> None:
    named = set(re.findall(r"--only ([a-z_-]+)", PAGE))
    named |= set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`(?: and `[a-z-]+`)? (?:is|are) ok", PAGE))
    assert len(named) > 5
    assert named <= {check.id for check in all_checks()} | set(CATEGORIES)
