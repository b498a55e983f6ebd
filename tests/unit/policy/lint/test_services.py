"""Services as peers."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.policy.lint import lint
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy.workloads import KubernetesService
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy.lint.written import cnp, known, only, pod


def to_service(name: str, namespace: str | None = None) -> Policy:
    service: dict[str, Any] = {"serviceName": name} | ({"namespace": namespace} if namespace else {})
    return cnp(egress=[{"toServices": [{"k8sService": service}]}])


AT = "spec.egress[0].toServices[0]"
SERVICES = (
    KubernetesService("shop", "api", selector={"app": "api"}),
    KubernetesService("shop", "database"),
)
KNOWN = known(pod("web"), pod("api"), services=SERVICES)


def test_cnp011_the_api_server_as_a_service() -> None:
    assert only("CNP011", to_service("kubernetes", "default")) == [
        (
            AT,
            "must not be how pods reach the API server: that Service selects no pods, "
            "got default/kubernetes; write 'toEntities: [kube-apiserver]'",
        )
    ]
    assert only("CNP012", to_service("kubernetes", "default"), inventory=KNOWN) == []


def test_cnp011_other_services() -> None:
    assert only("CNP011", to_service("kubernetes", "shop")) == []
    assert only("CNP011", to_service("api", "shop")) == []


def test_cnp012_a_service_that_nobody_knows() -> None:
    assert only("CNP012", to_service("apy", "shop"), inventory=KNOWN) == [
        (AT, "must be a Service that is known, got shop/apy; correct its name or its namespace")
    ]
    assert only("CNP012", to_service("apy"), inventory=KNOWN) == [
        (AT, "must be a Service that is known, got any namespace/apy; correct its name or its namespace")
    ]


def test_cnp012_a_service_without_a_selector_is_a_note() -> None:
    [found] = [one for one in lint([to_service("database", "shop")], KNOWN) if one.id == "CNP012"]

    assert found.severity == "note"
    assert found.text == (
        "has no selector and stands for the addresses of its endpoints, which never means a pod, "
        "got shop/database; name pods under toEndpoints, addresses under toCIDR"
    )


def test_cnp012_a_service_that_selects_pods_or_with_no_service_known() -> None:
    assert only("CNP012", to_service("api", "shop"), inventory=KNOWN) == []
    assert only("CNP012", to_service("apy", "shop"), inventory=known(pod("web"))) == []
    assert only("CNP012", to_service("apy", "shop")) == []
    by_labels = cnp(egress=[{"toServices": [{"k8sServiceSelector": {"selector": {}}}]}])
    assert only("CNP012", by_labels, inventory=KNOWN) == []


def test_cnp012_a_service_with_a_selector_before_1_17() -> None:
    policy = to_service("api", "shop")

    assert only("CNP012", policy, inventory=KNOWN, version=CiliumVersion.V1_16) == [
        (
            AT,
            "must be a Service without a selector before Cilium 1.17 (this is for 1.16.19), others stand for "
            "nothing, got shop/api; name the pods under toEndpoints",
        )
    ]
    assert only("CNP012", policy, inventory=KNOWN, version=CiliumVersion.V1_17) == []
