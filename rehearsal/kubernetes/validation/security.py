"""The security contexts of pods and containers, as far as Linux is concerned.

``ValidateSecurityContext`` and ``validatePodSpecSecurityContext`` of
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-containers

from __future__ import annotations

import re

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
from rehearsal.kubernetes.validation.values import has, indexed, mapping, number, text

_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL = rf"({_SEGMENT}[\./])*{_SEGMENT}"
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")


def of_container(container: Object, path: str, *, host_users: bool) -> Errors:
    """The security context of a container.

    Args:
        host_users: The pod shares the users of its node.
    """
    if not has(container, "securityContext"):
        return
    context, path = mapping(container, "securityContext"), f"{path}.securityContext"
    yield from _ids(context, path, "runAsUser", "runAsGroup")
    if has(context, "procMount"):
        mount = text(context, "procMount")
        yield from one_of(f"{path}.procMount", mount, ("Default", "Unmasked"))
        if host_users and mount == "Unmasked":
            words = "`hostUsers` must be false to use `Unmasked`"
            yield invalid(f"{path}.procMount", mount, words)
    yield from _seccomp(context, path)
    if context.get("allowPrivilegeEscalation") is False:
        added = mapping(context, "capabilities").get("add") or ()
        if context.get("privileged") is True:
            words = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            yield invalid(path, context, words)
        if "CAP_SYS_ADMIN" in added:
            words = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            yield invalid(path, context, words)
    yield from _app_armor(context, path)


def of_pod(pod: Object, path: str) -> Errors:
    """The security context of a pod."""
    context, path = mapping(pod, "securityContext"), f"{path}.securityContext"
    yield from _ids(context, path, "fsGroup", "runAsUser", "runAsGroup")
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        if isinstance(group, int):
            yield from each(f"{path}.supplementalGroups[{index}]", group, formats.group_or_user_id(group))
    if pod.get("hostPID") and pod.get("shareProcessNamespace"):
        words = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid(f"{path}.shareProcessNamespace", True, words)
    yield from _sysctls(pod, context, path)
    if has(context, "fsGroupChangePolicy"):
        policy = text(context, "fsGroupChangePolicy")
        yield from one_of(f"{path}.fsGroupChangePolicy", policy, ("Always", "OnRootMismatch"))
    yield from _seccomp(context, path)
    yield from _app_armor(context, path)
    if has(context, "supplementalGroupsPolicy"):
        policy = text(context, "supplementalGroupsPolicy")
        yield from one_of(f"{path}.supplementalGroupsPolicy", policy, ("Merge", "Strict"))


def _ids(context: Object, path: str, *fields: str) -> Errors:
    for field in fields:
        value = number(context, field)
        if value is not None:
            yield from each(f"{path}.{field}", value, formats.group_or_user_id(value))


def _sysctls(pod: Object, context: Object, path: str) -> Errors:
    seen: set[str] = set()
    for where, setting in indexed(context, "sysctls", path):
        name = text(setting, "name")
        if not name:
            yield required(f"{where}.name")
        elif len(name) > 253 or not re.fullmatch(_SYSCTL, name):
            words = f"must have at most 253 characters and match regex ^{_SYSCTL}$"
            yield invalid(f"{where}.name", name, words)
        elif name in seen:
            yield duplicate(f"{where}.name", name)
        seen.add(name)
        dotted = name.replace("/", ".")
        if pod.get("hostNetwork") and dotted.startswith("net."):
            yield invalid(f"{where}.name", name, "may not be specified when 'hostNetwork' is true")
        if pod.get("hostIPC") and dotted.startswith(("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")):
            yield invalid(f"{where}.name", name, "may not be specified when 'hostIPC' is true")


def _seccomp(context: Object, path: str) -> Errors:
    if not has(context, "seccompProfile"):
        return
    profile, path = mapping(context, "seccompProfile"), f"{path}.seccompProfile"
    kind = text(profile, "type")
    if not kind:
        yield required(f"{path}.type", "type is required when seccompProfile is set")
    elif kind not in _PROFILES:
        yield unsupported(f"{path}.type", kind, _PROFILES)
    local = profile.get("localhostProfile")
    if kind != "Localhost":
        if local is not None:
            words = "can only be set when seccomp type is Localhost"
            yield invalid(f"{path}.localhostProfile", profile, words)
    elif local is None:
        yield required(f"{path}.localhostProfile", "must be set when seccomp type is Localhost")
    else:
        yield from each(f"{path}.localhostProfile", local, formats.descending_path(str(local)))


def _app_armor(context: Object, path: str) -> Errors:
    if not has(context, "appArmorProfile"):
        return
    profile, path = mapping(context, "appArmorProfile"), f"{path}.appArmorProfile"
    kind, local = text(profile, "type"), profile.get("localhostProfile")
    if not kind:
        yield required(f"{path}.type", "type is required when appArmorProfile is set")
    elif kind not in _PROFILES:
        yield unsupported(f"{path}.type", kind, _PROFILES)
    elif kind != "Localhost":
        if local is not None:
            words = "can only be set when AppArmor type is Localhost"
            yield invalid(f"{path}.localhostProfile", local, words)
    elif not isinstance(local, str) or not local:
        yield required(f"{path}.localhostProfile", "must be set when AppArmor type is Localhost")
    elif local.strip() != local:
        yield invalid(f"{path}.localhostProfile", local, "must not be padded with whitespace")
