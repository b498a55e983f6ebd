"""Webhooks that wait for Cilium, and others."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.doctor.checks.pods.webhooks import webhooks
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.pods import served, webhook
from tests.unit.doctor.world import World, result

NOT_SYSTEM = {
    "matchExpressions": [
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}
    ]
}
CONDITIONS = [{"name": "not-nodes", "expression": "!('system:nodes' in request.userInfo.groups)"}]


def judged(*, pods: bool = True, on_host: bool = False, **hook: Any) -> World:
    """A cluster with a webhook, and perhaps a ready pod of it."""
    world = healthy()
    webhook(world, "kyverno", **hook)
    if pods:
        served(world, "kyverno", hostNetwork=on_host)
    return world


@pytest.mark.parametrize(
    "hook",
    [
        {"failurePolicy": "Ignore"},
        # EKS's own are in the control plane.
        {"clientConfig": {"url": "https://127.0.0.1:23443/mutate"}},
        {
            "rules": [
                {"operations": ["CREATE"], "apiGroups": ["networking.k8s.io"], "resources": ["ingresses"]}
            ]
        },
        {"rules": [{"operations": ["CREATE"], "apiGroups": ["argoproj.io"], "resources": ["*"]}]},
        {"rules": [{"operations": ["DELETE"], "apiGroups": [""], "resources": ["pods"]}]},
    ],
)
def test_what_fails_open_or_judges_other_things_is_not_counted(hook: dict[str, Any]) -> None:
    found = result(judged(pods=False, **hook), webhooks)
    assert found.detail == "0 webhooks about pods or nodes that fail closed"


def test_the_policy_of_failures_is_fail_by_default() -> None:
    world = judged(pods=False)
    del world.one(kinds.VALIDATING_WEBHOOKS, "kyverno")["webhooks"][0]["failurePolicy"]
    assert result(world, webhooks).verdict is Verdict.ERROR


@pytest.mark.parametrize(
    "hook",
    [
        {"namespaceSelector": NOT_SYSTEM},
        {"namespaceSelector": {"matchLabels": {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}}},
        {"objectSelector": {"matchExpressions": [{"key": "k8s-app", "operator": "DoesNotExist"}]}},
        {"matchConditions": CONDITIONS},
    ],
)
def test_a_webhook_that_leaves_cilium_alone_is_fine_while_it_answers(hook: dict[str, Any]) -> None:
    assert result(judged(**hook), webhooks).verdict is Verdict.OK


def test_a_webhook_on_the_network_of_the_host_does_not_wait_for_cilium() -> None:
    assert result(judged(on_host=True), webhooks).verdict is Verdict.OK


def test_a_dead_webhook_of_some_namespaces_still_refuses_there() -> None:
    (finding,) = result(judged(pods=False, namespaceSelector=NOT_SYSTEM), webhooks).findings
    assert finding.summary.endswith("of some namespaces")


def test_conditions_that_decide_leave_a_dead_webhook_unknown() -> None:
    found = result(judged(pods=False, matchConditions=CONDITIONS), webhooks)
    assert "its matchConditions decide" in found.unknown[0]


def test_a_service_without_a_selector_may_answer() -> None:
    world = judged()
    del world.one(kinds.SERVICES, "kyverno")["spec"]["selector"]
    assert "selects no pods" in result(world, webhooks).unknown[0]


@pytest.mark.parametrize(
    "rule",
    [
        {"operations": ["*"], "apiGroups": ["*"], "resources": ["*/*"]},
        {"operations": ["UPDATE"], "apiGroups": [""], "resources": ["nodes"]},
    ],
)
def test_a_selector_of_namespaces_does_not_spare_nodes(rule: dict[str, Any]) -> None:
    found = result(judged(namespaceSelector=NOT_SYSTEM, rules=[rule]), webhooks)
    assert "after a restart of all nodes" in found.findings[0].summary
