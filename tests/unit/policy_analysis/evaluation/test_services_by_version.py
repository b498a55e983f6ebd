"""What Services stand for, by the release of Cilium."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy.documents import parse
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow
from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion

WEB, API = Workload("shop", "web", {"app": "web"}), Workload("shop", "api", {"app": "api"})
SERVICES = (
    KubernetesService("shop", "api", selector={"app": "api"}),
    KubernetesService("shop", "database"),
)


def allowed(
    service: str,
    to: Endpoint,
    version: CiliumVersion | None = None,
    *,
    port: str = "",
    denied: bool = False,
) -> tuple[bool, tuple[str, ...]]:
    """Whether web reaches a side on 8080 by an item for a Service, or in spite of one, and the remarks."""
    item: dict[str, Any] = {"toServices": [{"k8sService": {"serviceName": service, "namespace": "shop"}}]}
    if port:
        item["toPorts"] = [{"ports": [{"port": port, "protocol": "TCP"}]}]
    egress = {"egress": [{"toEntities": ["all"]}], "egressDeny": [item]} if denied else {"egress": [item]}
    policy = parse(
        {
            "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {
                "endpointSelector": {"matchLabels": {"app": "web"}},
                **egress,
            },
        }
    )
    evaluation = Evaluation([policy], Inventory((WEB, API), services=SERVICES), version=version)
    verdict = evaluation.explain(Flow(Endpoint.pod(WEB), to, 8080)).verdicts[0]
    return verdict.allowed, verdict.remarks


@pytest.mark.parametrize("version", [None, CiliumVersion.V1_17, CiliumVersion.V1_20])
def test_a_service_stands_for_its_pods_from_1_17_on(version: CiliumVersion | None) -> None:
    assert allowed("api", Endpoint.pod(API), version) == (True, ())


@pytest.mark.parametrize("version", [CiliumVersion.V1_12, CiliumVersion.V1_16])
def test_a_service_with_a_selector_stands_for_nothing_before_1_17(version: CiliumVersion) -> None:
    assert allowed("api", Endpoint.pod(API), version) == (False, ())


def test_a_service_without_a_selector_never_means_a_pod() -> None:
    assert allowed("database", Endpoint.pod(API)) == (False, ())
    assert allowed("database", Endpoint.address("192.0.2.1")) == (
        False,
        (
            "CiliumNetworkPolicy shop/web spec.egress[0] may allow it: "
            "that depends on the endpoints of Service shop/database",
        ),
    )


def test_a_service_that_nobody_knows_may_mean_a_pod() -> None:
    assert allowed("other", Endpoint.pod(API)) == (
        False,
        (
            "CiliumNetworkPolicy shop/web spec.egress[0] may allow it: "
            "that depends on the endpoints of Service shop/other",
        ),
    )


OUTSIDE = Endpoint.address("192.0.2.1")


@pytest.mark.parametrize("to", [Endpoint.pod(API), OUTSIDE])
def test_ports_beside_a_service_that_stands_for_nothing_are_open_to_everyone(to: Endpoint) -> None:
    assert allowed("api", to, CiliumVersion.V1_13, port="8080") == (True, ())
    assert allowed("api", to, CiliumVersion.V1_13, port="443") == (False, ())


def test_ports_beside_a_service_are_those_of_its_pods() -> None:
    assert allowed("api", Endpoint.pod(API), port="8080") == (True, ())
    assert allowed("api", OUTSIDE, port="8080") == (False, ())


def test_ports_beside_a_service_that_nobody_knows_may_be_open_to_everyone() -> None:
    assert allowed("other", OUTSIDE, port="8080") == (
        False,
        (
            "CiliumNetworkPolicy shop/web spec.egress[0] may allow it: that depends on whether there is a "
            "Service shop/other; if not, the ports are open to everyone",
        ),
    )


@pytest.mark.parametrize("service", ["api", "database", "other"])
def test_a_denied_service_denies_nothing_or_its_ports_to_everyone(service: str) -> None:
    for to in (Endpoint.pod(API), OUTSIDE):
        assert allowed(service, to, denied=True) == (True, ())
        assert allowed(service, to, denied=True, port="443") == (True, ())
        assert allowed(service, to, denied=True, port="8080") == (False, ())
