"""Hubble does not run, does not reach agents, or its certificates run out."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.doctor.engine import kinds
from tests.unit.doctor.mutations import Mutation
from tests.unit.doctor.mutations.changes import configure, deployment
from tests.unit.doctor.world import Thing, World, thing


def certificate(world: World, end: str, ready: str = "True", **more: Any) -> None:
    conditions = [{"type": "Ready", "status": ready, **more}]
    world.add(
        kinds.KUBE_SYSTEM_CERTIFICATES,
        thing(
            kinds.KUBE_SYSTEM_CERTIFICATES,
            "hubble-relay-client-certs",
            "kube-system",
            status={"notAfter": end, "conditions": conditions},
        ),
    )


def job(world: World) -> Thing:
    return world.one(kinds.KUBE_SYSTEM_CRON_JOBS, "hubble-generate-certs")


def log(world: World, *lines: str) -> None:
    world.one(kinds.RELAY_LOGS, "hubble-relay-0")["lines"] += lines


def failure(address: str, error: str) -> str:
    # https://github.com/cilium/cilium/issues/36070
    return (
        f'time=2026-11-30T11:58:00Z level=warn msg="Failed to create gRPC client" address="{address}:4244" '
        f'error="connection error: desc = {error}" hubble-tls=true next-try-in=10s subsys=hubble-relay'
    )


def _no_relay(world: World) -> None:
    world.remove(kinds.DEPLOYMENTS, "hubble-relay")


def _ui_not_ready(world: World) -> None:
    deployment(world, "hubble-ui")["status"] |= {"readyReplicas": 0, "availableReplicas": 0}


def _off(world: World) -> None:
    configure(world, enable_hubble="false")


def _no_peers(world: World) -> None:
    world.remove(kinds.SERVICES, "hubble-peer")


def _other_selector(world: World) -> None:
    world.one(kinds.SERVICES, "hubble-peer")["spec"]["selector"] = {"k8s-app": "hubble"}


def _node_unreached(world: World) -> None:
    log(world, failure("10.0.1.10", "dial tcp 10.0.1.10:4244: i/o timeout"))


def _no_list(world: World) -> None:
    # https://github.com/cilium/cilium/issues/35930
    log(
        world,
        'level=warning msg="Failed to create peer client for peers synchronization; will try again after the '
        'timeout has expired" error="context deadline exceeded" subsys=hubble-relay '
        'target="hubble-peer.kube-system.svc.cluster.local:443"',
    )


def _expired(world: World) -> None:
    log(world, failure("10.0.1.10", "tls: failed to verify certificate: x509: certificate has expired"))


def _not_renewed(world: World) -> None:
    certificate(world, "2026-12-05T00:00:00Z")


def _not_issued(world: World) -> None:
    certificate(world, "2027-06-01T00:00:00Z", "False", message="issuer not found")


def _suspended(world: World) -> None:
    job(world)["spec"]["suspend"] = True


def _failed(world: World) -> None:
    job(world)["status"] = {
        "lastScheduleTime": "2026-09-01T00:00:00Z",
        "lastSuccessfulTime": "2026-05-01T00:00:40Z",
    }


def _never_ran(world: World) -> None:
    job(world)["metadata"]["creationTimestamp"] = "2026-01-10T08:00:00Z"


def _mesh(world: World) -> None:
    world.add(
        kinds.DEPLOYMENTS,
        thing(kinds.DEPLOYMENTS, "clustermesh-apiserver", "kube-system", spec={}, status={}),
    )
    world.add(
        kinds.KUBE_SYSTEM_CRON_JOBS,
        thing(
            kinds.KUBE_SYSTEM_CRON_JOBS,
            "clustermesh-apiserver-generate-certs",
            "kube-system",
            spec={"schedule": "0 0 1 */4 *"},
            status={"lastScheduleTime": "2026-09-01T00:00:00Z"},
        ),
    )


MUTATIONS = (
    Mutation("the relay is gone", _no_relay, ("hubble-runs",), ("error: hubble-relay is not installed",)),
    Mutation(
        "the UI is not ready",
        _ui_not_ready,
        ("hubble-runs",),
        ("error: hubble-ui is not ready", "status.readyReplicas is 0, expected 1"),
    ),
    Mutation("Hubble is off", _off, ("hubble-runs",), ("Hubble is off on the agents",)),
    Mutation(
        "the Service of the agents' Hubble is gone",
        _no_peers,
        ("hubble-peer",),
        ("the Service hubble-peer is not there",),
    ),
    Mutation(
        "the Service of the agents' Hubble selects nobody",
        _other_selector,
        ("hubble-peer",),
        ("selects no agent", "spec.selector is {'k8s-app': 'hubble'}"),
    ),
    Mutation(
        "the relay does not reach a node",
        _node_unreached,
        ("relay-connected",),
        ("warning: the relay does not reach 1 of its peers", "log about 10.0.1.10:4244", "i/o timeout"),
    ),
    Mutation(
        "the relay does not learn of nodes",
        _no_list,
        ("relay-connected",),
        ("log about hubble-peer", "context deadline exceeded"),
    ),
    Mutation(
        "the relay's certificate has expired",
        _expired,
        ("relay-connected",),
        (
            "error: the relay does not reach 1 of its peers: a certificate ran out",
            "cronjob/hubble-generate-certs",
        ),
    ),
    Mutation(
        "cert-manager does not renew",
        _not_renewed,
        ("hubble-certificates",),
        ("cert-manager does not renew 1 of 1 certificate of Hubble", "status.notAfter is 2026-12-05"),
    ),
    Mutation(
        "cert-manager does not issue",
        _not_issued,
        ("hubble-certificates",),
        ("status.conditions[Ready] is False: issuer not found, expected True",),
    ),
    Mutation(
        "the renewal is suspended",
        _suspended,
        ("hubble-certificates",),
        ("the CronJob is suspended", '"suspend":false'),
    ),
    Mutation(
        "the renewal failed",
        _failed,
        ("hubble-certificates",),
        ("error: the last renewal", "status.lastSuccessfulTime is 2026-05-01"),
    ),
    Mutation(
        "the renewal never ran",
        _never_ran,
        ("hubble-certificates",),
        ("have not been renewed for five months",),
    ),
    Mutation(
        "the renewal of a mesh failed",
        _mesh,
        ("mesh-certificates",),
        (
            "error: the last renewal of the certificates of the mesh failed",
            "clustermesh-apiserver-generate-certs",
        ),
    ),
)
