"""The checks of the baseline: what gives a pod more of its node than pods have by default.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline; the words are from
https://github.com/kubernetes/pod-security-admission/tree/master/policy.
"""

# belief: K8S-pod-security-standards

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.pod_security.pod import Found, Pod, quoted, setters, these
from rehearsal.kubernetes.validation.values import entries, has, mapping, strings, text

_CAPABILITIES: Final = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
#: Each with the release that allows it.
_SYSCTLS: Final = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
_SELINUX_TYPES: Final = ("", "container_t", "container_init_t", "container_kvm_t")
PROFILES: Final = ("RuntimeDefault", "Localhost")
_APP_ARMOR: Final = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_POD: Final = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER: Final = "container.seccomp.security.alpha.kubernetes.io/"


def app_armor(pod: Pod, _minor: int) -> Found:
    """No profile that switches AppArmor off."""
    bad: set[str] = set()
    pod_is_bad = forbidden_profile(pod.context, "appArmorProfile", bad)
    containers = pod.named(lambda context: forbidden_profile(context, "appArmorProfile", bad))
    annotated = sorted(
        f'{key}="{value}"'
        for key, value in pod.annotations.items()
        if key.startswith(_APP_ARMOR)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    )
    values = [*sorted(bad), *annotated]
    if not values:
        return None
    who = setters(pod_is_bad, containers)
    if annotated:
        noun = "annotation" if len(annotated) == 1 else "annotations"
        who = f"{who} and {noun}" if who else noun
    word = "forbidden AppArmor profile" + ("" if len(values) == 1 else "s")
    return word, f"{who} must not set AppArmor profile type to {quoted(values)}"


def forbidden_profile(context: Object, field: str, found: set[str]) -> bool:
    """Whether a context sets a forbidden profile in a field; enters its type in ``found``."""
    if not has(context, field):
        return False
    kind = text(mapping(context, field), "type")
    if kind in PROFILES:
        return False
    found.add(kind)
    return True


def capabilities(pod: Pod, _minor: int) -> Found:
    """No capabilities that containers do not have by default."""
    added: set[str] = set()

    def bad(context: Object) -> bool:
        more = set(strings(mapping(context, "capabilities"), "add")) - set(_CAPABILITIES)
        added.update(more)
        return bool(more)

    if names := pod.named(bad):
        words = f"must not include {quoted(sorted(added))} in securityContext.capabilities.add"
        return "non-default capabilities", f"{these(names)} {words}"
    return None


def host_namespaces(pod: Pod, _minor: int) -> Found:
    """Not the node's network, processes or IPC."""
    shared = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if pod.spec.get(field)]
    return ("host namespaces", ", ".join(shared)) if shared else None


def host_paths(pod: Pod, _minor: int) -> Found:
    """No directories of the node."""
    names = [text(volume, "name") for volume in entries(pod.spec, "volumes") if has(volume, "hostPath")]
    return ("hostPath volumes", these(names, "volume")) if names else None


def host_ports(pod: Pod, _minor: int) -> Found:
    """No ports of the node."""
    ports: set[str] = set()
    names = []
    for container in pod.containers():
        found = {str(port["hostPort"]) for port in entries(container, "ports") if port.get("hostPort")}
        if found:
            names.append(text(container, "name"))
            ports |= found
    if not names:
        return None
    verb, noun = "uses" if len(names) == 1 else "use", "hostPort" if len(ports) == 1 else "hostPorts"
    return "hostPort", f"{these(names)} {verb} {noun} {', '.join(sorted(ports))}"


def host_probes(pod: Pod, minor: int) -> Found:
    """From 1.34 on, no probes and hooks that ask another host."""
    if minor < 34:
        return None
    hosts: set[str] = set()
    names = set()
    for container in pod.containers():
        found = {host for host in _hosts(container) if host}
        if found:
            names.add(text(container, "name"))
            hosts |= found
    if not names:
        return None
    verb = "uses" if len(names) == 1 else "use"
    noun = "probe or lifecycle host" + ("" if len(hosts) == 1 else "s")
    return "probe or lifecycle host", f"{these(sorted(names))} {verb} {noun} {quoted(sorted(hosts))}"


def _hosts(container: Object) -> Iterator[str]:
    handlers = [mapping(container, kind) for kind in ("livenessProbe", "readinessProbe", "startupProbe")]
    handlers += [mapping(container, "lifecycle", moment) for moment in ("postStart", "preStop")]
    for handler in handlers:
        for kind in ("httpGet", "tcpSocket"):
            yield text(mapping(handler, kind), "host")


def privileged(pod: Pod, _minor: int) -> Found:
    """No privileged containers."""
    if names := pod.named(lambda context: context.get("privileged") is True):
        return "privileged", f"{these(names)} must not set securityContext.privileged=true"
    return None


def proc_mount(pod: Pod, minor: int) -> Found:
    """No open mount of proc; from 1.35 on pods with users of their own may have one."""
    return None if minor >= 35 and pod.with_own_users else any_proc_mount(pod, minor)


def any_proc_mount(pod: Pod, _minor: int) -> Found:
    """No open mount of proc."""
    found: set[str] = set()

    def bad(context: Object) -> bool:
        kind = context.get("procMount")
        if kind in (None, "Default"):
            return False
        found.add(str(kind))
        return True

    if names := pod.named(bad):
        return (
            "procMount",
            f"{these(names)} must not set securityContext.procMount to {quoted(sorted(found))}",
        )
    return None


def selinux(pod: Pod, minor: int) -> Found:
    """No user or role of SELinux, and types of containers alone."""
    allowed = (*_SELINUX_TYPES, "container_engine_t") if minor >= 31 else _SELINUX_TYPES
    types: set[str] = set()
    others: dict[str, bool] = {"user": False, "role": False}

    def bad(context: Object) -> bool:
        options = mapping(context, "seLinuxOptions")
        wrong_type = text(options, "type") not in allowed
        if wrong_type:
            types.add(text(options, "type"))
        for field in others:
            others[field] = others[field] or bool(text(options, field))
        return wrong_type or any(text(options, field) for field in others)

    who = setters(bad(pod.context), pod.named(bad))
    if not who:
        return None
    data = [these(sorted(types), "type")] if types else []
    data += [f"{field} may not be set" for field, is_set in others.items() if is_set]
    return "seLinuxOptions", f"{who} set forbidden securityContext.seLinuxOptions: {'; '.join(data)}"


def seccomp(pod: Pod, minor: int) -> Found:
    """No profile that switches seccomp off; before 1.19 annotations did that."""
    return _seccomp_fields(pod) if minor >= 19 else _seccomp_annotations(pod)


def _seccomp_annotations(pod: Pod) -> Found:
    keys = [_SECCOMP_POD, *(f"{_SECCOMP_CONTAINER}{text(c, 'name')}" for c in pod.containers())]
    found = sorted(
        f'{key}="{pod.annotations[key]}"'
        for key in set(keys) & set(pod.annotations)
        if pod.annotations[key] not in ("runtime/default", "docker/default")
        and not pod.annotations[key].startswith("localhost/")
    )
    if not found:
        return None
    return (
        "seccompProfile",
        f"forbidden {'annotation' if len(found) == 1 else 'annotations'} {', '.join(found)}",
    )


def _seccomp_fields(pod: Pod) -> Found:
    found: set[str] = set()

    def bad(context: Object) -> bool:
        return forbidden_profile(context, "seccompProfile", found)

    who = setters(bad(pod.context), pod.named(bad))
    if not who:
        return None
    values = quoted(sorted(found))
    return "seccompProfile", f"{who} must not set securityContext.seccompProfile.type to {values}"


def sysctls(pod: Pod, minor: int) -> Found:
    """Of the settings of the kernel only what stays inside the pod."""
    names = [text(setting, "name") for setting in entries(pod.context, "sysctls")]
    bad = [name for name in names if _SYSCTLS.get(name, minor + 1) > minor]
    return ("forbidden sysctls", ", ".join(bad)) if bad else None


def windows_host_process(pod: Pod, _minor: int) -> Found:
    """No processes of the node on Windows."""

    def bad(context: Object) -> bool:
        return mapping(context, "windowsOptions").get("hostProcess") is True

    who = setters(bad(pod.context), pod.named(bad))
    return (
        ("hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true")
        if who
        else None
    )
