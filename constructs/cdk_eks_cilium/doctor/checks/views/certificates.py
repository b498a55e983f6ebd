"""Who renews the certificates of a part of Cilium, as far as it can be told without reading Secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cdk_eks_cilium.doctor.engine.fields import at, condition, name_of, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Unknown
from cdk_eks_cilium.doctor.engine.kinds import (
    DAEMON_SETS,
    KUBE_SYSTEM,
    KUBE_SYSTEM_CERTIFICATES,
    KUBE_SYSTEM_CRON_JOBS,
)
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

from .cilium import agents
from .words import counted

READS: Final = (KUBE_SYSTEM_CERTIFICATES, KUBE_SYSTEM_CRON_JOBS, DAEMON_SETS)
"""What `renewals` reads."""

_LEAST_DAYS: Final = 14
_DAYS: Final = 365
"""How long certificates last at the shortest default of the charts: ``certValidityDuration``."""

_PATIENCE: Final = timedelta(days=150)
"""The chart's schedule is once in four months, ``0 0 1 */4 *``: ``schedule`` of hubble.tls.auto and of
clustermesh.apiserver.tls.auto."""

_EVER: Final = datetime.min.replace(tzinfo=UTC)
_DEPLOY: Final = "helm --namespace kube-system get values cilium\n# Then deploy the stack again."


@dataclass(frozen=True)
class Certified:
    """A part of Cilium with certificates.

    Attributes:
        name: Its name in sentences.
        start: How the names of its Certificates start.
        job: The name of its CronJob.
        values: Where the chart's values have its ``method`` and ``certValidityDuration``.
        secret: One of its Secrets.
    """

    name: str
    start: str
    job: str
    values: str
    secret: str


def renewals(seen: Seen, part: Certified) -> Iterator[Outcome]:
    """Tell who renews the certificates of a part, and whether that works.

    Raises:
        UnreadError: cert-manager's Certificates or the CronJobs could not be read.
    """
    certificates = [
        each
        for each in seen.list(KUBE_SYSTEM_CERTIFICATES)
        if str(at(each, "metadata.name", "")).startswith(part.start)
    ]
    job = seen.one(KUBE_SYSTEM_CRON_JOBS, part.job, KUBE_SYSTEM)
    if certificates:
        yield from _by_cert_manager(seen, part, certificates)
    elif job is not None:
        yield from _by_job(seen, part, job)
    else:
        yield from _by_helm(seen, part)


def _by_cert_manager(seen: Seen, part: Certified, certificates: list[Object]) -> Iterator[Outcome]:
    wrong, ends = [], []
    for each in certificates:
        name, end = f"Certificate {name_of(each)}", time_of(at(each, "status.notAfter"))
        ready = condition(each, "Ready")
        if ready.get("status") != "True":
            told = f"{ready.get('status', '')}: {ready.get('message', '')}".strip(": ")
            wrong.append(Evidence(name, "status.conditions[Ready]", told, "True"))
        elif end is not None and end - seen.now < timedelta(days=_LEAST_DAYS):
            wrong.append(
                Evidence(name, "status.notAfter", end.isoformat(), f"{_LEAST_DAYS} days ahead or more")
            )
        elif end is not None:
            ends.append(end)
    if wrong:
        all_ = counted(len(certificates), "certificate")
        yield Finding(
            Severity.ERROR,
            f"cert-manager does not renew {len(wrong)} of {all_} of {part.name}",
            tuple(wrong),
            "kubectl --namespace kube-system describe certificates\n"
            "kubectl --namespace cert-manager logs deployment/cert-manager",
        )
    if ends:
        number = counted(len(ends), "certificate")
        yield Fine(f"cert-manager renews {number}, the first by {min(ends):%Y-%m-%d}")


def _by_job(seen: Seen, part: Certified, job: Object) -> Iterator[Outcome]:
    name = f"CronJob {name_of(job)}"
    run_now = (
        f"kubectl --namespace kube-system create job certificates-now --from cronjob/{part.job}\n"
        "kubectl --namespace kube-system logs job/certificates-now"
    )
    succeeded = time_of(at(job, "status.lastSuccessfulTime"))
    tried = time_of(at(job, "status.lastScheduleTime"))
    last = succeeded or time_of(at(job, "metadata.creationTimestamp"))
    if at(job, "spec.suspend", False):
        yield Finding(
            Severity.WARNING,
            f"nobody renews the certificates of {part.name}: the CronJob is suspended",
            (Evidence(name, "spec.suspend", "true", "false"),),
            f"kubectl --namespace kube-system patch cronjob {part.job} --patch "
            '\'{"spec":{"suspend":false}}\'',
        )
    elif tried is not None and tried > (succeeded or _EVER) and seen.now - tried > timedelta(hours=1):
        since = succeeded.isoformat() if succeeded else ""
        yield Finding(
            Severity.ERROR,
            f"the last renewal of the certificates of {part.name} failed",
            (Evidence(name, "status.lastSuccessfulTime", since, f"after {tried.isoformat()}"),),
            run_now,
        )
    elif last is not None and seen.now - last > _PATIENCE:
        yield Finding(
            Severity.WARNING,
            f"the certificates of {part.name} have not been renewed for five months",
            (Evidence(name, "status.lastSuccessfulTime", last.isoformat(), "within four months"),),
            run_now,
        )
    else:
        yield Fine(f"a CronJob renews them, {at(job, 'spec.schedule', '')}")


def _by_helm(seen: Seen, part: Certified) -> Iterator[Outcome]:
    planned = at(seen.plan.values or {}, part.values) or {}
    method = planned.get("method", "")
    if method in ("cronJob", "certmanager"):
        what = f"the CronJob {part.job}" if method == "cronJob" else "Certificates of cert-manager"
        yield Finding(
            Severity.ERROR,
            f"nobody renews the certificates of {part.name}: {what} should",
            (Evidence("kube-system", f"{part.values}.method {method}", "", what),),
            _DEPLOY,
        )
        return
    # They are as old as the release at most.
    installed = time_of(at(seen.derived(agents), "metadata.creationTimestamp"))
    days = int(planned.get("certValidityDuration") or _DAYS)
    end = installed + timedelta(days=days) if installed is not None else seen.now
    if end - seen.now > timedelta(days=_LEAST_DAYS):
        yield Fine(f"only a deploy renews them, and they last until {end:%Y-%m-%d} at least")
        return
    yield Unknown(
        f"only a deploy renews the certificates of {part.name}, and their end is in Secrets, which "
        f"the doctor does not read: kubectl --namespace kube-system get secret {part.secret} --output "
        "jsonpath='{.data.tls\\.crt}' | base64 --decode | openssl x509 -noout -enddate"
    )
