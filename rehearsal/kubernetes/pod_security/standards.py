"""The standards: which checks a level has, and what they say about a pod together.

https://github.com/kubernetes/pod-security-admission/blob/master/policy/registry.go.
"""

# belief: K8S-pod-security-standards

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.pod_security import baseline, restricted
from rehearsal.kubernetes.pod_security.levels import Level
from rehearsal.kubernetes.pod_security.pod import Found, Pod

Check = Callable[[Pod, int], Found]

#: In the order of their names, in which the messages have them.
_BASELINE: Final[tuple[Check, ...]] = (
    baseline.app_armor,
    baseline.capabilities,
    baseline.host_namespaces,
    baseline.host_paths,
    baseline.host_ports,
    baseline.host_probes,
    baseline.privileged,
    baseline.proc_mount,
    baseline.selinux,
    baseline.seccomp,
    baseline.sysctls,
    baseline.windows_host_process,
)
_RESTRICTED: Final[tuple[tuple[Check, int, Check | None], ...]] = (
    (restricted.escalation, 8, None),
    (restricted.capabilities, 22, baseline.capabilities),
    (baseline.any_proc_mount, 35, baseline.proc_mount),
    (restricted.volumes, 0, baseline.host_paths),
    (restricted.not_root, 0, None),
    (restricted.user, 23, None),
    (restricted.seccomp, 19, baseline.seccomp),
)
"""Each with its first release, and the check of the baseline that it replaces."""


def reasons(template: Object, level: Level, newest: int) -> list[tuple[str, str]]:
    """Why a pod violates a level, each in a word and in detail.

    Args:
        template: A pod, or the template of one.
        level: What is asked of it.
        newest: The cluster's minor release.
    """
    if level.name == "privileged":
        return []
    minor, pod = level.minor(newest), Pod.of(template)
    checks: list[Check] = list(_BASELINE)
    if level.name == "restricted":
        stricter = [(check, replaced) for check, since, replaced in _RESTRICTED if minor >= since]
        replaced_ones = {replaced for _, replaced in stricter}
        checks = [check for check in checks if check not in replaced_ones] + [check for check, _ in stricter]
    found = [check(pod, minor) for check in checks]
    return [reason for reason in found if reason is not None]


def violation(template: Object, level: Level, newest: int) -> str | None:
    """What a refusal says about a pod that violates a level, or None."""
    found = reasons(template, level, newest)
    if not found:
        return None
    words = ", ".join(f"{word} ({detail})" if detail else word for word, detail in found)
    return f'violate PodSecurity "{level}": {words}'
