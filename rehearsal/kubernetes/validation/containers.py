"""The containers of a pod.

``validateContainers`` of https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
What the server fills in counts as valid when it is missing.
"""

# belief: K8S-containers

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import compute, formats, security
from rehearsal.kubernetes.validation.environment import environment
from rehearsal.kubernetes.validation.fields import (
    Errors,
    duplicate,
    each,
    forbidden,
    invalid,
    not_found,
    one_of,
    required,
    too_many,
    unsupported,
)
from rehearsal.kubernetes.validation.metadata import needed_name
from rehearsal.kubernetes.validation.probes import PROBES, lifecycle, probes
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, text
from rehearsal.kubernetes.validation.volumes import Volumes

PROTOCOLS: Final = ("SCTP", "TCP", "UDP")
_RESTARTS = ("Always", "Never", "OnFailure")
_PROPAGATIONS = ("Bidirectional", "HostToContainer", "None")


@dataclass(frozen=True)
class Surroundings:
    """What a container's rules need of its pod.

    Attributes:
        release: The release of the cluster.
        volumes: The valid volumes by name.
        grace: The seconds that the pod has to end.
        restart: The pod's restart policy.
        host_users: The pod shares the users of its node.
    """

    release: Release
    volumes: Volumes
    grace: int
    restart: str
    host_users: bool


def containers(pod: Object, path: str, around: Surroundings) -> Errors:
    """All containers of a pod: the ones that run, prepare, or look inside."""
    if not entries(pod, "containers"):
        yield required(f"{path}.containers")
    names: set[str] = set()
    for where, container in indexed(pod, "containers", path):
        yield from _common(container, where, around)
        yield from _named_once(container, where, names)
        yield from lifecycle(container, where, around.grace)
        yield from probes(container, where)
        yield from _restart(container, where, around.release, initial=False)
    yield from host_ports(entries(pod, "containers"), f"{path}.containers")
    for where, container in indexed(pod, "initContainers", path):
        yield from _initial(container, where, path, around, names)
    for where, container in indexed(pod, "ephemeralContainers", path):
        yield from _common(container, where, around)
        yield from _named_once(container, where, names)


def _initial(container: Object, where: str, path: str, around: Surroundings, names: set[str]) -> Errors:
    yield from _common(container, where, around)
    yield from _restart(container, where, around.release, initial=True)
    yield from _named_once(container, where, names)
    yield from host_ports([container], f"{path}.initContainers")
    if text(container, "restartPolicy") == "Always":
        yield from lifecycle(container, where, around.grace)
        yield from probes(container, where)
        return
    for field in ("lifecycle", *PROBES):
        if has(container, field):
            words = "may not be set for init containers without restartPolicy=Always"
            yield forbidden(f"{where}.{field}", words)


def _named_once(container: Object, path: str, names: set[str]) -> Errors:
    name = text(container, "name")
    if name in names:
        yield duplicate(f"{path}.name", name)
    elif name or not path.startswith("spec.initContainers"):
        names.add(name)


def _restart(container: Object, path: str, release: Release, *, initial: bool) -> Errors:
    policy, rules = container.get("restartPolicy"), entries(container, "restartPolicyRules")
    where = f"{path}.restartPolicy"
    if not release.container_restart_rules:
        if policy is not None and not initial:
            yield forbidden(where, "may not be set for non-init containers")
        elif policy is not None and policy != "Always":
            yield unsupported(where, policy, ("Always",))
        return
    if policy is None:
        if rules:
            yield required(where, "must specify restartPolicy when restart rules are used")
    elif policy not in _RESTARTS:
        yield unsupported(where, policy, _RESTARTS)
    if len(rules) > 20:
        yield too_many(f"{path}.restartPolicyRules", len(rules), 20)


def _common(container: Object, path: str, around: Surroundings) -> Errors:
    yield from needed_name(container, "name", path, formats.label)
    if not text(container, "image"):
        yield required(f"{path}.image")
    if has(container, "terminationMessagePolicy"):
        policy, allowed = text(container, "terminationMessagePolicy"), ("File", "FallbackToLogsOnError")
        yield from one_of(f"{path}.terminationMessagePolicy", policy or "File", allowed)
    yield from _ports(container, path)
    yield from environment(container, path, around.release)
    yield from _mounts(container, path, around)
    yield from _devices(container, path, around)
    policy = text(container, "imagePullPolicy", "Always")
    yield from one_of(f"{path}.imagePullPolicy", policy, ("Always", "IfNotPresent", "Never"))
    yield from compute.requirements_of(container, path)
    yield from _resize(container, path, around)
    yield from security.of_container(container, path, host_users=around.host_users)


def _ports(container: Object, path: str) -> Errors:
    names: set[str] = set()
    for where, port in indexed(container, "ports", path):
        if name := text(port, "name"):
            problems = formats.port_name(name)
            yield from each(f"{where}.name", name, problems)
            if not problems and name in names:
                yield duplicate(f"{where}.name", name)
            elif not problems:
                names.add(name)
        inside, outside = number(port, "containerPort") or 0, number(port, "hostPort") or 0
        if not inside:
            yield required(f"{where}.containerPort")
        else:
            yield from each(f"{where}.containerPort", inside, formats.port_number(inside))
        if outside:
            yield from each(f"{where}.hostPort", outside, formats.port_number(outside))
        yield from one_of(f"{where}.protocol", text(port, "protocol", "TCP"), PROTOCOLS)


def _mounts(container: Object, path: str, around: Surroundings) -> Errors:
    taken: set[str] = set()
    devices = {
        text(device, "name"): text(device, "devicePath") for device in entries(container, "volumeDevices")
    }
    every = f"{path}.volumeMounts"
    for where, mount in indexed(container, "volumeMounts", path):
        name, target = text(mount, "name"), text(mount, "mountPath")
        if not name:
            yield required(f"{where}.name")
        if name not in around.volumes:
            yield not_found(f"{where}.name", name)
        if not target:
            yield required(f"{where}.mountPath")
        if target in taken:
            yield invalid(f"{where}.mountPath", target, "must be unique")
        taken.add(target)
        if name in devices:
            yield invalid(f"{where}.name", name, "must not already exist in volumeDevices")
        if target in devices.values():
            words = "must not already exist as a path in volumeDevices"
            yield invalid(f"{where}.mountPath", target, words)
        yield from _part(mount, where, every)
        yield from _propagation(mount, container, every)


def _part(mount: Object, where: str, every: str) -> Errors:
    part, expression = text(mount, "subPath"), text(mount, "subPathExpr")
    if part:
        yield from each(f"{every}.subPath", part, formats.descending_path(part))
    if expression:
        if part:
            words = "subPathExpr and subPath are mutually exclusive"
            yield invalid(f"{where}.subPathExpr", expression, words)
        yield from each(f"{every}.subPathExpr", expression, formats.descending_path(expression))


def _propagation(mount: Object, container: Object, every: str) -> Errors:
    if has(mount, "mountPropagation"):
        value = text(mount, "mountPropagation")
        yield from one_of(f"{every}.mountPropagation", value, _PROPAGATIONS)
        if value == "Bidirectional" and not mapping(container, "securityContext").get("privileged"):
            words = "Bidirectional mount propagation is available only to privileged containers"
            yield forbidden(f"{every}.mountPropagation", words)
    deep = text(mount, "recursiveReadOnly", "Disabled")
    yield from one_of(f"{every}.recursiveReadOnly", deep, ("Disabled", "Enabled", "IfPossible"))
    if deep in ("Enabled", "IfPossible"):
        if not mount.get("readOnly"):
            yield forbidden(f"{every}.recursiveReadOnly", "may only be specified when readOnly is true")
        if text(mount, "mountPropagation", "None") != "None":
            words = "may only be specified when mountPropagation is None or not specified"
            yield forbidden(f"{every}.recursiveReadOnly", words)


def _devices(container: Object, path: str, around: Surroundings) -> Errors:
    paths: set[str] = set()
    names: set[str] = set()
    for where, device in indexed(container, "volumeDevices", path):
        name, target = text(device, "name"), text(device, "devicePath")
        if not name:
            yield required(f"{where}.name")
        if name in names:
            yield invalid(f"{where}.name", name, "must be unique")
        volume = around.volumes.get(name)
        if volume is None:
            yield not_found(f"{where}.name", name)
        elif not has(volume, "persistentVolumeClaim") and not has(volume, "ephemeral"):
            words = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            yield invalid(f"{where}.name", name, words)
        if not target:
            yield required(f"{where}.devicePath")
        if target in paths:
            yield invalid(f"{where}.devicePath", target, "must be unique")
        if formats.without_backsteps(target):
            yield invalid(f"{where}.devicePath", target, "can not contain backsteps ('..')")
        paths.add(target)
        names.add(name)


def _resize(container: Object, path: str, around: Surroundings) -> Errors:
    where, seen = f"{path}.resizePolicy", set[str]()
    for index, policy in enumerate(entries(container, "resizePolicy")):
        name, restart = text(policy, "resourceName"), text(policy, "restartPolicy")
        if name in seen:
            yield duplicate(f"{where}[{index}]", name)
        seen.add(name)
        for value, allowed in (
            (name, ("cpu", "memory")),
            (restart, ("NotRequired", "RestartContainer")),
        ):
            if not value:
                yield required(where)
            else:
                yield from one_of(where, value, allowed)
        if around.restart == "Never" and restart != "NotRequired":
            words = "must be 'NotRequired' when pod `restartPolicy` is 'Never'"
            yield invalid(where, restart, words)


def host_ports(found: list[Object], path: str) -> Errors:
    """No two containers may take the same port of the node."""
    taken: set[str] = set()
    for index, container in enumerate(found):
        for where, port in indexed(container, "ports", f"{path}[{index}]"):
            outside = number(port, "hostPort")
            if not outside:
                continue
            shown = f"{text(port, 'protocol', 'TCP')}/{text(port, 'hostIP')}/{outside}"
            if shown in taken:
                yield duplicate(f"{where}.hostPort", shown)
            taken.add(shown)
