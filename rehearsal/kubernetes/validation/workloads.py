"""Deployments, ReplicaSets, ReplicationControllers, DaemonSets and StatefulSets.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/apps/validation/validation.go.
"""

# belief: K8S-workload-shape

from __future__ import annotations

from typing import Any

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats, metadata
from rehearsal.kubernetes.validation.fields import (
    Errors,
    each,
    forbidden,
    invalid,
    not_negative,
    one_of,
    required,
    unchanged,
    unsupported,
)
from rehearsal.kubernetes.validation.pods import pod_template
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.selectors import converts, is_empty, label_selector, pod_labels
from rehearsal.kubernetes.validation.storage import claim_spec
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, text

_MUTABLE_OF_SETS = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def _template(spec: Object, kind: str, words: str, release: Release) -> Errors:
    """The selector, and the template below it.

    Args:
        kind: The kind in the message about deadlines.
        words: The kind in the message about an empty selector.
    """
    selector, template = spec.get("selector"), mapping(spec, "template")
    if selector is None:
        yield required("spec.selector")
    else:
        yield from label_selector(selector, "spec.selector")
        if is_empty(selector):
            yield invalid("spec.selector", selector, f"empty selector is invalid for {words}")
    if selector is not None and not converts(selector):
        yield invalid("spec.selector", selector, "" if kind == "StatefulSet" else "invalid label selector")
        return
    if not is_empty(selector):
        yield from pod_labels(selector, template, "spec.template")
    yield from pod_template(template, "spec.template", release)
    yield from runs_always(template, kind)


def runs_always(template: Object, kind: str) -> Errors:
    """The pods of a workload that never ends start again, and have no deadline."""
    restart = text(mapping(template, "spec"), "restartPolicy", "Always")
    if restart != "Always":
        yield unsupported("spec.template.spec.restartPolicy", restart, ("Always",))
    if has(mapping(template, "spec"), "activeDeadlineSeconds"):
        words = f"activeDeadlineSeconds in {kind} is not Supported"
        yield forbidden("spec.template.spec.activeDeadlineSeconds", words)


def deployment(body: Object, release: Release) -> Errors:
    """The specification of a Deployment."""
    spec = mapping(body, "spec")
    yield from not_negative("spec.replicas", spec.get("replicas"))
    yield from _template(spec, "ReplicaSet", "deployment", release)
    strategy = mapping(spec, "strategy")
    match text(strategy, "type", "RollingUpdate"):
        case "Recreate":
            if has(strategy, "rollingUpdate"):
                words = "may not be specified when strategy `type` is 'Recreate'"
                yield forbidden("spec.strategy.rollingUpdate", words)
        case "RollingUpdate":
            yield from _rolling_deployment(mapping(strategy, "rollingUpdate"), "spec.strategy.rollingUpdate")
        case _:
            shown = {"Type": strategy.get("type"), "RollingUpdate": strategy.get("rollingUpdate")}
            yield unsupported("spec.strategy", shown, ("Recreate", "RollingUpdate"))
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    yield from not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    deadline = number(spec, "progressDeadlineSeconds")
    if deadline is not None:
        yield from not_negative("spec.progressDeadlineSeconds", deadline)
        if deadline <= (number(spec, "minReadySeconds") or 0):
            yield invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _rolling_deployment(rolling: Object, path: str) -> Errors:
    unavailable, surge = rolling.get("maxUnavailable", "25%"), rolling.get("maxSurge", "25%")
    yield from int_or_percent(unavailable, f"{path}.maxUnavailable")
    yield from int_or_percent(surge, f"{path}.maxSurge")
    if _amount(unavailable) == 0 and _amount(surge) == 0:
        yield invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    yield from at_most_all(unavailable, f"{path}.maxUnavailable")


def int_or_percent(value: Any, path: str) -> Errors:
    """A number that is not negative, or a percentage."""
    if isinstance(value, str):
        yield from each(path, value, formats.percent(value))
    else:
        yield from not_negative(path, value)


def at_most_all(value: Any, path: str) -> Errors:
    """A percentage of at most 100; numbers pass."""
    if isinstance(value, str) and not formats.percent(value) and int(value[:-1]) > 100:
        yield invalid(path, value, "must not be greater than 100%")


def _amount(value: Any) -> int:
    if isinstance(value, str):
        return 0 if formats.percent(value) else int(value[:-1])
    return value if isinstance(value, int) else 0


def replica_set(body: Object, release: Release) -> Errors:
    """The specification of a ReplicaSet."""
    spec = mapping(body, "spec")
    yield from not_negative("spec.replicas", spec.get("replicas"))
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    yield from _template(spec, "ReplicaSet", "deployment", release)


def replication_controller(body: Object, release: Release) -> Errors:
    """The specification of a ReplicationController, whose selector is a mapping."""
    spec = mapping(body, "spec")
    template = mapping(spec, "template")
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    labels = mapping(template, "metadata", "labels")
    selector = mapping(spec, "selector") or labels
    if not selector:
        yield required("spec.selector")
    yield from not_negative("spec.replicas", spec.get("replicas"))
    if not has(spec, "template"):
        yield required("spec.template")
        return
    if any(labels.get(key) != value for key, value in selector.items()):
        words = "`selector` does not match template `labels`"
        yield invalid("spec.template.metadata.labels", labels or None, words)
    yield from pod_template(template, "spec.template", release)
    yield from runs_always(template, "ReplicationController")


def daemon_set(body: Object, release: Release) -> Errors:
    """The specification of a DaemonSet."""
    spec = mapping(body, "spec")
    yield from _daemon_template(spec, release)
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    strategy = mapping(spec, "updateStrategy")
    match text(strategy, "type", "RollingUpdate"):
        case "OnDelete":
            pass
        case "RollingUpdate":
            yield from _rolling_daemons(mapping(strategy, "rollingUpdate"))
        case _:
            shown = {"Type": strategy.get("type"), "RollingUpdate": strategy.get("rollingUpdate")}
            yield unsupported("spec.updateStrategy", shown, ("RollingUpdate", "OnDelete"))
    yield from not_negative("spec.revisionHistoryLimit", spec.get("revisionHistoryLimit"))


def _daemon_template(spec: Object, release: Release) -> Errors:
    selector, template = spec.get("selector"), mapping(spec, "template")
    yield from label_selector(selector, "spec.selector")
    # A missing selector matches nothing.
    if converts(selector) and not is_empty(selector):
        yield from pod_labels(selector, template, "spec.template")
    if is_empty(selector):
        yield invalid("spec.selector", selector, "empty selector is invalid for daemonset")
    yield from pod_template(template, "spec.template", release)
    yield from runs_always(template, "DaemonSet")


def _rolling_daemons(rolling: Object) -> Errors:
    path = "spec.updateStrategy.rollingUpdate"
    unavailable, surge = rolling.get("maxUnavailable", 1), rolling.get("maxSurge", 0)
    for field, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        yield from int_or_percent(value, f"{path}.{field}")
    for field, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
        yield from at_most_all(value, f"{path}.{field}")
    if _amount(unavailable) and _amount(surge):
        yield invalid(f"{path}.maxSurge", surge, "may not be set when maxUnavailable is non-zero")
    elif not _amount(unavailable) and not _amount(surge):
        yield required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def stateful_set(body: Object, release: Release, *, new: bool = True) -> Errors:
    """The specification of a StatefulSet.

    Args:
        new: It is created, so what cannot change any more is checked, too.
    """
    spec = mapping(body, "spec")
    policy = text(spec, "podManagementPolicy", "OrderedReady")
    if policy not in ("OrderedReady", "Parallel"):
        yield invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")
    yield from _set_strategy(mapping(spec, "updateStrategy"))
    retention = mapping(spec, "persistentVolumeClaimRetentionPolicy")
    for field in ("whenDeleted", "whenScaled"):
        where = f"spec.persistentVolumeClaimRetentionPolicy.{field}"
        yield from one_of(where, text(retention, field, "Retain"), ("Retain", "Delete"))
    if new:
        for where, claim in indexed(spec, "volumeClaimTemplates", "spec"):
            yield from claim_spec(mapping(claim, "spec"), f"{where}.spec")
    yield from not_negative("spec.replicas", spec.get("replicas"))
    yield from not_negative("spec.minReadySeconds", spec.get("minReadySeconds"))
    yield from not_negative("spec.ordinals.start", mapping(spec, "ordinals").get("start"))
    if new:
        yield from metadata.optional_name(spec, "serviceName", "spec", formats.label)
    yield from _template(_with_claims(spec), "StatefulSet", "statefulset", release)


def _set_strategy(strategy: Object) -> Errors:
    path, rolling = "spec.updateStrategy", mapping(strategy, "rollingUpdate")
    match text(strategy, "type", "RollingUpdate"):
        case "OnDelete":
            if has(strategy, "rollingUpdate"):
                words = "only allowed for updateStrategy 'RollingUpdate'"
                yield invalid(f"{path}.rollingUpdate", rolling, words)
        case "RollingUpdate":
            yield from not_negative(f"{path}.rollingUpdate.partition", rolling.get("partition"))
            if has(rolling, "maxUnavailable"):
                where, value = f"{path}.rollingUpdate.maxUnavailable", rolling["maxUnavailable"]
                yield from int_or_percent(value, where)
                if _amount(value) == 0:
                    yield invalid(where, value, "cannot be 0")
                yield from at_most_all(value, where)
        case _:
            shown = {"Type": strategy.get("type"), "RollingUpdate": strategy.get("rollingUpdate")}
            yield invalid(path, shown, "must be 'RollingUpdate' or 'OnDelete'")


def _with_claims(spec: Object) -> Object:
    """The specification with a volume for each claim that its pods get."""
    claims = [text(mapping(claim, "metadata"), "name") for claim in entries(spec, "volumeClaimTemplates")]
    template = mapping(spec, "template")
    pod = {
        key: value for key, value in mapping(template, "spec").items() if key not in ("hostname", "subdomain")
    }
    others = [volume for volume in entries(pod, "volumes") if text(volume, "name") not in claims]
    made = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims]
    return spec | {"template": template | {"spec": pod | {"volumes": made + others}}}


def selector_unchanged(body: Object, old: Object) -> Errors:
    """The selector of a workload never changes."""
    new, before = mapping(body, "spec").get("selector"), mapping(old, "spec").get("selector")
    yield from unchanged("spec.selector", new, before)


def stateful_set_unchanged(body: Object, old: Object) -> Errors:
    """Most of a StatefulSet's specification never changes."""
    new, before = mapping(body, "spec"), mapping(old, "spec")
    fields = {*new, *before} - set(_MUTABLE_OF_SETS)
    if any((new.get(field) or None) != (before.get(field) or None) for field in fields):
        names = ", ".join(f"'{field}'" for field in _MUTABLE_OF_SETS[:-1])
        words = (
            f"updates to statefulset spec for fields other than {names} and 'minReadySeconds' are forbidden"
        )
        yield forbidden("spec", words)
