"""The metadata that all objects have in common.

Rules and limits: https://github.com/kubernetes/apimachinery/blob/master/pkg/api/validation/objectmeta.go.
"""

# belief: K8S-metadata

from __future__ import annotations

from typing import Any, Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.fields import (
    Errors,
    each,
    forbidden,
    invalid,
    required,
    too_long,
)
from rehearsal.kubernetes.validation.formats import Format
from rehearsal.kubernetes.validation.values import entries, mapping, string_map, strings, text

ANNOTATIONS_LIMIT: Final = 256 * 1024
"""Bytes that the keys and values of all annotations of an object may have together."""


def created(body: Object, name_format: Format, *, loose: bool = False) -> Errors:
    """The mistakes in the metadata of a new object, whose name has been generated already.

    Args:
        loose: Finalizers need no domain.
    """
    metadata = mapping(body, "metadata")
    prefix, name = text(metadata, "generateName"), text(metadata, "name")
    if prefix:
        yield from each("metadata.generateName", prefix, name_format(_as_prefix(prefix)))
    if not name:
        yield required("metadata.name", "name or generateName is required")
    else:
        yield from each("metadata.name", name, name_format(name))
    yield from _common(metadata)
    yield from _finalizers(metadata)
    if not loose:
        yield from _domains(metadata)


def updated(body: Object, old: Object, *, loose: bool = False) -> Errors:
    """The mistakes in the metadata of an object that replaces another.

    Args:
        loose: Finalizers need no domain.
    """
    metadata, before = mapping(body, "metadata"), mapping(old, "metadata")
    if before.get("deletionTimestamp"):
        known = strings(before, "finalizers")
        if new := sorted({name for name in strings(metadata, "finalizers") if name not in known}):
            shown = ", ".join(f'"{name}"' for name in new)
            yield forbidden(
                "metadata.finalizers",
                "no new finalizers can be added if the object is being deleted, found new finalizers "
                f"[]string{{{shown}}}",
            )
    yield from _common(metadata)
    if not loose:
        yield from _domains(metadata)


def _common(metadata: Object) -> Errors:
    yield from labels(metadata.get("labels"), "metadata.labels")
    yield from annotated(metadata.get("annotations"), "metadata.annotations")
    yield from _owners(metadata)


def _as_prefix(prefix: str) -> str:
    """The prefix of a name, with a last hyphen replaced: what is appended makes that valid."""
    return f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix


def labels(found: Any, path: str) -> Errors:
    """Labels, or anything else of keys and values in their format, such as a nodeSelector."""
    for key, value in string_map({"": found}, "").items():
        yield from each(path, key, formats.qualified_name(key))
        yield from each(path, value, formats.label_value(value))


def annotated(found: Any, path: str) -> Errors:
    """Annotations: keys in any case, and a limit for all of them together."""
    pairs = string_map({"": found}, "")
    for key in pairs:
        yield from each(path, key, formats.qualified_name(key.lower()))
    if sum(len(key.encode()) + len(value.encode()) for key, value in pairs.items()) > ANNOTATIONS_LIMIT:
        yield too_long(path, ANNOTATIONS_LIMIT)


def _owners(metadata: Object) -> Errors:
    path, controller = "metadata.ownerReferences", ""
    references = entries(metadata, "ownerReferences")
    for reference in references:
        yield from _owner(reference, path)
        if reference.get("controller") is not True:
            continue
        current = f"{text(reference, 'kind')}/{text(reference, 'name')}"
        if controller:
            yield invalid(
                path,
                [_reference(each_reference) for each_reference in references],
                'Only one reference can have Controller set to true. Found "true" in references for '
                f"{controller} and {current}",
            )
        else:
            controller = current


def _owner(reference: Object, path: str) -> Errors:
    version, kind = text(reference, "apiVersion"), text(reference, "kind")
    if not version:
        yield invalid(f"{path}.apiVersion", version, "version must not be empty")
    if not kind:
        yield invalid(f"{path}.kind", kind, "must not be empty")
    for field in ("name", "uid"):
        if not text(reference, field):
            yield invalid(f"{path}.{field}", "", "must not be empty")
    if (version, kind) == ("v1", "Event"):
        words = "/v1, Kind=Event is disallowed from being an owner"
        yield invalid(path, _reference(reference), words)


def _reference(reference: Object) -> Object:
    """The reference with its fields in the order of the server's type."""
    shown: Object = {field: text(reference, field) for field in ("apiVersion", "kind", "name", "uid")}
    for field in ("controller", "blockOwnerDeletion"):
        if field in reference:
            shown[field] = reference[field]
    return shown


def _finalizers(metadata: Object) -> Errors:
    names = strings(metadata, "finalizers")
    for name in names:
        yield from each("metadata.finalizers", name, formats.qualified_name(name))
    if "orphan" in names and "foregroundDeletion" in names:
        words = "finalizer orphan and foregroundDeletion cannot be both set"
        yield invalid("metadata.finalizers", names, words)


def _domains(metadata: Object) -> Errors:
    """Finalizers that are not Kubernetes' own have the domain of whoever handles them."""
    for index, name in enumerate(strings(metadata, "finalizers")):
        if "/" not in name and name not in ("kubernetes", "orphan", "foregroundDeletion"):
            words = "name is neither a standard finalizer name nor is it fully qualified"
            yield invalid(f"metadata.finalizers[{index}]", name, words)


def optional_name(parent: Object, field: str, path: str, name_format: Format) -> Errors:
    """A name that must be valid where it is given."""
    if value := text(parent, field):
        yield from each(f"{path}.{field}", value, name_format(value))


def needed(parent: Object, path: str, *fields: str) -> Errors:
    """Texts that must not be empty."""
    for field in fields:
        if not text(parent, field):
            yield required(f"{path}.{field}" if path else field)


def needed_name(parent: Object, field: str, path: str, name_format: Format) -> Errors:
    """A name that must be there and valid."""
    value = text(parent, field)
    if not value:
        yield required(f"{path}.{field}")
    else:
        yield from each(f"{path}.{field}", value, name_format(value))
