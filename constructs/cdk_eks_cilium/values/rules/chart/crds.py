"""Objects whose kinds a new cluster does not know: Helm fails on them, whatever the chart was told to trust.

Helm asks the cluster for the kind of every object before it makes the first one: no matches for kind
"ServiceMonitor" in version "monitoring.coreos.com/v1". A cluster that the deployment makes has no such kinds
yet; somebody installs them after it. ``existing_crds`` says that this has happened. Of the typed
``hubble.tls`` with ``certmanager`` a caution tells the same.
"""

# belief: HELM-kinds-before-objects

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions.behaviour import refusals

from .blame import Blame

MONITORS: Final = "monitoring.coreos.com"
CERTIFICATES: Final = "cert-manager.io"
GATEWAYS: Final = "gateway.networking.k8s.io"
POLICIES: Final = "policy.networking.k8s.io"

Found = tuple[Problem, frozenset[str]]

_MESH: Final = "clustermesh.apiserver.metrics"


def crd_problems(values: CiliumValues, effective: EffectiveValues, blame: Blame) -> Iterator[Found]:
    """One problem for each setting that installs objects of a kind that no new cluster has."""
    for group, path, what in _wanted(effective):
        if group in values.existing_crds:
            continue
        where, got = blame.first([path])
        yield (
            Problem(
                where,
                f"installs {what}, and no new cluster has the CRDs of {group}: Helm fails without them",
                got,
                f"deploy without it, install the CRDs, and then deploy with it and existing_crds: [{group}]",
                id="CEK2243",
            ),
            frozenset({path}),
        )


def _wanted(values: EffectiveValues) -> Iterator[tuple[str, str, str]]:
    """The groups of CRDs that are needed: each with the chart value that asks for it, and the objects."""
    for switch, used in _monitors(values).items():
        if values.on(f"{switch}.serviceMonitor.enabled") and used:
            yield MONITORS, f"{switch}.serviceMonitor.enabled", "a ServiceMonitor"
    mesh = "clustermesh.apiserver.tls.auto"
    if _served(values) and values.on(f"{mesh}.enabled") and values.get(f"{mesh}.method") == "certmanager":
        yield CERTIFICATES, f"{mesh}.method", "Certificates"
    create = values.get("gatewayAPI.gatewayClass.create")
    if values.on("gatewayAPI.enabled") and str(create).lower() == "true":
        yield GATEWAYS, "gatewayAPI.gatewayClass.create", "a GatewayClass"


def _monitors(values: EffectiveValues) -> dict[str, bool]:
    """Each section with a ServiceMonitor, and whether what it monitors is on: ``*/servicemonitor.yaml``."""
    on = values.on
    operator = on("operator.prometheus.enabled")
    if refusals.OPERATOR_MONITOR_ASKS_AGENTS.holds(values.version):
        operator = operator or on("prometheus.enabled")
    stores = on("clustermesh.apiserver.kvstoremesh.enabled") and on(f"{_MESH}.kvstoremesh.enabled")
    return {
        "prometheus": on("prometheus.enabled"),
        "operator.prometheus": operator,
        "envoy.prometheus": on("envoy.prometheus.enabled"),
        "hubble.relay.prometheus": on("hubble.relay.prometheus.enabled"),
        "hubble.metrics": on("hubble.enabled")
        and (on("hubble.metrics.enabled") or on("hubble.metrics.dynamic.enabled")),
        _MESH: _served(values) and (on(f"{_MESH}.enabled") or stores or on(f"{_MESH}.etcd.enabled")),
    }


def _served(values: EffectiveValues) -> bool:
    return values.on("clustermesh.useAPIServer") or values.on("externalWorkloads.enabled")
