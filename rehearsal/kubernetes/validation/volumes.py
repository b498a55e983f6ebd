"""The volumes of pods.

``ValidateVolumes`` of https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
Of the old cloud and storage types only the fact that they are there is checked.
"""

# belief: K8S-volumes

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats, quantities
from rehearsal.kubernetes.validation.environment import files
from rehearsal.kubernetes.validation.fields import (
    Errors,
    duplicate,
    each,
    forbidden,
    invalid,
    one_of,
    required,
    too_long,
)
from rehearsal.kubernetes.validation.metadata import needed, needed_name
from rehearsal.kubernetes.validation.values import has, indexed, mapping, number, text

#: In the order in which the server looks for them, each with the name that its error uses.
_TYPES: Final = {
    "emptyDir": "emptyDir",
    "hostPath": "hostPath",
    "gitRepo": "gitRepo",
    "gcePersistentDisk": "gcePersistentDisk",
    "awsElasticBlockStore": "awsElasticBlockStore",
    "secret": "secret",
    "nfs": "nfs",
    "iscsi": "iscsi",
    "glusterfs": "glusterfs",
    "flocker": "flocker",
    "persistentVolumeClaim": "persistentVolumeClaim",
    "rbd": "rbd",
    "cinder": "cinder",
    "cephfs": "cephFS",
    "quobyte": "quobyte",
    "downwardAPI": "downwarAPI",
    "fc": "fc",
    "flexVolume": "flexVolume",
    "configMap": "configMap",
    "azureFile": "azureFile",
    "vsphereVolume": "vsphereVolume",
    "photonPersistentDisk": "photonPersistentDisk",
    "portworxVolume": "portworxVolume",
    "azureDisk": "azureDisk",
    "storageos": "storageos",
    "projected": "projected",
    "scaleIO": "scaleIO",
    "csi": "csi",
    "ephemeral": "ephemeral",
    "image": "image",
}
_HOST_PATH_TYPES = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
_SOURCES = (
    "secret",
    "configMap",
    "downwardAPI",
    "serviceAccountToken",
    "clusterTrustBundle",
    "podCertificate",
)

Volumes = dict[str, Object]
"""The valid volumes of a pod by name: only those can be mounted."""


def volumes(pod: Object, path: str, valid: Volumes) -> Errors:
    """The volumes of a pod; enters the valid ones in ``valid``."""
    for where, volume in indexed(pod, "volumes", path):
        errors = [*_source(volume, where), *needed_name(volume, "name", where, formats.label)]
        name = text(volume, "name")
        if name in valid:
            errors.append(duplicate(f"{where}.name", name))
        if errors:
            yield from errors
        else:
            valid[name] = volume


def _source(volume: Object, path: str) -> Errors:
    # A volume without a type is an empty directory.
    given = [kind for kind in _TYPES if has(volume, kind)]
    for position, kind in enumerate(given):
        if position:
            yield forbidden(f"{path}.{_TYPES[kind]}", "may not specify more than 1 volume type")
        elif kind in _CHECKS:
            yield from _CHECKS[kind](mapping(volume, kind), f"{path}.{kind}")


def _empty_dir(source: Object, path: str) -> Errors:
    size = quantities.parsed(source.get("sizeLimit"))
    if size is not None and size < 0:
        yield forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _host_path(source: Object, path: str) -> Errors:
    yield from needed(source, path, "path")
    yield from each(f"{path}.path", text(source, "path"), formats.without_backsteps(text(source, "path")))
    yield from one_of(f"{path}.type", text(source, "type"), _HOST_PATH_TYPES)


def _secret(source: Object, path: str) -> Errors:
    yield from needed(source, path, "secretName")
    yield from _mode(source, "defaultMode", path)
    yield from _items(source, path)


def _config_map(source: Object, path: str) -> Errors:
    yield from needed(source, path, "name")
    yield from _mode(source, "defaultMode", path)
    yield from _items(source, path)


def _mode(parent: Object, field: str, path: str) -> Errors:
    mode = number(parent, field)
    if mode is not None:
        yield from each(f"{path}.{field}", mode, formats.file_mode(mode))


def _items(source: Object, path: str) -> Errors:
    for where, item in indexed(source, "items", path):
        yield from needed(item, where, "key", "path")
        yield from each(f"{where}.path", text(item, "path"), formats.local_path(text(item, "path")))
        yield from _mode(item, "mode", where)


def _claim(source: Object, path: str) -> Errors:
    yield from needed(source, path, "claimName")


def _nfs(source: Object, path: str) -> Errors:
    yield from needed(source, path, "server", "path")
    if not text(source, "path").startswith("/"):
        yield invalid(f"{path}.path", text(source, "path"), "must be an absolute path")


def _downward(source: Object, path: str) -> Errors:
    yield from _mode(source, "defaultMode", path)
    yield from files(source, path)


def _csi(source: Object, path: str) -> Errors:
    driver = text(source, "driver")
    if not driver:
        yield required(f"{path}.driver")
    elif len(driver) > 63:
        yield too_long(f"{path}.driver", 63)
    yield from each(f"{path}.driver", driver, formats.subdomain(driver.lower()) if driver else ())


def _image(source: Object, path: str) -> Errors:
    yield from needed(source, path, "reference")
    policies = ("Always", "IfNotPresent", "Never")
    yield from one_of(f"{path}.pullPolicy", text(source, "pullPolicy", "IfNotPresent"), policies)


def _ephemeral(source: Object, path: str) -> Errors:
    if not has(source, "volumeClaimTemplate"):
        yield required(f"{path}.volumeClaimTemplate")


def _projected(source: Object, path: str) -> Errors:
    yield from _mode(source, "defaultMode", path)
    taken: set[str] = set()
    for where, origin in indexed(source, "sources", path):
        given = [kind for kind in _SOURCES if has(origin, kind)]
        for kind in ("secret", "configMap"):
            if kind in given:
                yield from needed(mapping(origin, kind), f"{where}.{kind}", "name")
                yield from _items(mapping(origin, kind), f"{where}.{kind}")
                yield from _paths(mapping(origin, kind), path, taken, named=True)
        if "downwardAPI" in given:
            yield from files(mapping(origin, "downwardAPI"), f"{where}.downwardAPI")
            yield from _paths(mapping(origin, "downwardAPI"), path, taken, named=False)
        if "serviceAccountToken" in given:
            yield from _token(mapping(origin, "serviceAccountToken"), f"{where}.serviceAccountToken", path)
        if len(given) > 1:
            yield forbidden(where, "may not specify more than 1 volume type per source")


def _paths(source: Object, path: str, taken: set[str], *, named: bool) -> Errors:
    for _, item in indexed(source, "items", path):
        file = text(item, "path")
        if file and file in taken:
            yield invalid(path, text(source, "name") if named else file, "conflicting duplicate paths")
        taken.add(file)


def _token(token: Object, path: str, volume: str) -> Errors:
    seconds = number(token, "expirationSeconds")
    if seconds is not None and seconds < 600:
        words = "may not specify a duration less than 10 minutes"
        yield invalid(f"{path}.expirationSeconds", seconds, words)
    if seconds is not None and seconds > 2**32:
        words = "may not specify a duration larger than 2^32 seconds"
        yield invalid(f"{path}.expirationSeconds", seconds, words)
    file = text(token, "path")
    if not file:
        yield required(f"{volume}.path")
    else:
        yield from each(f"{volume}.path", file, formats.local_path(file))


_CHECKS: Final[dict[str, Callable[[Object, str], Errors]]] = {
    "emptyDir": _empty_dir,
    "hostPath": _host_path,
    "secret": _secret,
    "nfs": _nfs,
    "persistentVolumeClaim": _claim,
    "downwardAPI": _downward,
    "configMap": _config_map,
    "projected": _projected,
    "csi": _csi,
    "ephemeral": _ephemeral,
    "image": _image,
}
