"""Which features a Cilium version has, and what is written for those beyond addresses, egress and Hubble.

Every chart is known for the base of this library. What is more is known from `OLDEST` on, the oldest version
that its makers still maintain: older ones are refused by name, and keep their raw values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import BaseModel

from cdk_eks_cilium.problems import MISSING, Problem
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .merge import merged
from .model import Agent, CiliumValues, Envoy, FlowExport, Operator

OLDEST: Final = behaviour.chart.KNOWN_VALUES.since

FIRST: Final[Mapping[str, str]] = {
    "agent": OLDEST,
    "bandwidth_manager": OLDEST,
    "encryption.node_encryption": OLDEST,
    "encryption.type": OLDEST,
    "envoy": OLDEST,
    "gateway_api": OLDEST,
    "host_firewall": OLDEST,
    "host_routing": OLDEST,
    "hubble.export": OLDEST,
    "hubble.metrics": OLDEST,
    "hubble.tls.issuer": OLDEST,
    "hubble.tolerations": OLDEST,
    "ingress_controller": OLDEST,
    "ipam.max_allocate": "1.19",
    "ipam.static_ip_tags": OLDEST,
    "l7_proxy": OLDEST,
    "masquerade": OLDEST,
    "operator.priority_class": OLDEST,
    "operator.resources": OLDEST,
    "operator.tolerations": OLDEST,
    "policy_enforcement": OLDEST,
    "prometheus": OLDEST,
}
"""The first minor that a typed value is known for; a value that is not here is known for every chart."""

#: What the operator of charts from 1.18 on tolerates; a list in the values replaces it. The chart adds
#: the taint of nodes whose agent is not ready.
OPERATOR_TOLERATIONS: Final = (
    {"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"},
    {"key": "node-role.kubernetes.io/master", "operator": "Exists"},
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists"},
    {"key": "node.cloudprovider.kubernetes.io/uninitialized", "operator": "Exists"},
)


def value_at(values: CiliumValues, path: str) -> Any:
    """The typed value at a dotted path; None below a section that is None."""
    value: Any = values
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return value


def is_used(values: CiliumValues, path: str) -> bool:
    """Whether the typed value at a dotted path is another than its section's default."""
    above, _, name = path.rpartition(".")
    section = value_at(values, above) if above else values
    if section is None:
        return False
    default = type(section).model_fields[name].get_default(call_default_factory=True)
    return bool(getattr(section, name) != default)


def tls_method(values: CiliumValues, version: CiliumVersion) -> str:
    """Who makes Hubble's certificates: what is asked for, else what fits the version."""
    return values.hubble.tls.method or (
        "cronJob" if behaviour.chart.CERTIFICATES_BY_JOB.holds(version) else "helm"
    )


def support_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    """What *values* ask for that *version* does not have, or that is not known for it here."""
    for path, first in FIRST.items():
        if not version.at_least(first) and is_used(values, path):
            yield Problem(
                f"{where}.{path}",
                f"is for Cilium {first} and newer, not {version}",
                _plain(value_at(values, path)) or MISSING,
                f"use Cilium {first} or newer, or leave it out",
            )


def _plain(value: Any) -> Any:
    """A typed value as a person would write it."""
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_defaults=True)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def feature_values(values: CiliumValues) -> dict[str, Any]:
    """The chart values of the typed features that are used, for charts from `OLDEST` on."""
    rendered: dict[str, Any] = {}
    for part in (
        _datapath(values),
        _layer_seven(values),
        _hubble(values),
        _agent(values.agent),
        _operator(values.operator),
        _envoy(values.envoy),
        _prometheus(values),
    ):
        rendered = merged(rendered, part)
    return rendered


def _datapath(values: CiliumValues) -> dict[str, Any]:
    rendered: dict[str, Any] = {}
    if values.host_routing is not None:
        rendered["bpf"] = {"hostLegacyRouting": values.host_routing == "legacy"}
    if values.bandwidth_manager is not None:
        rendered["bandwidthManager"] = {"enabled": True, "bbr": values.bandwidth_manager.bbr}
    if values.host_firewall:
        rendered["hostFirewall"] = {"enabled": True}
    if is_used(values, "policy_enforcement"):
        rendered["policyEnforcementMode"] = values.policy_enforcement
    return rendered


def _layer_seven(values: CiliumValues) -> dict[str, Any]:
    rendered: dict[str, Any] = {}
    if not values.l7_proxy:
        rendered["l7Proxy"] = False
    if values.gateway_api:
        rendered["gatewayAPI"] = {"enabled": True}
    if (ingress := values.ingress_controller) is not None:
        rendered["ingressController"] = {
            "enabled": True,
            "default": ingress.default,
            "loadbalancerMode": ingress.load_balancer_mode,
            "enforceHttps": ingress.enforce_https,
        }
    return rendered


def _hubble(values: CiliumValues) -> dict[str, Any]:
    hubble: dict[str, Any] = {}
    if values.hubble.metrics:
        hubble["metrics"] = {"enabled": list(values.hubble.metrics)}
    if values.hubble.export is not None:
        hubble["export"] = {"static": _export(values.hubble.export)}
    if values.hubble.tolerations:
        tolerations = [each.manifest() for each in values.hubble.tolerations]
        hubble |= {"relay": {"tolerations": tolerations}, "ui": {"tolerations": tolerations}}
    return {"hubble": hubble} if hubble else {}


def _export(export: FlowExport) -> dict[str, Any]:
    return {
        "enabled": True,
        "filePath": export.file_path,
        "fileMaxSizeMb": export.max_size_mb,
        "fileMaxBackups": export.max_backups,
        "fileCompress": export.compress,
        "fieldMask": list(export.field_mask),
        "allowList": list(export.allow),
        "denyList": list(export.deny),
    }


def _agent(agent: Agent) -> dict[str, Any]:
    return _pods(agent)


def _operator(operator: Operator) -> dict[str, Any]:
    rendered = _pods(operator)
    if operator.tolerations:
        further = [each.manifest() for each in operator.tolerations]
        rendered["tolerations"] = [*(dict(each) for each in OPERATOR_TOLERATIONS), *further]
    return {"operator": rendered} if rendered else {}


def _envoy(envoy: Envoy) -> dict[str, Any]:
    rendered = _pods(envoy)
    if not envoy.daemon_set:
        rendered["enabled"] = False
    return {"envoy": rendered} if rendered else {}


def _pods(pods: Agent | Operator | Envoy) -> dict[str, Any]:
    rendered: dict[str, Any] = {}
    if pods.resources is not None:
        rendered["resources"] = {
            name: dict(quantities)
            for name, quantities in (
                ("requests", pods.resources.requests),
                ("limits", pods.resources.limits),
            )
            if quantities
        }
    if pods.priority_class is not None:
        rendered["priorityClassName"] = pods.priority_class
    return rendered


def _prometheus(values: CiliumValues) -> dict[str, Any]:
    rendered: dict[str, Any] = {}
    if values.prometheus.agent:
        rendered["prometheus"] = {"enabled": True}
    if not values.prometheus.operator:
        rendered["operator"] = {"prometheus": {"enabled": False}}
    if not values.prometheus.envoy:
        rendered["envoy"] = {"prometheus": {"enabled": False}}
    return rendered
