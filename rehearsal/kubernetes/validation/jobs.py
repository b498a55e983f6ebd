"""Jobs and CronJobs.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/batch/validation/validation.go.
"""

# belief: K8S-jobs

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.cron import problem
from rehearsal.kubernetes.validation.fields import (
    IMMUTABLE,
    OMITTED,
    Errors,
    duplicate,
    each,
    invalid,
    not_negative,
    one_of,
    required,
    too_long,
    too_many,
    unchanged,
    unsupported,
)
from rehearsal.kubernetes.validation.pods import pod_template
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.values import entries, has, indexed, mapping, number, text

_COUNTS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_MUTABLE_WHEN_SUSPENDED = ("affinity", "nodeSelector", "tolerations", "schedulingGates")


def job(body: Object, old: Object | None, release: Release) -> Errors:
    """A Job; its selector is filled in by the server, and most of it never changes."""
    spec = mapping(body, "spec")
    yield from job_spec(spec, "spec", release)
    if spec.get("manualSelector") and not has(spec, "selector"):
        yield required("spec.selector")
    completions = number(spec, "completions") or 0
    if text(spec, "completionMode") == "Indexed" and completions > 0:
        name = text(mapping(body, "metadata"), "name")
        last = f"{name}-{completions - 1}"
        if formats.label(last):
            words = f"will not able to create pod with invalid DNS label: {last}"
            yield invalid("metadata.name", name, words)
    if old is not None:
        yield from _unchanged(body, old, release)


def job_spec(spec: Object, path: str, release: Release) -> Errors:
    """The specification of a Job, or of a template of one."""
    for field in _COUNTS:
        yield from not_negative(f"{path}.{field}", spec.get(field))
    if has(spec, "maxFailedIndexes") and not has(spec, "backoffLimitPerIndex"):
        yield required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    yield from _managed_by(spec, path)
    yield from _mode(spec, path)
    if has(spec, "podFailurePolicy"):
        yield from _failure_policy(spec, f"{path}.podFailurePolicy")
    replacement = text(spec, "podReplacementPolicy")
    if replacement:
        failed_only = has(spec, "podFailurePolicy")
        allowed = ("Failed",) if failed_only else ("Failed", "TerminatingOrFailed")
        yield from one_of(f"{path}.podReplacementPolicy", replacement, allowed)
    template = mapping(spec, "template")
    yield from pod_template(template, f"{path}.template", release)
    restart, where = (
        text(mapping(template, "spec"), "restartPolicy", "Always"),
        f"{path}.template.spec.restartPolicy",
    )
    if restart == "Always":
        yield required(where, 'valid values: "OnFailure", "Never"')
    elif restart not in ("OnFailure", "Never"):
        yield unsupported(where, restart, ("OnFailure", "Never"))
    elif has(spec, "podFailurePolicy") and restart != "Never":
        words = 'only "Never" is supported when podFailurePolicy is specified'
        yield invalid(where, restart, words)


def _managed_by(spec: Object, path: str) -> Errors:
    if not has(spec, "managedBy"):
        return
    manager, where = text(spec, "managedBy"), f"{path}.managedBy"
    yield from domain_prefixed_path(manager, where)
    if len(manager) > 63:
        yield too_long(where, 63)


def domain_prefixed_path(found: str, path: str) -> Errors:
    """A name such as ``acme.io/foo``."""
    if not found:
        yield required(path)
        return
    domain, _, rest = found.partition("/")
    if not domain or not rest:
        yield invalid(path, found, 'must be a domain-prefixed path (such as "acme.io/foo")')
        return
    yield from each(path, domain, formats.subdomain(domain))
    yield from each(path, rest, formats.http_path(rest))


def _mode(spec: Object, path: str) -> Errors:
    mode = text(spec, "completionMode", "NonIndexed")
    yield from one_of(f"{path}.completionMode", mode, ("NonIndexed", "Indexed"))
    if mode == "Indexed":
        completions, most = number(spec, "completions"), number(spec, "maxFailedIndexes")
        if completions is None:
            yield required(f"{path}.completions", "when completion mode is Indexed")
        parallelism = number(spec, "parallelism") or 0
        if parallelism > 100_000:
            words = "must be less than or equal to 100000 when completion mode is Indexed"
            yield invalid(f"{path}.parallelism", parallelism, words)
        if completions is not None and most is not None and most > completions:
            yield invalid(f"{path}.maxFailedIndexes", most, "must be less than or equal to completions")
    elif mode == "NonIndexed":
        for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if has(spec, field):
                yield invalid(f"{path}.{field}", spec[field], "requires indexed completion mode")
        if has(spec, "successPolicy"):
            yield invalid(f"{path}.successPolicy", spec["successPolicy"], "requires indexed completion mode")


def _failure_policy(spec: Object, path: str) -> Errors:
    policy, pod = mapping(spec, "podFailurePolicy"), mapping(spec, "template", "spec")
    if len(entries(policy, "rules")) > 20:
        yield too_many(f"{path}.rules", len(entries(policy, "rules")), 20)
    names = {text(c, "name") for f in ("containers", "initContainers") for c in entries(pod, f)}
    for where, rule in indexed(policy, "rules", path):
        action = text(rule, "action")
        if not action:
            yield required(f"{where}.action", f"valid values: [{' '.join(map(_quoted, _ACTIONS))}]")
        elif action == "FailIndex" and not has(spec, "backoffLimitPerIndex"):
            yield invalid(f"{where}.action", action, "requires the backoffLimitPerIndex to be set")
        else:
            yield from one_of(f"{where}.action", action, _ACTIONS)
        codes, conditions = has(rule, "onExitCodes"), bool(entries(rule, "onPodConditions"))
        if codes:
            yield from _exit_codes(mapping(rule, "onExitCodes"), f"{where}.onExitCodes", names)
        if codes and conditions:
            words = "specifying both OnExitCodes and OnPodConditions is not supported"
            yield invalid(where, OMITTED, words)
        if not codes and not conditions:
            words = "specifying one of OnExitCodes and OnPodConditions is required"
            yield invalid(where, OMITTED, words)


def _quoted(word: str) -> str:
    return f'"{word}"'


def _exit_codes(rule: Object, path: str, names: set[str]) -> Errors:
    operator = text(rule, "operator")
    if not operator:
        yield required(f"{path}.operator", 'valid values: ["In" "NotIn"]')
    else:
        yield from one_of(f"{path}.operator", operator, ("In", "NotIn"))
    container = text(rule, "containerName")
    if container and container not in names:
        words = "must be one of the container or initContainer names in the pod template"
        yield invalid(f"{path}.containerName", container, words)
    values: list[Any] = [value for value in rule.get("values") or () if isinstance(value, int)]
    if not values:
        yield invalid(f"{path}.values", rule.get("values"), "at least one value is required")
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            yield invalid(f"{path}.values[{index}]", value, "must not be 0 for the In operator")
        if value in values[:index]:
            yield duplicate(f"{path}.values[{index}]", value)
    if values != sorted(values):
        yield invalid(f"{path}.values", values, "must be ordered")


def _unchanged(body: Object, old: Object, release: Release) -> Errors:
    new, before = mapping(body, "spec"), mapping(old, "spec")
    if text(new, "completionMode") != "Indexed":
        yield from unchanged("spec.completions", new.get("completions"), before.get("completions"))
    elif new.get("completions") not in (before.get("completions"), new.get("parallelism")):
        words = "can only be modified in tandem with spec.parallelism"
        yield invalid("spec.completions", new.get("completions"), words)
    yield from unchanged("spec.selector", new.get("selector"), before.get("selector"))
    yield from _template(new, before, started=has(mapping(old, "status"), "startTime"), release=release)
    for field in ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"):
        yield from unchanged(f"spec.{field}", new.get(field), before.get(field))


def _template(new: Object, before: Object, *, started: bool, release: Release) -> Errors:
    """The template never changes; where its pods go may, while the Job is suspended and never ran."""
    where, shown = "spec.template", new.get("template")
    templates = [mapping(found, "template") for found in (new, before)]
    if before.get("suspend") is True and not started:
        templates = [_without_placement(found) for found in templates]
        if release.suspended_resources:
            where, shown = f"{where}.spec", mapping(new, "template", "spec")
            templates = [_without_resources(mapping(found, "spec")) for found in templates]
    if templates[0] != templates[1]:
        yield invalid(where, shown, IMMUTABLE)


def _without_placement(template: Object) -> Object:
    pod = {k: v for k, v in mapping(template, "spec").items() if k not in _MUTABLE_WHEN_SUSPENDED}
    others = {k: v for k, v in mapping(template, "metadata").items() if k not in ("labels", "annotations")}
    return {"metadata": others, "spec": pod}


def _without_resources(pod: Object) -> Object:
    return pod | {
        field: [{k: v for k, v in container.items() if k != "resources"} for container in entries(pod, field)]
        for field in ("containers", "initContainers")
    }


def cron_job(body: Object, release: Release, *, new: bool = True) -> Errors:
    """A CronJob.

    Args:
        new: It is created, so its name is checked, too.
    """
    spec = mapping(body, "spec")
    schedule = text(spec, "schedule")
    if not schedule:
        yield required("spec.schedule")
    else:
        if found := problem(schedule):
            yield invalid("spec.schedule", schedule, found)
        if "TZ" in schedule:
            words = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            yield invalid("spec.schedule", schedule, words)
    yield from not_negative("spec.startingDeadlineSeconds", spec.get("startingDeadlineSeconds"))
    yield from _time_zone(spec)
    policy = text(spec, "concurrencyPolicy", "Allow")
    yield from one_of("spec.concurrencyPolicy", policy, ("Allow", "Forbid", "Replace"))
    template = mapping(spec, "jobTemplate", "spec")
    yield from job_spec(template, "spec.jobTemplate.spec", release)
    if has(template, "selector"):
        where = "spec.jobTemplate.spec.selector"
        yield invalid(where, template["selector"], "`selector` will be auto-generated")
    if template.get("manualSelector"):
        yield unsupported("spec.jobTemplate.spec.manualSelector", True, ("nil", "false"))
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from not_negative(f"spec.{field}", spec.get(field))
    name = text(mapping(body, "metadata"), "name")
    if new and len(name) > 52:
        yield invalid("metadata.name", name, "must be no more than 52 characters")


def _time_zone(spec: Object) -> Errors:
    if not has(spec, "timeZone"):
        return
    zone, where = text(spec, "timeZone"), "spec.timeZone"
    if not zone:
        yield invalid(where, zone, "timeZone must be nil or non-empty string")
        return
    for part in zone.split("/"):
        if part in (".", "..") or part.startswith("-") or not re.fullmatch(r"[A-Za-z.\-_0-9+]{1,14}", part):
            yield invalid(where, zone, f"unknown time zone {zone}")
    if zone.lower() == "local":
        words = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        yield invalid(where, zone, words)
    elif zone not in available_timezones():
        yield invalid(where, zone, f"unknown time zone {zone}")
