"""Services: their ports, types and addresses.

``validateService`` of https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-services

from __future__ import annotations

from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import addresses, formats, metadata
from rehearsal.kubernetes.validation.containers import PROTOCOLS
from rehearsal.kubernetes.validation.fields import (
    Errors,
    duplicate,
    each,
    forbidden,
    invalid,
    one_of,
    required,
)
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, strings, text

_TYPES: Final = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_EXTERNAL: Final = ("NodePort", "LoadBalancer")


def service(body: Object, old: Object | None, release: Release) -> Errors:
    """A Service; what the server fills in counts as valid when it is missing."""
    spec = mapping(body, "spec")
    kind = text(spec, "type", "ClusterIP")
    headless = _headless(spec)
    if not entries(spec, "ports") and not headless and kind != "ExternalName":
        yield required("spec.ports")
    if headless and kind in _EXTERNAL:
        words = f"may not be set to 'None' for {kind} services"
        yield invalid("spec.clusterIPs[0]", "None", words)
    if kind == "ExternalName":
        yield from _external_name(spec)
    names: set[str] = set()
    for where, port in indexed(spec, "ports", "spec"):
        yield from _port(port, where, names, needs_name=len(entries(spec, "ports")) > 1)
    yield from metadata.labels(spec.get("selector"), "spec.selector")
    yield from _affinity(spec)
    if kind != "ExternalName":
        yield from _families(spec)
        yield from _cluster_ips(spec, old, release)
    yield from _external_ips(spec, release)
    yield from one_of("spec.type", kind, _TYPES)
    yield from _node_ports(spec, kind)
    yield from _source_ranges(body, spec, kind, release)
    yield from _load_balancer(spec, kind)
    yield from _traffic(spec, kind)


def _headless(spec: Object) -> bool:
    """Whether the Service has no address of its own."""
    return text(spec, "clusterIP") == "None" or strings(spec, "clusterIPs") == ["None"]


def _external_name(spec: Object) -> Errors:
    for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(field) or (field == "clusterIPs" and spec.get("clusterIP")):
            yield forbidden(f"spec.{field}", "may not be set for ExternalName services")
    name = text(spec, "externalName").removesuffix(".")
    if not name:
        yield required("spec.externalName")
    else:
        yield from each("spec.externalName", name, formats.subdomain(name))


def _port(port: Object, path: str, names: set[str], *, needs_name: bool) -> Errors:
    name = text(port, "name")
    if name:
        yield from each(f"{path}.name", name, formats.label(name))
        if name in names:
            yield duplicate(f"{path}.name", name)
        names.add(name)
    elif needs_name:
        yield required(f"{path}.name")
    value = number(port, "port") or 0
    yield from each(f"{path}.port", value, formats.port_number(value))
    yield from one_of(f"{path}.protocol", text(port, "protocol", "TCP"), PROTOCOLS)
    target = port.get("targetPort") or value
    yield from each(f"{path}.targetPort", target, formats.port(target))
    if has(port, "appProtocol"):
        protocol = text(port, "appProtocol")
        yield from each(f"{path}.appProtocol", protocol, formats.qualified_name(protocol))


def _affinity(spec: Object) -> Errors:
    affinity = text(spec, "sessionAffinity", "None")
    yield from one_of("spec.sessionAffinity", affinity, ("ClientIP", "None"))
    if affinity == "ClientIP":
        seconds = number(mapping(spec, "sessionAffinityConfig", "clientIP"), "timeoutSeconds")
        if seconds is not None and not 0 < seconds <= 86400:
            where = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
            yield invalid(where, seconds, "must be greater than 0 and less than 86400")
    elif affinity == "None" and has(spec, "sessionAffinityConfig"):
        yield forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None")


def _families(spec: Object) -> Errors:
    families = strings(spec, "ipFamilies")
    for index, family in enumerate(families):
        yield from one_of(f"spec.ipFamilies[{index}]", family, ("IPv4", "IPv6"))
        if family in families[:index]:
            yield duplicate(f"spec.ipFamilies[{index}]", family)
    if has(spec, "ipFamilyPolicy"):
        policies = ("PreferDualStack", "RequireDualStack", "SingleStack")
        yield from one_of("spec.ipFamilyPolicy", text(spec, "ipFamilyPolicy"), policies)


def _cluster_ips(spec: Object, old: Object | None, release: Release) -> Errors:
    first, every = text(spec, "clusterIP"), strings(spec, "clusterIPs")
    if every and not first:
        yield invalid("spec.clusterIPs", every, "must be empty when `clusterIP` is not specified")
    elif every and every[0] != first:
        yield invalid("spec.clusterIPs", every, "first value must match `clusterIP`")
    every = every or ([first] if first else [])
    known = strings(mapping(old or {}, "spec"), "clusterIPs")
    valid = True
    for index, address in enumerate(every):
        if index == 0 and address == "None":
            if len(every) > 1:
                yield invalid("spec.clusterIPs", every, "'None' must be the first and only value")
            continue
        if address not in known:
            problems = addresses.ip_problems(address, release.minor)
            valid = valid and not problems
            yield from each(f"spec.clusterIPs[{index}]", address, problems)
    if len(every) > 2:
        yield invalid("spec.clusterIPs", every, "may only hold up to 2 values")
    if valid and len(every) > 1 and len({getattr(addresses.ip(a), "version", 0) for a in every}) < len(every):
        yield invalid("spec.clusterIPs", every, "may specify no more than one IP for each IP family")
    if valid and not _headless(spec):
        for index, (address, family) in enumerate(zip(every, strings(spec, "ipFamilies"), strict=False)):
            if family in ("IPv4", "IPv6") and family != f"IPv{getattr(addresses.ip(address), 'version', 4)}":
                words = f"expected an {family} value as indicated by `ipFamilies[{index}]`"
                yield invalid(f"spec.clusterIPs[{index}]", address, words)


def _external_ips(spec: Object, release: Release) -> Errors:
    for index, address in enumerate(strings(spec, "externalIPs")):
        where = f"spec.externalIPs[{index}]"
        problems = addresses.ip_problems(address, release.minor) or addresses.endpoint_problems(address)
        yield from each(where, address, problems)


def _node_ports(spec: Object, kind: str) -> Errors:
    ports = entries(spec, "ports")
    if kind == "ClusterIP":
        for index, port in enumerate(ports):
            if number(port, "nodePort"):
                words = "may not be used when `type` is 'ClusterIP'"
                yield forbidden(f"spec.ports[{index}].nodePort", words)
    taken: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        node_port = number(port, "nodePort")
        key = (text(port, "protocol", "TCP"), node_port or 0)
        if node_port and key in taken:
            yield duplicate(f"spec.ports[{index}].nodePort", node_port)
        taken.add(key)
    served: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        key = (text(port, "protocol", "TCP"), number(port, "port") or 0)
        if key in served:
            shown = {"Name": "", "Protocol": key[0], "AppProtocol": None, "Port": key[1]}
            yield duplicate(f"spec.ports[{index}]", shown | {"TargetPort": 0, "NodePort": 0})
        served.add(key)


def _source_ranges(body: Object, spec: Object, kind: str, release: Release) -> Errors:
    words = "may only be used when `type` is 'LoadBalancer'"
    ranges, path = strings(spec, "loadBalancerSourceRanges"), "spec.LoadBalancerSourceRanges"
    annotation = "service.beta.kubernetes.io/load-balancer-source-ranges"
    noted = mapping(body, "metadata", "annotations").get(annotation)
    if ranges:
        if kind != "LoadBalancer":
            yield forbidden(path, words)
        for index, block in enumerate(ranges):
            problems = addresses.cidr_problems(block.strip(), release.minor)
            yield from each(f"{path}[{index}]", block.strip(), problems)
    elif isinstance(noted, str):
        where = f"metadata.annotations[{annotation}]"
        if kind != "LoadBalancer":
            yield forbidden(where, words)
        for block in filter(None, (part.strip() for part in noted.split(","))):
            yield from each(where, block, addresses.cidr_problems(block, release.minor))


def _load_balancer(spec: Object, kind: str) -> Errors:
    if kind != "LoadBalancer":
        for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
            if has(spec, field):
                yield forbidden(f"spec.{field}", "may only be used when `type` is 'LoadBalancer'")
    elif has(spec, "loadBalancerClass"):
        name = text(spec, "loadBalancerClass")
        yield from each("spec.loadBalancerClass", name, formats.qualified_name(name))


def _traffic(spec: Object, kind: str) -> Errors:
    policy = text(spec, "externalTrafficPolicy")
    reachable = kind in _EXTERNAL or (kind == "ClusterIP" and strings(spec, "externalIPs"))
    if policy and not reachable:
        words = "may only be set for externally-accessible services"
        yield invalid("spec.externalTrafficPolicy", policy, words)
    elif policy:
        yield from one_of("spec.externalTrafficPolicy", policy, ("Cluster", "Local"))
    check = number(spec, "healthCheckNodePort")
    if check and not (kind == "LoadBalancer" and policy == "Local"):
        words = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        yield invalid("spec.healthCheckNodePort", check, words)
    elif check:
        yield from each("spec.healthCheckNodePort", check, formats.port_number(check))
    if has(spec, "internalTrafficPolicy"):
        inside = text(spec, "internalTrafficPolicy")
        yield from one_of("spec.internalTrafficPolicy", inside, ("Cluster", "Local"))
    if has(spec, "trafficDistribution"):
        allowed = ("PreferClose", "PreferSameZone", "PreferSameNode")
        yield from one_of("spec.trafficDistribution", text(spec, "trafficDistribution"), allowed)


def service_unchanged(body: Object, old: Object) -> Errors:
    """An address and a load balancer's class, once set, stay."""
    new, before = mapping(body, "spec"), mapping(old, "spec")
    kinds = (text(new, "type", "ClusterIP"), text(before, "type", "ClusterIP"))
    if "ExternalName" not in kinds:
        wanted = strings(new, "clusterIPs") or [a for a in [text(new, "clusterIP")] if a]
        known = strings(before, "clusterIPs") or [a for a in [text(before, "clusterIP")] if a]
        for index, address in enumerate(known):
            if len(wanted) == len(known) and wanted[index] != address:
                yield invalid(f"spec.clusterIPs[{index}]", wanted, "may not change once set")
        if known and wanted and len(wanted) != len(known) and wanted[0] != known[0]:
            yield invalid("spec.clusterIPs[0]", wanted, "may not change once set")
        if known and not wanted:
            yield invalid("spec.clusterIPs[0]", None, "primary clusterIP can not be unset")
    changed = new.get("loadBalancerClass") != before.get("loadBalancerClass")
    if kinds == ("LoadBalancer", "LoadBalancer") and changed:
        yield invalid("spec.loadBalancerClass", new.get("loadBalancerClass"), "may not change once set")
