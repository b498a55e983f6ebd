"""Hubble in the healthy cluster: the CronJob of its certificates, and what the relay logs."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.facts import NODES, SYSTEM
from tests.unit.doctor.world import Thing, thing

# Lines as relays write them: https://github.com/cilium/cilium/issues/21454.
LINES = [
    line
    for _, _, address, *_ in NODES
    for line in (
        f'time=2026-11-01T08:07:01Z level=info msg=Connecting address="{address}:4244" subsys=hubble-relay',
        f'time=2026-11-01T08:07:01Z level=info msg=Connected address="{address}:4244" subsys=hubble-relay',
    )
]


def hubble() -> dict[Any, list[Thing]]:
    return {
        # templates/hubble/tls-cronjob/cronjob.yaml of chart 1.19.6, and its schedule.
        kinds.KUBE_SYSTEM_CRON_JOBS: [
            thing(
                kinds.KUBE_SYSTEM_CRON_JOBS,
                "hubble-generate-certs",
                SYSTEM,
                spec={"schedule": "0 0 1 */4 *", "suspend": False},
                status={},
            )
        ],
        kinds.RELAY_LOGS: [{"pod": "hubble-relay-0", "lines": list(LINES)}],
    }
