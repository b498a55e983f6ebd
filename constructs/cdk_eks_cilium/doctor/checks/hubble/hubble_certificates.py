"""Whether the certificates of Hubble are renewed in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.doctor.checks.views.certificates import READS, Certified, renewals
from cdk_eks_cilium.doctor.checks.views.cilium_config import config, is_on
from cdk_eks_cilium.doctor.engine.check import check
from cdk_eks_cilium.doctor.engine.finding import Outcome, Skip
from cdk_eks_cilium.doctor.engine.kinds import DEPLOYMENTS, KUBE_SYSTEM, KUBE_SYSTEM_CONFIG_MAPS
from cdk_eks_cilium.doctor.engine.seen import Seen

_HUBBLE: Final = Certified(
    "Hubble", "hubble-", "hubble-generate-certs", "hubble.tls.auto", "hubble-relay-client-certs"
)


@check(
    "hubble-certificates",
    "the certificates of Hubble are renewed in time",
    reads=(*READS, KUBE_SYSTEM_CONFIG_MAPS, DEPLOYMENTS),
    symptom="the relay logs that a certificate has expired, and Hubble shows nothing",
    answers=("CILIUM-hubble-certificates",),
    links=("https://docs.cilium.io/en/stable/observability/hubble/configuration/tls/",),
)
def hubble_certificates(seen: Seen) -> Iterator[Outcome]:
    """The relay and the agents trust each other by certificates that last a year by default. cert-manager
    renews them, or a CronJob does, or only a deploy does: Helm makes new ones then.

    The doctor reads no Secret, where the certificates are. It reads what cert-manager tells of its
    Certificates, and when the CronJob last succeeded. With the method ``helm`` they are as old as the release
    at most, which leaves them unknown after a year.
    """
    options = seen.derived(config)
    if not is_on(options, "enable-hubble") or is_on(options, "hubble-disable-tls"):
        yield Skip("Hubble is off, or without TLS")
    elif seen.one(DEPLOYMENTS, "hubble-relay", KUBE_SYSTEM) is None:
        yield Skip("the relay is not installed, and nobody else needs them")
    else:
        yield from renewals(seen, _HUBBLE)
