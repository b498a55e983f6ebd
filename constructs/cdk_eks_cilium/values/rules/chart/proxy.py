"""What the chart refuses of the proxy: ``templates/validate.yaml``."""

from __future__ import annotations

import re
from typing import Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions.behaviour import refusals

from .refusal import Refusal, whole

_CONTROLLERS: Final = ("ingressController.enabled", "gatewayAPI.enabled")
_POLICIES: Final = ("Cluster", "Local")
_MOST_BASE_IDS: Final = 4_294_967_295
_WITH_PROXY: Final = "remove it, or turn off Ingress and Gateway API"


def _controllers_without_proxy(values: EffectiveValues) -> bool:
    off = values.get("l7Proxy") is not MISSING and not values.on("l7Proxy")
    return off and any(map(values.on, _CONTROLLERS))


def _balancer_without_proxy(values: EffectiveValues) -> bool:
    off = values.get("l7Proxy") is not MISSING and not values.on("l7Proxy")
    return off and values.get("loadBalancer.l7.backend") == "envoy"


def _ingress_without_policy(values: EffectiveValues) -> bool:
    outside = values.get("ingressController.service.type") in ("LoadBalancer", "NodePort")
    policy = values.get("ingressController.service.externalTrafficPolicy")
    return values.on("ingressController.enabled") and outside and policy not in _POLICIES


def _gateway_without_policy(values: EffectiveValues) -> bool:
    return values.on("gatewayAPI.enabled") and values.get("gatewayAPI.externalTrafficPolicy") not in _POLICIES


def _controllers_without_replacement(values: EffectiveValues) -> bool:
    replaced = values.get("kubeProxyReplacement") in ("partial", "strict")
    return any(map(values.on, _CONTROLLERS)) and not replaced


def _as_before_1_14(values: EffectiveValues) -> bool:
    match = re.match(r"v?(\d+)(?:\.(\d+))?", str(values.get("upgradeCompatibility")))
    old = match is not None and (int(match[1]), int(match[2] or 0)) < (1, 14)
    used = any(map(values.on, (*_CONTROLLERS, "envoyConfig.enabled")))
    return used and old and values.get("kubeProxyReplacement") is MISSING


def _base_id_out_of_bounds(values: EffectiveValues) -> bool:
    return not 0 <= whole(values.get("envoy.baseID")) <= _MOST_BASE_IDS


REFUSALS: Final = (
    Refusal(
        refusals.CONTROLLERS_WANT_PROXY,
        ("l7Proxy", *_CONTROLLERS),
        _controllers_without_proxy,
        "must be true for Ingress and Gateway API, whose traffic goes through the proxy",
        _WITH_PROXY,
        id="CEK2205",
    ),
    Refusal(
        refusals.BALANCER_WANTS_PROXY,
        ("l7Proxy", "loadBalancer.l7.backend"),
        _balancer_without_proxy,
        "must be true for loadBalancer.l7.backend 'envoy'",
        "remove it, or set overrides.loadBalancer.l7.backend to 'disabled'",
        id="CEK2206",
    ),
    Refusal(
        refusals.INGRESS_WANTS_TRAFFIC_POLICY,
        ("ingressController.service.externalTrafficPolicy", "ingressController.service.type"),
        _ingress_without_policy,
        "must be 'Cluster' or 'Local' for a Service of type LoadBalancer or NodePort",
        "remove it to keep the default, 'Cluster'",
        id="CEK2207",
    ),
    Refusal(
        refusals.GATEWAY_WANTS_TRAFFIC_POLICY,
        ("gatewayAPI.externalTrafficPolicy", "gatewayAPI.enabled"),
        _gateway_without_policy,
        "must be 'Cluster' or 'Local' for Gateway API",
        "remove it to keep the default, 'Cluster'",
        id="CEK2208",
    ),
    Refusal(
        refusals.CONTROLLERS_WANT_REPLACEMENT,
        ("ingressController.enabled", "gatewayAPI.enabled", "kubeProxyReplacement"),
        _controllers_without_replacement,
        "needs the replacement of kube-proxy",
        "set kube_proxy_replacement to true, or remove it",
        id="CEK2209",
    ),
    Refusal(
        refusals.OLD_VALUES_WANT_REPLACEMENT,
        ("upgradeCompatibility", "envoyConfig.enabled", *_CONTROLLERS),
        _as_before_1_14,
        "must name a newer minor for Ingress, Gateway API and envoyConfig without kube_proxy_replacement",
        "remove it, or set kube_proxy_replacement to true",
        id="CEK2210",
    ),
    Refusal(
        refusals.BASE_ID_HAS_BOUNDS,
        ("envoy.baseID",),
        _base_id_out_of_bounds,
        f"must be 0 to {_MOST_BASE_IDS}",
        "remove it to keep the default, 0",
        id="CEK2211",
    ),
)
