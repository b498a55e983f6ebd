"""Objects of kinds that a new cluster does not know."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, problems, warnings
from cdk_eks_cilium.versions import CiliumVersion
from tests.releases import NEWEST

ON: dict[str, Any] = {"serviceMonitor": {"enabled": True}}


def found(number: str, overrides: dict[str, Any], **typed: Any) -> list[str]:
    values = CiliumValues(**typed, overrides=overrides)
    return [str(each) for each in problems(values, CiliumVersion.of(number))]


@pytest.mark.parametrize("number", NEWEST)
def test_a_service_monitor_is_refused_until_its_crds_are_there(number: str) -> None:
    overrides: dict[str, Any] = {"operator": {"prometheus": {"enabled": True, **ON}}}
    typed: dict[str, Any] = (
        {"prometheus": {"agent": True}} if CiliumVersion.of(number).at_least("1.18") else {}
    )
    if typed:
        overrides = {"operator": {"prometheus": ON}}
    assert found(number, overrides, **typed) == [
        "cilium.overrides.operator.prometheus.serviceMonitor.enabled: installs a ServiceMonitor, and no "
        "new cluster has the CRDs of monitoring.coreos.com: Helm fails without them, got True; deploy "
        "without it, install the CRDs, and then deploy with it and existing_crds: [monitoring.coreos.com]"
    ]
    assert found(number, overrides, **typed, existing_crds=("monitoring.coreos.com",)) == []


def test_trust_in_crds_does_not_make_them() -> None:
    trusting = {"prometheus": {"serviceMonitor": {"trustCRDsExist": True}}, "operator": {"prometheus": ON}}
    (text,) = found("1.19.6", trusting)
    assert "no new cluster has the CRDs" in text


@pytest.mark.parametrize(
    "overrides",
    [
        {"prometheus": ON},
        {"envoy": {"prometheus": ON}, "operator": {}},
        {"hubble": {"relay": {"prometheus": {"enabled": True, **ON}}}},
    ],
    ids=["agents", "Envoy", "relay"],
)
def test_each_monitor_counts_with_what_it_monitors(overrides: dict[str, Any]) -> None:
    assert len(found("1.19.6", overrides, prometheus={"agent": True})) == 1


def test_a_monitor_of_metrics_that_are_off_is_not_installed() -> None:
    assert found("1.19.6", {"prometheus": ON}) == []
    assert found("1.19.6", {"hubble": {"relay": {"prometheus": ON}}}) == []


def test_hubble_s_monitor_counts_with_its_metrics() -> None:
    monitor = {"hubble": {"metrics": ON}}
    assert found("1.19.6", monitor) == []
    assert len(found("1.19.6", monitor, hubble={"metrics": ["drop"]})) == 1


def test_old_charts_ask_for_the_operator_s_crds_where_agents_have_metrics() -> None:
    operator = {"operator": {"prometheus": {"enabled": False, **ON}}}
    assert len(found("1.13.18", {"prometheus": {"enabled": True}, **operator})) == 1
    assert found("1.14.19", {"prometheus": {"enabled": True}, **operator}) == []


def test_a_gateway_class_that_the_chart_must_make_is_refused_until_its_crds_are_there() -> None:
    create = {"gatewayAPI": {"gatewayClass": {"create": "true"}}}
    typed: dict[str, Any] = {"kube_proxy_replacement": True, "gateway_api": True}
    (text,) = found("1.19.6", create, **typed)
    assert "installs a GatewayClass" in text
    assert found("1.19.6", {}, **typed) == []
    assert found("1.19.6", create, **typed, existing_crds=("gateway.networking.k8s.io",)) == []


def test_certificates_of_a_mesh_are_refused_until_cert_manager_is_there() -> None:
    auto = {"method": "certmanager", "certManagerIssuerRef": {"name": "ca"}}
    mesh = {"clustermesh": {"useAPIServer": True, "apiserver": {"tls": {"auto": auto}}}}
    (text,) = found("1.19.6", mesh)
    assert "installs Certificates" in text
    assert found("1.19.6", mesh, existing_crds=("cert-manager.io",)) == []


@pytest.mark.parametrize(("crds", "count"), [((), 1), (("cert-manager.io",), 0)])
def test_the_caution_about_cert_manager_ends_once_it_is_there(crds: tuple[str, ...], count: int) -> None:
    tls = {"method": "certmanager", "issuer": {"name": "ca"}}
    values = CiliumValues(hubble={"tls": tls}, existing_crds=crds)
    told = [text for text in warnings(values, CiliumVersion.of("1.19.6")) if text.startswith("hubble.tls")]
    assert len(told) == count
