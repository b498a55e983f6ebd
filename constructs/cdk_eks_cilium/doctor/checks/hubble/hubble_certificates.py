"""Whether the certificates of Hubble are renewed in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from cdk_eks_cilium.doctor.checks.views.cilium import agents
from cdk_eks_cilium.doctor.checks.views.cilium_config import config, is_on
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.fields import at, condition, name_of, time_of
from cdk_eks_cilium.doctor.engine.finding import Evidence, Finding, Fine, Outcome, Severity, Skip, Unknown
from cdk_eks_cilium.doctor.engine.kinds import (
    DAEMON_SETS,
    DEPLOYMENTS,
    KUBE_SYSTEM,
    KUBE_SYSTEM_CERTIFICATES,
    KUBE_SYSTEM_CONFIG_MAPS,
    KUBE_SYSTEM_CRON_JOBS,
)
from cdk_eks_cilium.doctor.engine.reader import Object
from cdk_eks_cilium.doctor.engine.seen import Seen

_LEAST_DAYS: Final = 14
_DAYS: Final = 365
"""How long certificates last at the shortest default of the charts: hubble.tls.auto.certValidityDuration."""
_PATIENCE: Final = timedelta(days=150)
"""The chart's schedule is once in four months: ``0 0 1 */4 *``, hubble.tls.auto.schedule."""

_CRON_JOB: Final = "CronJob kube-system/hubble-generate-certs"
_RUN_NOW: Final = (
    "kubectl --namespace kube-system create job hubble-certs-now --from cronjob/hubble-generate-certs\n"
    "kubectl --namespace kube-system logs job/hubble-certs-now"
)


@check(
    "hubble-certificates",
    "the certificates of Hubble are renewed in time",
    reads=(
        KUBE_SYSTEM_CERTIFICATES,
        KUBE_SYSTEM_CRON_JOBS,
        KUBE_SYSTEM_CONFIG_MAPS,
        DAEMON_SETS,
        DEPLOYMENTS,
    ),
    symptom="the relay logs that a certificate has expired, and Hubble shows nothing",
    answers=("CILIUM-hubble-certificates",),
    links=("https://docs.cilium.io/en/stable/observability/hubble/configuration/tls/",),
)
def hubble_certificates(seen: Seen) -> Iterator[Outcome]:
    """The relay and the agents trust each other by certificates that last a year by default. cert-manager
    renews them, or a CronJob does, or only a deploy does: Helm makes new ones then.

    The doctor reads no Secret, where the certificates are. It reads what cert-manager tells of its
    Certificates, and when the CronJob last succeeded. With the method ``helm`` nobody but the Secrets tells
    the day.
    """
    options = seen.derived(config)
    if not is_on(options, "enable-hubble") or is_on(options, "hubble-disable-tls"):
        yield Skip("Hubble is off, or without TLS")
        return
    if seen.one(DEPLOYMENTS, "hubble-relay", KUBE_SYSTEM) is None:
        yield Skip("the relay is not installed: nobody else needs them")
        return
    certificates = [
        each for each in seen.list(KUBE_SYSTEM_CERTIFICATES) if "hubble" in at(each, "metadata.name", "")
    ]
    job = seen.one(KUBE_SYSTEM_CRON_JOBS, "hubble-generate-certs", KUBE_SYSTEM)
    if certificates:
        yield from _by_cert_manager(seen, certificates)
    elif job is not None:
        yield from _by_job(seen, job)
    else:
        yield from _by_helm(seen)


def _by_cert_manager(seen: Seen, certificates: list[Object]) -> Iterator[Outcome]:
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
        yield Finding(
            Severity.ERROR,
            f"cert-manager does not renew {len(wrong)} of Hubble's {len(certificates)} certificates",
            tuple(wrong),
            "kubectl --namespace kube-system describe certificates\n"
            "kubectl --namespace cert-manager logs deployment/cert-manager",
        )
    if ends:
        yield Fine(f"cert-manager renews {len(ends)} certificates, the first by {min(ends):%Y-%m-%d}")


def _by_job(seen: Seen, job: Object) -> Iterator[Outcome]:
    if at(job, "spec.suspend", False):
        evidence = Evidence(_CRON_JOB, "spec.suspend", "true", "false")
        fix = (
            "kubectl --namespace kube-system patch cronjob hubble-generate-certs --patch "
            '\'{"spec":{"suspend":false}}\''
        )
        yield Finding(Severity.WARNING, "nobody renews the certificates of Hubble", (evidence,), fix)
        return
    succeeded, tried = (
        time_of(at(job, f"status.{each}")) for each in ("lastSuccessfulTime", "lastScheduleTime")
    )
    made = time_of(at(job, "metadata.creationTimestamp"))
    last = succeeded or made
    if (
        tried is not None
        and (succeeded is None or succeeded < tried)
        and seen.now - tried > timedelta(hours=1)
    ):
        yield Finding(
            Severity.ERROR,
            "the last renewal of Hubble's certificates failed",
            (
                Evidence(
                    _CRON_JOB,
                    "status.lastSuccessfulTime",
                    succeeded.isoformat() if succeeded else "",
                    f"after {tried.isoformat()}",
                ),
            ),
            _RUN_NOW,
        )
    elif last is not None and seen.now - last > _PATIENCE:
        yield Finding(
            Severity.WARNING,
            "the certificates of Hubble have not been renewed for five months",
            (Evidence(_CRON_JOB, "status.lastSuccessfulTime", last.isoformat(), "within four months"),),
            _RUN_NOW,
        )
    else:
        yield Fine(f"a CronJob renews them, {at(job, 'spec.schedule', '')}")


def _by_helm(seen: Seen) -> Iterator[Outcome]:
    method = at(seen.plan.values or {}, "hubble.tls.auto.method", "")
    if method in ("cronJob", "certmanager"):
        what = "the CronJob hubble-generate-certs" if method == "cronJob" else "Certificates of cert-manager"
        yield Finding(
            Severity.ERROR,
            f"nobody renews the certificates of Hubble: {what} should",
            (Evidence("kube-system", f"hubble.tls.auto.method {method}", "", what),),
            "helm --namespace kube-system get values cilium\n# Then deploy the stack again.",
        )
        return
    # They are as old as the release at most.
    installed = time_of(at(seen.derived(agents), "metadata.creationTimestamp"))
    days = int(at(seen.plan.values or {}, "hubble.tls.auto.certValidityDuration", _DAYS))
    end = installed + timedelta(days=days) if installed is not None else seen.now
    if end - seen.now > timedelta(days=_LEAST_DAYS):
        yield Fine(f"only a deploy renews them, and they last until {end:%Y-%m-%d} at least")
        return
    yield Unknown(
        "Helm made the certificates of Hubble, only a deploy renews them, and their end is in Secrets, which "
        "the doctor does not read: kubectl --namespace kube-system get secret hubble-relay-client-certs "
        "--output jsonpath='{.data.tls\\.crt}' | base64 --decode | openssl x509 -noout -enddate"
    )
