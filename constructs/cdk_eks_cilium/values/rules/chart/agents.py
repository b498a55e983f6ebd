"""What the chart refuses of agents and the operator: ``validate.yaml`` and ``cilium-configmap.yaml``."""

from __future__ import annotations

from typing import Any, Final

from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions.behaviour import refusals

from .refusal import Refusal, whole

_SLICES: Final = ("ciliumEndpointSlice.enabled", "enableCiliumEndpointSlice")
_BACKOFF: Final = ("KUBE_CLIENT_BACKOFF_BASE", "KUBE_CLIENT_BACKOFF_DURATION")
_REFERENCE: Final = ("k8sServiceHostRef.name", "k8sServiceHostRef.key")


def _spire_without_authentication(values: EffectiveValues) -> bool:
    return values.on("authentication.mutual.spire.enabled") and not values.on("authentication.enabled")


def _slices_without_endpoints(values: EffectiveValues) -> bool:
    return any(map(values.on, _SLICES)) and values.get("disableEndpointCRD") is True


def _two_hosts(values: EffectiveValues) -> bool:
    return all(map(values.on, (*_REFERENCE, "k8sServiceHost")))


def _backoff_twice(values: EffectiveValues) -> bool:
    return values.on("k8sClientExponentialBackoff.enabled") and any(
        name in _BACKOFF for name in _names(values.get("extraEnv"))
    )


def _names(variables: Any) -> list[Any]:
    listed = variables if isinstance(variables, list) else []
    return [each.get("name") for each in listed if isinstance(each, dict)]


def _dns_proxy_without_port(values: EffectiveValues) -> bool:
    return values.on("standaloneDnsProxy.enabled") and whole(values.get("dnsProxy.proxyPort")) == 0


def _proxy_with_netkit(values: EffectiveValues) -> bool:
    return values.on("bpf.tproxy") and values.get("bpf.datapathMode") in ("netkit", "netkit-l2")


def _bgp_without_announcement(values: EffectiveValues) -> bool:
    announced = ("bgp.announce.loadbalancerIP", "bgp.announce.podCIDR")
    return values.on("bgp.enabled") and not any(map(values.on, announced))


REFUSALS: Final = (
    Refusal(
        refusals.SPIRE_WANTS_AUTHENTICATION,
        ("authentication.enabled", "authentication.mutual.spire.enabled"),
        _spire_without_authentication,
        "SPIRE needs authentication.enabled",
        "set overrides.authentication.enabled to true, or leave SPIRE out",
        id="CEK2212",
    ),
    Refusal(
        refusals.SLICES_WANT_ENDPOINTS,
        ("disableEndpointCRD", *_SLICES),
        _slices_without_endpoints,
        "must be false for CiliumEndpointSlices, which are made of CiliumEndpoints",
        "remove it, or leave the slices out",
        id="CEK2213",
    ),
    Refusal(
        refusals.ONE_API_HOST,
        (*_REFERENCE, "kubeProxyReplacement"),
        _two_hosts,
        "does not go with kube_proxy_replacement, which writes k8sServiceHost",
        "remove k8sServiceHostRef",
        id="CEK2214",
    ),
    Refusal(
        refusals.ONE_BACKOFF,
        ("extraEnv", "k8sClientExponentialBackoff.enabled"),
        _backoff_twice,
        f"must not set {' or '.join(_BACKOFF)}, which k8sClientExponentialBackoff.enabled sets",
        "remove these variables, or set overrides.k8sClientExponentialBackoff.enabled to false",
        id="CEK2215",
    ),
    Refusal(
        refusals.STANDALONE_DNS_WANTS_PORT,
        ("standaloneDnsProxy.enabled", "dnsProxy.proxyPort"),
        _dns_proxy_without_port,
        "needs a port for dnsProxy.proxyPort",
        "set overrides.dnsProxy.proxyPort, for example to 10094",
        id="CEK2216",
    ),
    Refusal(
        refusals.NETKIT_WITHOUT_TPROXY,
        ("bpf.tproxy", "bpf.datapathMode"),
        _proxy_with_netkit,
        "must be false for bpf.datapathMode 'netkit'",
        "keep one of the two",
        id="CEK2217",
    ),
    Refusal(
        refusals.BGP_WANTS_ANNOUNCEMENT,
        ("bgp.enabled", "bgp.announce"),
        _bgp_without_announcement,
        "needs something to announce",
        "set overrides.bgp.announce.loadbalancerIP or podCIDR to true, or remove bgp",
        id="CEK2218",
    ),
)
