"""Ingresses and their classes.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/networking/validation/validation.go.
"""

# belief: K8S-ingresses

from __future__ import annotations

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import addresses, formats
from rehearsal.kubernetes.validation.fields import (
    Errors,
    each,
    invalid,
    one_of,
    required,
    too_long,
    unchanged,
)
from rehearsal.kubernetes.validation.jobs import domain_prefixed_path
from rehearsal.kubernetes.validation.metadata import needed_name, optional_name
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, strings, text

_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_CLASS = "kubernetes.io/ingress.class"


def ingress(body: Object, release: Release, *, new: bool = True) -> Errors:
    """An Ingress.

    Args:
        new: It is created, so the annotation of its class is checked, too.
    """
    spec = mapping(body, "spec")
    if not entries(spec, "rules") and not has(spec, "defaultBackend"):
        words = "either `defaultBackend` or `rules` must be specified"
        yield invalid("spec", spec.get("rules"), words)
    if has(spec, "defaultBackend"):
        yield from _backend(mapping(spec, "defaultBackend"), "spec.defaultBackend", release)
    for where, rule in indexed(spec, "rules", "spec"):
        yield from _rule(rule, where, release)
    for where, tls in indexed(spec, "tls", "spec"):
        for index, host in enumerate(strings(tls, "hosts")):
            yield from each(f"{where}.hosts[{index}]", host, _host(host))
        yield from optional_name(tls, "secretName", where, formats.subdomain)
    yield from optional_name(spec, "ingressClassName", "spec", formats.subdomain)
    annotated = mapping(body, "metadata", "annotations").get(_CLASS)
    named = spec.get("ingressClassName")
    if new and annotated is not None and named is not None and annotated != named:
        words = "must match `ingressClassName` when both are specified"
        yield invalid(f"annotations.{_CLASS}", annotated, words)


def _host(host: str) -> formats.Problems:
    return formats.wildcard(host) if "*" in host else formats.subdomain(host)


def _rule(rule: Object, path: str, release: Release) -> Errors:
    if host := text(rule, "host"):
        if addresses.ip(host) is not None:
            yield invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
        yield from each(f"{path}.host", host, _host(host))
    if not has(rule, "http"):
        return
    http, path = mapping(rule, "http"), f"{path}.http"
    if not entries(http, "paths"):
        yield required(f"{path}.paths")
    for where, found in indexed(http, "paths", path):
        yield from _path(found, where, release)


def _path(found: Object, path: str, release: Release) -> Errors:
    if not has(found, "pathType"):
        yield required(f"{path}.pathType", "pathType must be specified")
        return
    kind, value = text(found, "pathType"), text(found, "path")
    yield from one_of(f"{path}.pathType", kind, _TYPES)
    strict = kind in ("Exact", "Prefix")
    if (strict or (kind == "ImplementationSpecific" and value)) and not value.startswith("/"):
        yield invalid(f"{path}.path", value, "must be an absolute path")
    if strict:
        for part in ("//", "/./", "/../", "%2f", "%2F"):
            if part in value:
                yield invalid(f"{path}.path", value, f"must not contain '{part}'")
        for end in ("/..", "/."):
            if value.endswith(end):
                yield invalid(f"{path}.path", value, f"cannot end with '{end}'")
    if kind in _TYPES:
        yield from _backend(mapping(found, "backend"), f"{path}.backend", release)


def _backend(backend: Object, path: str, release: Release) -> Errors:
    if has(backend, "resource") and has(backend, "service"):
        yield invalid(path, "", "cannot set both resource and service backends")
    elif has(backend, "resource"):
        reference, where = mapping(backend, "resource"), f"{path}.resource"
        yield from optional_name(reference, "apiGroup", where, formats.subdomain)
        yield from needed_name(reference, "kind", where, formats.path_segment)
        yield from needed_name(reference, "name", where, formats.path_segment)
    elif has(backend, "service"):
        name_format = formats.label if release.relaxed_services else formats.service_label
        yield from needed_name(mapping(backend, "service"), "name", f"{path}.service", name_format)
        yield from _port(mapping(backend, "service", "port"), path)
    else:
        yield invalid(path, "", "resource or service backend is required")


def _port(port: Object, path: str) -> Errors:
    name, value = text(port, "name"), number(port, "number") or 0
    if name and value:
        yield invalid(path, "", "cannot set both port name & port number")
    elif name:
        yield from each(f"{path}.service.port.name", name, formats.port_name(name))
    elif value:
        yield from each(f"{path}.service.port.number", value, formats.port_number(value))
    else:
        yield required(path, "port name or number is required")


def ingress_class(body: Object) -> Errors:
    """An IngressClass."""
    controller = text(mapping(body, "spec"), "controller")
    if len(controller) > 250:
        yield too_long("spec.controller", 250)
    yield from domain_prefixed_path(controller, "spec.controller")


def ingress_class_unchanged(body: Object, old: Object) -> Errors:
    """The controller of a class never changes."""
    new, before = mapping(body, "spec").get("controller"), mapping(old, "spec").get("controller")
    yield from unchanged("spec.controller", new, before)
