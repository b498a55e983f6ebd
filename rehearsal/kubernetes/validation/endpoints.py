"""Endpoints and EndpointSlices.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/discovery/validation/validation.go and
``ValidateEndpoints`` of https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-endpoints

from __future__ import annotations

from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import addresses, formats
from rehearsal.kubernetes.validation.containers import PROTOCOLS
from rehearsal.kubernetes.validation.fields import (
    Errors,
    duplicate,
    each,
    invalid,
    one_of,
    required,
    too_many,
    unchanged,
)
from rehearsal.kubernetes.validation.metadata import optional_name
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, strings, text

_KINDS: Final = ("FQDN", "IPv4", "IPv6")


def endpoints(body: Object, release: Release) -> Errors:
    """An Endpoints object."""
    for where, subset in indexed(body, "subsets", ""):
        where = where.removeprefix(".")
        if not entries(subset, "addresses") and not entries(subset, "notReadyAddresses"):
            yield required(where, "must specify `addresses` or `notReadyAddresses`")
        for field in ("addresses", "notReadyAddresses"):
            for path, address in indexed(subset, field, where):
                ip = text(address, "ip")
                yield from each(f"{path}.ip", ip, addresses.ip_problems(ip, release.minor))
                yield from optional_name(address, "hostname", path, formats.label)
                yield from optional_name(address, "nodeName", path, formats.subdomain)
                yield from each(f"{path}.ip", ip, addresses.endpoint_problems(ip))
        for path, port in indexed(subset, "ports", where):
            if not text(port, "name") and len(entries(subset, "ports")) > 1:
                yield required(f"{path}.name")
            yield from optional_name(port, "name", path, formats.label)
            value = number(port, "port") or 0
            yield from each(f"{path}.port", value, formats.port_number(value))
            yield from one_of(f"{path}.protocol", text(port, "protocol", "TCP"), PROTOCOLS)


def endpoint_slice(body: Object, release: Release) -> Errors:
    """An EndpointSlice."""
    kind = text(body, "addressType")
    if not kind:
        yield required("addressType")
    else:
        yield from one_of("addressType", kind, _KINDS)
    yield from _ports(body)
    found = entries(body, "endpoints")
    if len(found) > 1000:
        yield too_many("endpoints", len(found), 1000)
    for index, endpoint in enumerate(found):
        yield from _endpoint(endpoint, f"endpoints[{index}]", kind, release)


def _ports(body: Object) -> Errors:
    names: set[str] = set()
    for index, port in enumerate(entries(body, "ports")):
        where, name = f"ports[{index}]", text(port, "name")
        yield from optional_name(port, "name", where, formats.label)
        if name in names:
            yield duplicate(f"{where}.name", name)
        names.add(name)
        yield from one_of(f"{where}.protocol", text(port, "protocol", "TCP"), PROTOCOLS)
        if has(port, "appProtocol"):
            protocol = text(port, "appProtocol")
            yield from each(f"{where}.appProtocol", protocol, formats.qualified_name(protocol))


def _endpoint(endpoint: Object, path: str, kind: str, release: Release) -> Errors:
    found = strings(endpoint, "addresses")
    if not found:
        yield required(f"{path}.addresses", "must contain at least 1 address")
    elif len(found) > 100:
        yield too_many(f"{path}.addresses", len(found), 100)
    for index, address in enumerate(found):
        yield from _address(address, f"{path}.addresses", index, kind, release)
    yield from optional_name(endpoint, "nodeName", path, formats.subdomain)
    yield from optional_name(endpoint, "hostname", path, formats.label)
    zones = [text(zone, "name") for zone in entries(mapping(endpoint, "hints"), "forZones")]
    if len(zones) > 8:
        yield too_many(f"{path}.hints.forZones", len(zones), 8)
    for index, zone in enumerate(zones):
        where = f"{path}.hints.forZones[{index}].name"
        if zone in zones[:index]:
            yield duplicate(where, zone)
        yield from each(where, zone, formats.label_value(zone))


def _address(address: str, path: str, index: int, kind: str, release: Release) -> Errors:
    where = f"{path}[{index}]"
    if kind not in ("IPv4", "IPv6"):
        return
    # IPv6 has always been strict in slices.
    problems = addresses.ip_problems(address, release.minor if kind == "IPv4" else addresses.STRICT_SINCE)
    if problems:
        yield from each(where, address, problems)
        return
    parsed: Any = addresses.ip(address)
    if kind != f"IPv{parsed.version}":
        yield invalid(path, address, f"must be an {kind} address")
    yield from each(where, address, addresses.endpoint_problems(address))


def endpoint_slice_unchanged(body: Object, old: Object) -> Errors:
    """The type of addresses never changes."""
    yield from unchanged("addressType", body.get("addressType"), old.get("addressType"))
