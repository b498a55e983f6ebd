"""What the server takes and warns about.

https://github.com/kubernetes/kubernetes/blob/master/pkg/api/pod/warnings.go and the ``WarningsOnCreate`` of
https://github.com/kubernetes/kubernetes/tree/master/pkg/registry. Deprecated types of volumes and labels of
nodes, and ports that overlap, give no warning here.
"""

# belief: K8S-warnings

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import has, indexed, mapping, string_map, strings, text

_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"


def of_pod(template: Object, path: str, release: Release) -> Iterator[str]:
    """Warnings about a pod, or the template of one at ``path``."""
    prefix = f"{path}." if path else ""
    spec = mapping(template, "spec")
    for where, constraint in indexed(spec, "topologySpreadConstraints", f"{prefix}spec"):
        if not has(constraint, "labelSelector"):
            yield f"{where}.labelSelector: a null labelSelector results in matching no pod"
    for field in ("initContainers", "containers"):
        for where, container in indexed(spec, field, f"{prefix}spec"):
            key = _APP_ARMOR + text(container, "name")
            annotated = key in string_map(mapping(template, "metadata"), "annotations")
            profile = any(has(mapping(c, "securityContext"), "appArmorProfile") for c in (container, spec))
            if release.minor >= 30 and annotated and not profile:
                place = f"{prefix}metadata.annotations[{key}]"
                yield f'{place}: deprecated since v1.30; use the "appArmorProfile" field instead'
            yield from _hidden(container, where)


def _hidden(container: Object, path: str) -> Iterator[str]:
    seen: set[str] = set()
    for where, variable in indexed(container, "env", path):
        name = text(variable, "name")
        if name in seen and f"$({name})" not in text(variable, "value"):
            yield f'{where}: hides previous definition of "{name}", which may be dropped when using apply'
        seen.add(name)


def deprecated(kind: str, release: Release) -> Iterator[str]:
    """Warnings about a kind as such, even where an object of it is refused."""
    if kind == "Endpoints" and release.minor >= 33:
        yield "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"


def of_kind(kind: str, body: Object, release: Release) -> Iterator[str]:
    """Warnings about other kinds."""
    if kind == "Service" and release.minor >= 36 and strings(mapping(body, "spec"), "externalIPs"):
        yield "spec.externalIPs is deprecated and may no longer be implemented in some clusters"
    if kind == "Secret" and text(body, "type") == "kubernetes.io/tls":
        data = string_map(body, "data")
        if "tls.key" in data and data.get("tls.crt") == "":
            yield "tls: failed to find any PEM data in certificate input"
