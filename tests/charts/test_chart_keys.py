"""The catalogue of chart keys, compared with what Helm makes of the charts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values import CiliumValues, References, helm_values
from cdk_eks_cilium.values.rendering.merge import merged
from cdk_eks_cilium.versions import Catalogue, CiliumVersion, Key, minors
from tests.charts.versions import charts_or_skip

charts_or_skip()

Render = Callable[..., Any]

REFS = References(
    cluster_name="demo",
    operator_role_arn="arn:aws:iam::123456789012:role/demo-cilium",
    subnet_ids=("subnet-a",),
    api_server_host="ABC.gr7.eu-west-1.eks.amazonaws.com",
)
#: Values that enable as many templates as work together.
FEATURES: dict[str, Any] = {
    "bandwidthManager": {"enabled": True},
    "debug": {"enabled": True},
    "egressGateway": {"enabled": True},
    "encryption": {"enabled": True, "type": "ipsec"},
    "hubble": {"metrics": {"enabled": ["dns"]}, "relay": {"prometheus": {"enabled": True}}},
    "monitor": {"enabled": True},
    "operator": {"prometheus": {"enabled": True}},
    "prometheus": {"enabled": True},
}
#: What the charts install instead of the agents.
PREFLIGHT: dict[str, Any] = {"preflight": {"enabled": True}}
MONITORS: dict[str, Any] = {
    "hubble": {"metrics": {"serviceMonitor": {"enabled": True}}},
    "operator": {"prometheus": {"serviceMonitor": {"enabled": True}}},
    "prometheus": {"serviceMonitor": {"enabled": True, "trustCRDsExist": True}},
}

#: Keys that only templates have, each with a value other than the templates' default.
TEMPLATE_KEYS: dict[str, Any] = {
    "clusterHealthPort": 4242,
    "disableEnvoyVersionCheck": True,
    "egressMasqueradeInterfaces": "ens5",
    "fragmentTracking": False,
    "hubble.eventBufferCapacity": "8191",
    "hubble.peerService.servicePort": 4444,
    "hubble.relay.servicePort": 4246,
    "iptablesLockTimeout": "9s",
    "k8s.serviceProxyName": "mine",
    "labels": "k8s:app",
    "loadBalancer.algorithm": "maglev",
    "maglev.tableSize": 65521,
    "monitor.eventTypes": ["drop"],
    "policyAuditMode": True,
}


def values_for(number: str) -> dict[str, Any]:
    version = CiliumVersion.of(number)
    values = merged(helm_values(CiliumValues(), version, REFS), FEATURES)
    # Older charts ask the cluster for the kind ServiceMonitor; these tests do not have a cluster.
    return merged(values, MONITORS) if version.at_least("1.14") else values


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    return dict(value)


def objects(render: Render, number: str, values: dict[str, Any]) -> list[Any]:
    """The rendered objects without certificates, which differ in each render."""
    return [each for each in render(number, values).objects if each["kind"] != "Secret"]


def other(key: Key) -> Any:
    """A value that is not the default."""
    if key.default is True or key.default is False:
        return not key.default
    if "map" in key.types:
        return {"other": "value"}
    if "list" in key.types:
        return [{"name": "other"}]
    return key.default + 1 if isinstance(key.default, int) else "other"


@pytest.mark.parametrize("more", [{}, PREFLIGHT], ids=["agents", "preflight"])
@pytest.mark.parametrize("number", [CiliumVersion.newest_of(minor).number for minor in minors()])
def test_what_no_template_reads_changes_nothing(number: str, more: dict[str, Any], render: Render) -> None:
    catalogue = Catalogue.of(CiliumVersion.of(number))
    dead = [key for key in catalogue if not key.read and (key.default is not MISSING)]
    assert dead
    values = plain = merged(values_for(number), more)
    for key in dead:
        values = merged(values, nested(key.path, other(key)))
    assert values != plain
    assert objects(render, number, values) == objects(render, number, plain)


@pytest.mark.parametrize("number", ["1.12.19", "1.16.19", "1.19.6", "1.20.0"])
@pytest.mark.parametrize("path", TEMPLATE_KEYS)
def test_a_key_of_the_templates_alone_changes_what_is_rendered(
    number: str, path: str, render: Render
) -> None:
    key = Catalogue.of(CiliumVersion.of(number)).find(path)
    assert key is not None
    assert key.default is MISSING
    values = values_for(number)
    changed = merged(values, nested(path, TEMPLATE_KEYS[path]))
    assert objects(render, number, changed) != objects(render, number, values)


def test_a_chart_without_a_schema_renders_a_number_for_text_wrongly(render: Render) -> None:
    """`key_problems` refuses the number for this reason; Helm without a schema does not."""
    values = merged(values_for("1.15.19"), {"hubble": {"relay": {"image": {"tag": 7}}}})
    relay = render("1.15.19", values)
    (container,) = relay.find("Deployment", "hubble-relay")["spec"]["template"]["spec"]["containers"]
    assert ":%!s(float64=7)" in container["image"]
