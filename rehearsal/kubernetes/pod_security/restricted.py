"""The checks of the restricted standard, which asks pods to give up what they do not need.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted; the words are from
https://github.com/kubernetes/pod-security-admission/tree/master/policy.
"""

# belief: K8S-pod-security-standards

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.pod_security.baseline import forbidden_profile
from rehearsal.kubernetes.pod_security.pod import Found, Pod, quoted, setters, these
from rehearsal.kubernetes.validation.values import entries, has, mapping, strings, text

_VOLUMES: Final = (
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
)
_FORBIDDEN_VOLUMES: Final = (
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
)


def escalation(pod: Pod, minor: int) -> Found:
    """No process gets more rights than its parent."""
    if minor < 8 or (minor >= 25 and pod.on_windows):
        return None
    names = pod.named(lambda context: context.get("allowPrivilegeEscalation") is not False)
    if not names:
        return None
    words = "must set securityContext.allowPrivilegeEscalation=false"
    return "allowPrivilegeEscalation != false", f"{these(names)} {words}"


def capabilities(pod: Pod, minor: int) -> Found:
    """All capabilities are dropped, and at most one comes back."""
    if minor < 22 or (minor >= 25 and pod.on_windows):
        return None
    added: set[str] = set()

    def adds(context: Object) -> bool:
        more = set(strings(mapping(context, "capabilities"), "add")) - {"NET_BIND_SERVICE"}
        added.update(more)
        return bool(more)

    keeps = pod.named(lambda context: "ALL" not in strings(mapping(context, "capabilities"), "drop"))
    adding = pod.named(adds)
    details = [f'{these(keeps)} must set securityContext.capabilities.drop=["ALL"]'] if keeps else []
    if adding:
        words = f"must not include {quoted(sorted(added))} in securityContext.capabilities.add"
        details.append(f"{these(adding)} {words}")
    return ("unrestricted capabilities", "; ".join(details)) if details else None


def volumes(pod: Pod, _minor: int) -> Found:
    """Volumes of the cluster alone."""
    names, kinds = [], set()
    for volume in entries(pod.spec, "volumes"):
        if any(has(volume, kind) for kind in _VOLUMES):
            continue
        names.append(text(volume, "name"))
        kinds.add(next((kind for kind in _FORBIDDEN_VOLUMES if has(volume, kind)), "unknown"))
    if not names:
        return None
    verb = "uses" if len(names) == 1 else "use"
    noun = "restricted volume type" + ("" if len(kinds) == 1 else "s")
    return "restricted volume types", f"{these(names, 'volume')} {verb} {noun} {quoted(sorted(kinds))}"


def not_root(pod: Pod, minor: int) -> Found:
    """The pod, or each container, says that it does not run as root."""
    if minor >= 35 and pod.with_own_users:
        return None
    reason = "runAsNonRoot != true"

    def says(value: object) -> Callable[[Object], bool]:
        return lambda context: context.get("runAsNonRoot") is value

    explicit = setters(says(False)(pod.context), pod.named(says(False)))
    if explicit:
        return reason, f"{explicit} must not set securityContext.runAsNonRoot=false"
    implicit = [] if says(True)(pod.context) else pod.named(says(None))
    if implicit:
        return reason, f"pod or {these(implicit)} must set securityContext.runAsNonRoot=true"
    return None


def user(pod: Pod, minor: int) -> Found:
    """Nobody runs as user 0."""
    if minor < 23 or (minor >= 35 and pod.with_own_users):
        return None

    def root(context: Object) -> bool:
        return context.get("runAsUser") == 0 and context.get("runAsUser") is not False

    who = setters(root(pod.context), pod.named(root))
    return ("runAsUser=0", f"{who} must not set runAsUser=0") if who else None


def seccomp(pod: Pod, minor: int) -> Found:
    """The pod, or each container, has a profile of seccomp."""
    if minor < 19 or (minor >= 25 and pod.on_windows):
        return None
    found: set[str] = set()

    def bad(context: Object) -> bool:
        return forbidden_profile(context, "seccompProfile", found)

    who = setters(bad(pod.context), pod.named(bad))
    if who:
        values = quoted(sorted(found))
        return "seccompProfile", f"{who} must not set securityContext.seccompProfile.type to {values}"
    if has(pod.context, "seccompProfile"):
        return None
    implicit = pod.named(lambda context: not has(context, "seccompProfile"))
    if implicit:
        words = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
        return "seccompProfile", f"pod or {these(implicit)} {words}"
    return None
