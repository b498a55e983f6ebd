"""CiliumLocalRedirectPolicies, as YAML describes them.

https://docs.cilium.io/en/stable/network/kubernetes/local-redirect-policy/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdk_eks_cilium.policy.documents import Document
from cdk_eks_cilium.policy.model import LabelSelector
from cdk_eks_cilium.problems import InputError

from .described import address_of, name_of
from .owners import key_of
from .workloads import LocalRedirect, NamedPort


def redirect_of(document: Document) -> LocalRedirect:
    """A CiliumLocalRedirectPolicy.

    Raises:
        KeyError, ValueError, TypeError, AttributeError: If it is incomplete or invalid.
    """
    spec = document.data["spec"]
    frontend, backend = spec["redirectFrontend"], spec["redirectBackend"]
    by_service, by_address = frontend.get("serviceMatcher"), frontend.get("addressMatcher")
    if (by_service is None) == (by_address is None):
        raise ValueError("spec.redirectFrontend must have a serviceMatcher or an addressMatcher")
    matcher = by_address or by_service
    namespace = key_of(document).namespace
    return LocalRedirect(
        namespace,
        name_of(document),
        _selector(backend["localEndpointSelector"]),
        tuple(map(_port, backend["toPorts"])),
        service=f"{matcher.get('namespace') or namespace}/{matcher['serviceName']}" if by_service else "",
        address=address_of(matcher["ip"]) if by_address else "",
        frontend_ports=tuple(map(_port, matcher.get("toPorts") or ())),
        skips_backends=spec.get("skipRedirectFromBackend") is True,
    )


def _selector(value: Mapping[str, Any]) -> LabelSelector:
    try:
        return LabelSelector.read(dict(value), by_alias=True, by_name=False)
    except InputError as error:
        raise ValueError(f"spec.redirectBackend.localEndpointSelector: {error.problems[0]}") from None


def _port(port: Mapping[str, Any]) -> NamedPort:
    number = port["port"]
    if not isinstance(number, str) or not number.isdecimal():
        raise ValueError(f"port must be a number in quotes, got {number!r}")
    return NamedPort(str(port.get("name") or ""), int(number), str(port.get("protocol") or "TCP"))
