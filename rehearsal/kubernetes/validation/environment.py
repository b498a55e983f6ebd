"""The environment of containers.

``ValidateEnv`` and ``ValidateEnvFrom`` of
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-containers

from __future__ import annotations

import re
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.fields import Errors, each, invalid, required, unsupported
from rehearsal.kubernetes.validation.metadata import needed, needed_name
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, text

VARIABLE_FIELDS: Final = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
"""The fields of a pod that a variable may have."""
VOLUME_FIELDS: Final = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
"""The fields of a pod that a file of a volume may have."""

_CONVERTED = (
    *VARIABLE_FIELDS,
    "metadata.annotations",
    "metadata.labels",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
    "spec.hostname",
)
_RESOURCES = tuple(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
_SUBSCRIPT = re.compile(r"(?P<path>[^\[\]]+)\['(?P<key>.*)'\]")


def environment(container: Object, path: str, release: Release) -> Errors:
    """The variables of a container."""
    for where, variable in indexed(container, "env", path):
        name = text(variable, "name")
        if not name:
            yield required(f"{where}.name")
        else:
            problems = formats.variable_name(name, relaxed=release.relaxed_variables)
            yield from each(f"{where}.name", name, problems)
        if has(variable, "valueFrom"):
            yield from _origin(variable, f"{where}.valueFrom", release)
    yield from _imports(container, path, release)


def _origin(variable: Object, path: str, release: Release) -> Errors:
    origin = mapping(variable, "valueFrom")
    given = [source for source in _SOURCES if has(origin, source)]
    if "fieldRef" in given:
        yield from pod_field(mapping(origin, "fieldRef"), f"{path}.fieldRef", VARIABLE_FIELDS)
    if "resourceFieldRef" in given:
        yield from resource_field(mapping(origin, "resourceFieldRef"), f"{path}.resourceFieldRef")
    for source in ("configMapKeyRef", "secretKeyRef"):
        if source in given:
            reference, where = mapping(origin, source), f"{path}.{source}"
            yield from each(
                f"{where}.name", text(reference, "name"), formats.subdomain(text(reference, "name"))
            )
            yield from needed_name(reference, "key", where, formats.config_key)
    if not given:
        known = [f"`{source}`" for source in (_SOURCES if release.variables_from_files else _SOURCES[:-1])]
        yield invalid(path, "", f"must specify one of: {', '.join(known[:-1])} or {known[-1]}")
    elif text(variable, "value"):
        yield invalid(path, "", "may not be specified when `value` is not empty")
    elif len(given) > 1:
        yield invalid(path, "", "may not have more than one field specified at a time")


def pod_field(reference: Object, path: str, allowed: tuple[str, ...]) -> Errors:
    """A reference to a field of the pod."""
    version, field = text(reference, "apiVersion", "v1"), text(reference, "fieldPath")
    if not field:
        yield required(f"{path}.fieldPath")
        return
    if version != "v1":
        words = f"error converting fieldPath: unsupported pod version: {version}"
        yield invalid(f"{path}.fieldPath", field, words)
        return
    subscript = _SUBSCRIPT.fullmatch(field)
    if subscript and subscript["path"] in ("metadata.annotations", "metadata.labels"):
        key = subscript["key"].lower() if subscript["path"].endswith("annotations") else subscript["key"]
        yield from each(path, key, formats.qualified_name(key))
    elif subscript or field not in _CONVERTED:
        words = f"error converting fieldPath: field label not supported: {field}"
        yield invalid(f"{path}.fieldPath", field, words)
    elif field not in allowed:
        yield unsupported(f"{path}.fieldPath", field, allowed)


def resource_field(reference: Object, path: str, *, names_container: bool = False) -> Errors:
    """A reference to a request or limit of a container."""
    resource = text(reference, "resource")
    if names_container and not text(reference, "containerName"):
        yield required(f"{path}.containerName")
    elif not resource:
        yield required(f"{path}.resource")
    elif resource not in _RESOURCES and not resource.startswith(("limits.hugepages-", "requests.hugepages-")):
        yield unsupported(f"{path}.resource", resource, _RESOURCES)


def _imports(container: Object, path: str, release: Release) -> Errors:
    for where, source in indexed(container, "envFrom", path):
        if prefix := text(source, "prefix"):
            problems = formats.variable_name(prefix, relaxed=release.relaxed_variables)
            yield from each(f"{where}.prefix", prefix, problems)
        given = [field for field in ("configMapRef", "secretRef") if has(source, field)]
        for field in given:
            yield from needed_name(mapping(source, field), "name", f"{where}.{field}", _prefix_of_subdomain)
        if not given:
            yield invalid(f"{path}.envFrom", "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(given) > 1:
            yield invalid(f"{path}.envFrom", "", "may not have more than one field specified at a time")


def _prefix_of_subdomain(name: str) -> formats.Problems:
    """The server checks these names as if something were appended to them."""
    return formats.subdomain(f"{name[:-2]}a" if len(name) > 1 and name.endswith("-") else name)


def files(volume: Object, inside: str) -> Errors:
    """The files of a volume of the downward API; the server names the volume, not the file (``inside``)."""
    for file in entries(volume, "items"):
        yield from needed(file, inside, "path")
        yield from each(f"{inside}.path", text(file, "path"), formats.local_path(text(file, "path")))
        if has(file, "fieldRef"):
            yield from pod_field(mapping(file, "fieldRef"), f"{inside}.fieldRef", VOLUME_FIELDS)
            if has(file, "resourceFieldRef"):
                words = "fieldRef and resourceFieldRef can not be specified simultaneously"
                yield invalid(inside, "resource", words)
        elif has(file, "resourceFieldRef"):
            reference = mapping(file, "resourceFieldRef")
            yield from resource_field(reference, f"{inside}.resourceFieldRef", names_container=True)
        else:
            yield required(inside, "one of fieldRef and resourceFieldRef is required")
