"""Configurations of admission webhooks, and the shape of admission policies.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/admissionregistration/validation/validation.go.
Expressions in CEL are not read.
"""

# belief: K8S-webhook-objects

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.fields import (
    Errors,
    duplicate,
    each,
    invalid,
    one_of,
    required,
    unsupported,
)
from rehearsal.kubernetes.validation.selectors import label_selector
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, strings, text

_OPERATIONS: Final = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_NO_SIDE_EFFECTS: Final = ("None", "NoneOnDryRun")
_FORM: Final = "; desired format: https://host[/path]"


def configuration(body: Object, *, mutating: bool) -> Errors:
    """A configuration of webhooks."""
    names: set[str] = set()
    for index, hook in enumerate(entries(body, "webhooks")):
        where = f"webhooks[{index}]"
        yield from _hook(hook, where, mutating=mutating)
        yield from _versions(hook, f"{where}.admissionReviewVersions")
        name = text(hook, "name")
        if name and name in names:
            yield duplicate(f"{where}.name", name)
        names.add(name)


def _hook(hook: Object, path: str, *, mutating: bool) -> Errors:
    yield from _name(text(hook, "name"), f"{path}.name")
    for where, rule in indexed(hook, "rules", path):
        yield from _rule(rule, where)
    yield from one_of(f"{path}.failurePolicy", text(hook, "failurePolicy", "Fail"), ("Fail", "Ignore"))
    match_policy = text(hook, "matchPolicy", "Equivalent")
    yield from one_of(f"{path}.matchPolicy", match_policy, ("Equivalent", "Exact"))
    if not has(hook, "sideEffects"):
        words = f"must specify one of {', '.join(_NO_SIDE_EFFECTS)}"
        yield required(f"{path}.sideEffects", words)
    else:
        yield from one_of(f"{path}.sideEffects", text(hook, "sideEffects"), _NO_SIDE_EFFECTS)
    seconds = number(hook, "timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= 30:
        words = "the timeout value must be between 1 and 30 seconds"
        yield invalid(f"{path}.timeoutSeconds", seconds, words)
    for field in ("namespaceSelector", "objectSelector"):
        yield from label_selector(hook.get(field), f"{path}.{field}")
    if mutating:
        policy = text(hook, "reinvocationPolicy", "Never")
        yield from one_of(f"{path}.reinvocationPolicy", policy, ("IfNeeded", "Never"))
    yield from _client(mapping(hook, "clientConfig"), f"{path}.clientConfig")


def _name(name: str, path: str) -> Errors:
    """A webhook has the name of a domain of at least three parts."""
    if not name:
        yield required(path)
    elif problems := formats.subdomain(name):
        yield invalid(path, name, ",".join(problems))
    elif name.count(".") < 2:
        yield invalid(path, name, "should be a domain with at least three segments separated by dots")


def _rule(rule: Object, path: str) -> Errors:
    operations = strings(rule, "operations")
    if not operations:
        yield required(f"{path}.operations")
    if len(operations) > 1 and "*" in operations:
        words = "if '*' is present, must not specify other operations"
        yield invalid(f"{path}.operations", operations, words)
    for index, operation in enumerate(operations):
        yield from one_of(f"{path}.operations[{index}]", operation, _OPERATIONS)
    for field, words in (("apiGroups", "API groups"), ("apiVersions", "API versions")):
        found = strings(rule, field)
        if not found:
            yield required(f"{path}.{field}")
        if len(found) > 1 and "*" in found:
            yield invalid(f"{path}.{field}", found, f"if '*' is present, must not specify other {words}")
    for index, version in enumerate(strings(rule, "apiVersions")):
        if not version:
            yield required(f"{path}.apiVersions[{index}]")
    yield from _resources(strings(rule, "resources"), f"{path}.resources")
    if has(rule, "scope"):
        yield from one_of(f"{path}.scope", text(rule, "scope"), ("*", "Cluster", "Namespaced"))


def _resources(found: list[str], path: str) -> Errors:
    if not found:
        yield required(path)
    every_part: set[str] = set()
    of_every: set[str] = set()
    for index, name in enumerate(found):
        if not name:
            yield required(f"{path}[{index}]")
            continue
        resource, slash, part = name.partition("/")
        if not slash:
            continue
        if resource in every_part:
            words = f"if '{resource}/*' is present, must not specify {name}"
            yield invalid(f"{path}[{index}]", name, words)
        if part in of_every:
            yield invalid(f"{path}[{index}]", name, f"if '*/{part}' is present, must not specify {name}")
        if part == "*":
            every_part.add(resource)
        if resource == "*":
            of_every.add(part)
    if len(found) > 1 and "*/*" in found:
        yield invalid(path, found, "if '*/*' is present, must not specify other resources")
    plain = [name for name in found if "/" not in name]
    if "*" in plain and plain[-1] != "*":
        words = "if '*' is present, must not specify other resources without subresources"
        yield invalid(path, found, words)


def _client(client: Object, path: str) -> Errors:
    if has(client, "url") == has(client, "service"):
        yield required(path, "exactly one of url or service is required")
    elif has(client, "url"):
        yield from _url(text(client, "url"), f"{path}.url")
    else:
        service, where = mapping(client, "service"), f"{path}.service"
        for field in ("name", "namespace"):
            if not text(service, field):
                # The server has the two the wrong way round.
                yield required(f"{where}.{'namespace' if field == 'name' else 'name'}")
        port = number(service, "port")
        if port is not None and (problems := formats.port_number(port)):
            yield invalid(f"{where}.port", port, f"port is not valid: {', '.join(problems)}")
        yield from _path(text(service, "path"), f"{where}.path")


def _url(url: str, path: str) -> Errors:
    parts = urlsplit(url)
    if parts.scheme != "https":
        yield invalid(path, parts.scheme, f"'https' is the only allowed URL scheme{_FORM}")
    if not parts.netloc:
        yield invalid(path, "", f"host must be specified{_FORM}")
    if "@" in parts.netloc:
        user = parts.netloc.rpartition("@")[0]
        yield invalid(path, user, "user information is not permitted in the URL")
    if parts.fragment:
        yield invalid(path, parts.fragment, "fragments are not permitted in the URL")
    if parts.query:
        yield invalid(path, parts.query, "query parameters are not permitted in the URL")


def _path(found: str, path: str) -> Errors:
    if found in ("", "/"):
        return
    if found == "//":
        yield invalid(path, found, "segment[0] may not be empty")
        return
    if not found.startswith("/"):
        yield invalid(path, found, "must start with a '/'")
    for index, step in enumerate(found[1:].removesuffix("/").split("/")):
        if not step:
            yield invalid(path, found, f"segment[{index}] may not be empty")
        else:
            yield from each(path, found, [f"segment[{index}]: {p}" for p in formats.subdomain(step)])


def _versions(hook: Object, path: str) -> Errors:
    versions = strings(hook, "admissionReviewVersions")
    if not versions:
        yield required(path, "must specify one of v1, v1beta1")
        return
    for index, version in enumerate(versions):
        if version in versions[:index]:
            yield invalid(f"{path}[{index}]", version, "duplicate version")
        else:
            yield from each(f"{path}[{index}]", version, formats.service_label(version))
    if not {"v1", "v1beta1"} & set(versions):
        yield invalid(path, versions, "must include at least one of v1, v1beta1")


def admission_policy(body: Object) -> Errors:
    """The shape of a ValidatingAdmissionPolicy."""
    spec = mapping(body, "spec")
    policy = text(spec, "failurePolicy", "Fail")
    yield from one_of("spec.failurePolicy", policy, ("Fail", "Ignore"))
    if not has(spec, "matchConstraints"):
        yield required("spec.matchConstraints")
    elif not entries(mapping(spec, "matchConstraints"), "resourceRules"):
        yield required("spec.matchConstraints.resourceRules")
    if not entries(spec, "validations") and not entries(spec, "auditAnnotations"):
        words = "validations or auditAnnotations must contain at least one item"
        yield required("spec.validations", words)
        yield required("spec.auditAnnotations", words)
    for where, rule in indexed(spec, "validations", "spec"):
        if not text(rule, "expression").strip():
            yield required(f"{where}.expression", "expression is not specified")


def admission_policy_binding(body: Object) -> Errors:
    """The shape of a ValidatingAdmissionPolicyBinding."""
    spec = mapping(body, "spec")
    if not text(spec, "policyName"):
        yield required("spec.policyName")
    actions, allowed = strings(spec, "validationActions"), ("Audit", "Deny", "Warn")
    if not actions:
        yield required("spec.validationActions")
    for index, action in enumerate(actions):
        if action not in allowed:
            yield unsupported(f"spec.validationActions[{index}]", action, allowed)
