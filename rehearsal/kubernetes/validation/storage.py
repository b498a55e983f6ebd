"""Claims, volumes and classes of storage.

``ValidatePersistentVolumeClaim`` of https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go
and https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/storage/validation/validation.go.
"""

# belief: K8S-storage

from __future__ import annotations

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats, quantities
from rehearsal.kubernetes.validation.compute import amount
from rehearsal.kubernetes.validation.fields import (
    Errors,
    each,
    forbidden,
    invalid,
    one_of,
    required,
    too_long,
    unchanged,
    unsupported,
)
from rehearsal.kubernetes.validation.metadata import optional_name
from rehearsal.kubernetes.validation.selectors import label_selector, node_selector
from rehearsal.kubernetes.validation.values import has, mapping, string_map, strings, text

_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_ALONE = "ReadWriteOncePod"


def claim(body: Object) -> Errors:
    """A PersistentVolumeClaim."""
    yield from claim_spec(mapping(body, "spec"), "spec")


def claim_spec(spec: Object, path: str) -> Errors:
    """The specification of a claim, or of a template of one."""
    if not strings(spec, "accessModes"):
        yield required(f"{path}.accessModes", "at least 1 access mode is required")
    yield from label_selector(spec.get("selector"), f"{path}.selector")
    yield from _modes(spec, path)
    where, size = f"{path}.resources[storage]", mapping(spec, "resources", "requests").get("storage")
    value = quantities.parsed(size)
    if value is None:
        yield required(where)
    elif value <= 0:
        yield invalid(where, quantities.shown(size), "must be greater than zero")
    else:
        yield from amount("storage", size, where)
    yield from optional_name(spec, "storageClassName", path, formats.subdomain)
    if has(spec, "volumeMode"):
        yield from one_of(f"{path}.volumeMode", text(spec, "volumeMode"), ("Block", "Filesystem"))
    yield from optional_name(spec, "volumeAttributesClassName", path, formats.subdomain)


def _modes(spec: Object, path: str) -> Errors:
    modes = strings(spec, "accessModes")
    for mode in modes:
        if mode not in _MODES:
            yield unsupported(f"{path}.accessModes", mode, _MODES)
    if _ALONE in modes and any(mode in _MODES and mode != _ALONE for mode in modes):
        yield forbidden(f"{path}.accessModes", "may not use ReadWriteOncePod with other access modes")


def claim_unchanged(body: Object, old: Object) -> Errors:
    """A claim that is bound may only grow; one that is not bound does not change."""
    new, before = dict(mapping(body, "spec")), dict(mapping(old, "spec"))
    bound = text(mapping(old, "status"), "phase") == "Bound"
    if not text(before, "volumeName"):
        before["volumeName"] = new.get("volumeName")
    size = mapping(new, "resources", "requests").get("storage")
    size_before = mapping(before, "resources", "requests").get("storage")
    ignored = {"resources", "volumeAttributesClassName"} if bound else set[str]()
    changed = {field for field in {*new, *before} - ignored if (new.get(field) or None) != before.get(field)}
    if changed:
        words = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for "
            f"bound claims\n(changed here: {', '.join(sorted(changed))})"
        )
        yield forbidden("spec", words)
    smaller = (quantities.parsed(size) or 0) < (quantities.parsed(size_before) or 0)
    capacity = mapping(old, "status", "capacity").get("storage")
    if smaller and (quantities.parsed(size) or 0) <= (quantities.parsed(capacity) or 0):
        words = "field can not be less than status.capacity"
        yield forbidden("spec.resources.requests.storage", words)
    yield from unchanged("volumeMode", new.get("volumeMode"), before.get("volumeMode"))


def volume(body: Object) -> Errors:
    """A PersistentVolume, as far as its source does not matter."""
    spec = mapping(body, "spec")
    if not strings(spec, "accessModes"):
        yield required("spec.accessModes")
    yield from _modes(spec, "spec")
    capacity = mapping(spec, "capacity")
    if not capacity:
        yield required("spec.capacity")
    if "storage" not in capacity or len(capacity) > 1:
        yield unsupported("spec.capacity", capacity or None, ("storage",))
    for name, quantity in capacity.items():
        yield from amount(name, quantity, f"spec.capacity[{name}]")
    policy = text(spec, "persistentVolumeReclaimPolicy", "Retain")
    allowed = ("Delete", "Recycle", "Retain")
    yield from one_of("spec.persistentVolumeReclaimPolicy", policy, allowed)
    if has(mapping(spec, "nodeAffinity"), "required"):
        yield from node_selector(spec["nodeAffinity"]["required"], "spec.nodeAffinity.required")
    yield from optional_name(spec, "storageClassName", "spec", formats.subdomain)
    if has(spec, "volumeMode"):
        yield from one_of("spec.volumeMode", text(spec, "volumeMode"), ("Block", "Filesystem"))


def storage_class(body: Object) -> Errors:
    """A StorageClass."""
    provisioner = text(body, "provisioner")
    if not provisioner:
        yield required("provisioner")
    else:
        yield from each("provisioner", provisioner.lower(), formats.qualified_name(provisioner.lower()))
    parameters = string_map(body, "parameters")
    if len(parameters) > 512:
        yield too_long("parameters", 512)
    if "" in parameters:
        yield invalid("parameters", "", "field can not be empty.")
    if sum(len(key.encode()) + len(value.encode()) for key, value in parameters.items()) > 256 * 1024:
        yield too_long("parameters", 256 * 1024)
    yield from one_of("reclaimPolicy", text(body, "reclaimPolicy", "Delete"), ("Delete", "Retain"))
    binding = text(body, "volumeBindingMode", "Immediate")
    yield from one_of("volumeBindingMode", binding, ("Immediate", "WaitForFirstConsumer"))


def storage_class_unchanged(body: Object, old: Object) -> Errors:
    """What volumes are made of never changes."""
    for field in ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"):
        yield from unchanged(field, body.get(field), old.get(field))
