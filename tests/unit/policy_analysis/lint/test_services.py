"""Services as peers."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.lint import lint
from cdk_eks_cilium.policy_analysis.workloads import KubernetesService
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.lint.written import cnp, known, only, pod, ports


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


def with_ports(name: str, namespace: str = "shop") -> Policy:
    named = {"serviceName": name, "namespace": namespace}
    return cnp(egress=[{"toServices": [{"k8sService": named}], "toPorts": ports("443")}])


def test_cnp044_a_denied_service() -> None:
    item: dict[str, Any] = {"toServices": [{"k8sService": {"serviceName": "api", "namespace": "shop"}}]}
    rule = "must not be in a denial, where Cilium looks no Service up: it denies "
    fix = "name pods under toEndpoints, addresses under toCIDR"
    assert only("CNP044", cnp(egressDeny=[item, {**item, "toPorts": ports("443")}])) == [
        ("spec.egressDeny[0].toServices", f"{rule}nothing; {fix}"),
        ("spec.egressDeny[1].toServices", f"{rule}the ports to everyone; {fix}"),
    ]
    assert only("CNP044", to_service("api", "shop")) == []


def test_cnp045_ports_beside_a_service() -> None:
    rule = (
        "must not be beside toServices: where the Services stand for nothing, or are not there, the ports "
        "are open to everyone"
    )
    at, fix = "spec.egress[0].toPorts", "name the pods under toEndpoints"
    nothing = (at, f"{rule}, got Services that stand for nothing; {fix}")
    assert only("CNP045", with_ports("typo"), inventory=KNOWN) == [nothing]
    assert only("CNP045", with_ports("api"), inventory=KNOWN, version=CiliumVersion.V1_13) == [nothing]
    assert only("CNP045", with_ports("api"), inventory=KNOWN) == [(at, f"{rule}; {fix}")]
    [found] = [one for one in lint([with_ports("api")]) if one.id == "CNP045"]
    assert found.severity == "note"


def test_cnp045_not_for_the_api_server_nor_without_ports() -> None:
    assert only("CNP045", with_ports("kubernetes", "default")) == []
    assert only("CNP045", to_service("typo"), inventory=KNOWN) == []
