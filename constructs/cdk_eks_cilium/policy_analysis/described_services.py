"""Services and what is behind them, as YAML describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy.model import LabelSelector
from cdk_eks_cilium.problems import InputError

from .described import address_of, labels_of, metadata_of, name_of, port_number
from .owners import key_of
from .workloads import KubernetesService, NamedPort, ServiceBackends, ServicePort

_SERVICE_NAME: Final = "kubernetes.io/service-name"
"""The label of an EndpointSlice with its Service.

https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ownership
"""


def service_of(document: Document) -> KubernetesService:
    """A Service.

    Raises:
        KeyError, ValueError, TypeError, AttributeError: If it is incomplete or invalid.
    """
    spec = document.data.get("spec") or {}
    selector = spec.get("selector") or {}
    if not isinstance(selector, Mapping):
        raise ValueError(f"spec.selector must be a mapping, got {selector!r}")
    try:
        LabelSelector(match_labels=dict(selector))
    except InputError:
        raise ValueError(f"spec.selector must be labels, got {dict(selector)!r}") from None
    status = document.data.get("status") or {}
    balancers = (status.get("loadBalancer") or {}).get("ingress") or ()
    return KubernetesService(
        key_of(document).namespace,
        name_of(document),
        labels_of(document.data),
        dict(selector),
        ports=tuple(_service_port(each) for each in spec.get("ports") or ()),
        type=str(spec.get("type") or "ClusterIP"),
        headless=spec.get("clusterIP") == "None",
        external_name=str(spec.get("externalName") or ""),
        keeps_clients=spec.get("externalTrafficPolicy") == "Local",
        load_balancer_class=str(spec.get("loadBalancerClass") or ""),
        annotations={
            key: str(value)
            for key, value in (metadata_of(document.data).get("annotations") or {}).items()
            if "load-balancer" in key
        },
        balancer_name=next((str(each["hostname"]) for each in balancers if each.get("hostname")), ""),
        balancer_addresses=tuple(address_of(each["ip"]) for each in balancers if each.get("ip")),
        external_addresses=tuple(address_of(each) for each in spec.get("externalIPs") or ()),
        stays_local=spec.get("internalTrafficPolicy") == "Local",
    )


def _service_port(port: Mapping[str, Any]) -> ServicePort:
    target = port.get("targetPort") or 0
    return ServicePort(
        port_number(port, "port"),
        str(port.get("name") or ""),
        str(port.get("protocol") or "TCP"),
        # The API server takes a number in quotes for a name, and so does whatever looks it up.
        target if isinstance(target, int) else str(target),
        port_number(port, "nodePort") if port.get("nodePort") else 0,
    )


def backends_of(document: Document) -> list[ServiceBackends]:
    """What an EndpointSlice or an Endpoints object lists behind a Service; nothing if it names no Service.

    Addresses that get no connections are left out, as Cilium and kube-proxy leave them out
    (``ParseEndpointSliceV1`` and ``ParseEndpoints`` in Cilium's ``pkg/k8s/endpoints.go``). A slice of DNS
    names (``addressType: FQDN``) has no address.

    Raises:
        KeyError, ValueError, TypeError, AttributeError: If it is incomplete or invalid.
    """
    namespace, data = key_of(document).namespace, document.data
    if document.kind == "Endpoints":
        service = f"{namespace}/{name_of(document)}"
        return [
            ServiceBackends(
                service,
                tuple(address_of(each["ip"]) for each in subset.get("addresses") or ()),
                tuple(map(_listed_port, subset.get("ports") or ())),
            )
            for subset in data.get("subsets") or ()
        ]
    name = labels_of(data).get(_SERVICE_NAME)
    if not name or data.get("addressType") == "FQDN":
        return []
    addresses = [
        address_of(text)
        for each in data.get("endpoints") or ()
        if (each.get("conditions") or {}).get("ready") is not False
        for text in each["addresses"]
    ]
    ports = tuple(_listed_port(each) for each in data.get("ports") or () if each.get("port"))
    return [ServiceBackends(f"{namespace}/{name}", tuple(addresses), ports)]


def _listed_port(port: Mapping[str, Any]) -> NamedPort:
    return NamedPort(
        str(port.get("name") or ""), port_number(port, "port"), str(port.get("protocol") or "TCP")
    )
