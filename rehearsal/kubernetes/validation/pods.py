"""Pods, and the templates of pods in workloads.

``ValidatePodSpec`` and ``ValidatePodUpdate`` of
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go. Pods of Windows
are checked as pods of Linux.
"""

# belief: K8S-pods

from __future__ import annotations

import copy
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import addresses, compute, formats, metadata, security
from rehearsal.kubernetes.validation.containers import Surroundings, containers
from rehearsal.kubernetes.validation.fields import (
    Errors,
    duplicate,
    each,
    forbidden,
    invalid,
    one_of,
    required,
)
from rehearsal.kubernetes.validation.metadata import optional_name
from rehearsal.kubernetes.validation.placement import affinity, spread, tolerations
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, strings, text
from rehearsal.kubernetes.validation.volumes import Volumes, volumes

_RESTARTS = ("Always", "OnFailure", "Never")
_DNS = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_UPDATABLE: Final = (
    "`spec.containers[*].image`",
    "`spec.initContainers[*].image`",
    "`spec.activeDeadlineSeconds`",
    "`spec.tolerations` (only additions to existing tolerations)",
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
)


def pod_spec(pod: Object, path: str, release: Release) -> Errors:
    """The specification of a pod or of a template."""
    valid: Volumes = {}
    yield from volumes(pod, path, valid)
    grace = number(pod, "terminationGracePeriodSeconds")
    restart = text(pod, "restartPolicy", "Always")
    host_users = pod.get("hostUsers") is not False
    around = Surroundings(release, valid, 30 if grace is None else grace, restart, host_users)
    yield from containers(pod, path, around)
    if release.pod_resources and has(pod, "resources"):
        yield from compute.requirements_of(pod, path)
    yield from _host_network(pod, path)
    yield from one_of(f"{path}.restartPolicy", restart, _RESTARTS)
    yield from one_of(f"{path}.dnsPolicy", text(pod, "dnsPolicy", "ClusterFirst"), _DNS)
    yield from metadata.labels(pod.get("nodeSelector"), f"{path}.nodeSelector")
    yield from security.of_pod(pod, path)
    yield from affinity(pod, path)
    yield from _dns(pod, path, release)
    for where, gate in indexed(pod, "readinessGates", path):
        kind = text(gate, "conditionType")
        yield from each(f"{where}.conditionType", kind, formats.qualified_name(kind))
    yield from _scheduling_gates(pod, path)
    yield from spread(pod, path)
    yield from _names(pod, path)
    yield from tolerations(pod, path)
    yield from _aliases(pod, path, release)
    yield from optional_name(pod, "priorityClassName", path, formats.subdomain)
    yield from optional_name(pod, "runtimeClassName", path, formats.subdomain)
    if has(pod, "preemptionPolicy"):
        policy = text(pod, "preemptionPolicy")
        yield from one_of(f"{path}.preemptionPolicy", policy, ("PreemptLowerPriority", "Never"))


def _host_network(pod: Object, path: str) -> Errors:
    if not pod.get("hostNetwork"):
        return
    for where, container in indexed(pod, "containers", path):
        for port_path, port in indexed(container, "ports", where):
            outside, inside = number(port, "hostPort") or 0, number(port, "containerPort") or 0
            if outside and outside != inside:
                words = "must match `containerPort` when `hostNetwork` is true"
                yield invalid(f"{port_path}.hostPort", outside, words)


def _dns(pod: Object, path: str, release: Release) -> Errors:
    path, settings = f"{path}.dnsConfig", mapping(pod, "dnsConfig")
    if text(pod, "dnsPolicy") == "None":
        if not has(pod, "dnsConfig"):
            yield required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
            return
        if not settings.get("nameservers"):
            words = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield required(f"{path}.nameservers", words)
            return
    servers, searches = strings(settings, "nameservers"), strings(settings, "searches")
    if len(servers) > 3:
        yield invalid(f"{path}.nameservers", servers, "must not have more than 3 nameservers")
    for index, server in enumerate(servers):
        problems = addresses.ip_problems(server, release.minor)
        yield from each(f"{path}.nameservers[{index}]", server, problems)
    if len(searches) > 32:
        yield invalid(f"{path}.searches", searches, "must not have more than 32 search paths")
    if len(" ".join(searches)) > 2048:
        words = "must not have more than 2048 characters (including spaces) in the search list"
        yield invalid(f"{path}.searches", searches, words)
    for index, search in enumerate(searches):
        if search == "." and release.relaxed_searches:
            continue
        name = search.removesuffix(".")
        format_of = formats.subdomain_with_underscores if release.relaxed_searches else formats.subdomain
        yield from each(f"{path}.searches[{index}]", name, format_of(name))
    for where, option in indexed(settings, "options", path):
        if not text(option, "name"):
            yield required(where, "must not be empty")


def _scheduling_gates(pod: Object, path: str) -> Errors:
    seen: set[str] = set()
    for where, gate in indexed(pod, "schedulingGates", path):
        name = text(gate, "name")
        yield from each(where, name, formats.qualified_name(name))
        if name in seen:
            yield duplicate(where, name)
        seen.add(name)


def _names(pod: Object, path: str) -> Errors:
    yield from optional_name(pod, "serviceAccountName", path, formats.subdomain)
    yield from optional_name(pod, "nodeName", path, formats.subdomain)
    deadline = number(pod, "activeDeadlineSeconds")
    if deadline is not None:
        problems = formats.in_range(deadline, 1, 2**31 - 1)
        yield from each(f"{path}.activeDeadlineSeconds", deadline, problems)
    yield from optional_name(pod, "hostname", path, formats.label)
    yield from optional_name(pod, "subdomain", path, formats.label)


def _aliases(pod: Object, path: str, release: Release) -> Errors:
    for where, alias in indexed(pod, "hostAliases", path):
        address = text(alias, "ip")
        yield from each(f"{where}.ip", address, addresses.ip_problems(address, release.minor))
        for index, name in enumerate(strings(alias, "hostnames")):
            yield from each(f"{where}.hostnames[{index}]", name, formats.subdomain(name))


def pod_template(template: Object, path: str, release: Release) -> Errors:
    """The template of a workload's pods."""
    of_pods = mapping(template, "metadata")
    yield from metadata.labels(of_pods.get("labels"), f"{path}.labels")
    yield from metadata.annotated(of_pods.get("annotations"), f"{path}.annotations")
    yield from pod_spec(mapping(template, "spec"), f"{path}.spec", release)
    if entries(mapping(template, "spec"), "ephemeralContainers"):
        words = "ephemeral containers not allowed in pod template"
        yield forbidden(f"{path}.spec.ephemeralContainers", words)


def created(pod: Object, release: Release) -> Errors:
    """A new pod."""
    spec = mapping(pod, "spec")
    yield from metadata.created(pod, formats.subdomain)
    yield from _own(spec, release)
    if entries(spec, "ephemeralContainers"):
        yield forbidden("spec.ephemeralContainers", "cannot be set on create")
    if text(spec, "nodeName") and entries(spec, "schedulingGates"):
        yield forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")


def _own(spec: Object, release: Release) -> Errors:
    yield from pod_spec(spec, "spec", release)
    for field in ("containers", "initContainers"):
        for where, container in indexed(spec, field, "spec"):
            image = text(container, "image")
            if image != image.strip():
                yield invalid(f"{where}.image", image, "must not have leading or trailing whitespace")


def updated(pod: Object, old: Object, release: Release) -> Errors:
    """A change of a pod: only images, a shorter deadline and more tolerations are allowed."""
    spec, before = mapping(pod, "spec"), mapping(old, "spec")
    yield from metadata.updated(pod, old)
    yield from _own(spec, release)
    for field in ("containers", "initContainers"):
        if len(entries(spec, field)) != len(entries(before, field)):
            yield forbidden(f"spec.{field}", "pod updates may not add or remove containers")
            return
    yield from _deadline(spec, before)
    yield from _more_tolerations(spec, before)
    yield from _fewer_gates(spec, before)
    munged = copy.deepcopy(spec)
    for field in ("containers", "initContainers"):
        for new, known in zip(entries(munged, field), entries(before, field), strict=True):
            new["image"] = known.get("image")
    for field in ("activeDeadlineSeconds", "schedulingGates", "tolerations"):
        munged.pop(field, None)
        if field in before:
            munged[field] = before[field]
    if munged != before:
        words = f"pod updates may not change fields other than {','.join(_UPDATABLE)}"
        changed = sorted(key for key in {*munged, *before} if munged.get(key) != before.get(key))
        yield forbidden("spec", f"{words}\n(changed here: {', '.join(changed)})")


def _deadline(spec: Object, before: Object) -> Errors:
    field = "activeDeadlineSeconds"
    new, old = number(spec, field), number(before, field)
    if new is not None and old is not None and new > old:
        yield invalid(f"spec.{field}", new, "must be less than or equal to previous value")
    if new is None and old is not None:
        words = "must not update from a positive integer to nil value"
        yield invalid(f"spec.{field}", None, words)


def _fewer_gates(spec: Object, before: Object) -> Errors:
    known = {text(gate, "name") for gate in entries(before, "schedulingGates")}
    for where, gate in indexed(spec, "schedulingGates", "spec"):
        if (name := text(gate, "name")) not in known:
            words = f"only deletion is allowed, but found new scheduling gate '{name}'"
            yield forbidden(f"{where}.name", words)


def _more_tolerations(spec: Object, before: Object) -> Errors:
    def known(toleration: Object) -> Object:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    new = [known(toleration) for toleration in entries(spec, "tolerations")]
    for toleration in entries(before, "tolerations"):
        if known(toleration) not in new:
            words = "existing toleration can not be modified except its tolerationSeconds"
            yield forbidden("spec.tolerations", words)
