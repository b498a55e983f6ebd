"""Ports of Services in place of the pods' ports."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, ServicePort, Workload
from tests.unit.policy_analysis.lint.written import cnp, only, ports

WEB = {"app": "web"}


def known(*pods: Workload, port: ServicePort = ServicePort(8080, target=80)) -> Inventory:  # noqa: B008
    service = KubernetesService("shop", "web", selector=WEB, ports=(port,))
    return Inventory(pods or (pod(80),), services=(service,))


def pod(*numbers: int, name: str = "web") -> Workload:
    return Workload("shop", name, WEB, numbers=tuple(("TCP", number) for number in numbers))


def found(inventory: Inventory, *port: str, **more: Any) -> list[tuple[str, str]]:
    item = {"fromEntities": ["cluster"], "toPorts": ports(*port, **more)}
    return only("CNP051", cnp(ingress=[item]), inventory=inventory)


def test_a_services_port_is_none_of_the_pods() -> None:
    assert found(known(), "80", "8080") == [
        (
            "spec.ingress[0].toPorts[0].ports[1]",
            "must be a port that the pods listen on, and this is a Service's, got 8080, the port of Service "
            "shop/web; write 80",
        )
    ]


def test_peers_have_ports_too() -> None:
    item = {"toEndpoints": [{"matchLabels": WEB}], "toPorts": ports("8080")}

    assert len(only("CNP051", cnp(egress=[item]), inventory=known())) == 1


def test_services_as_peers_stand_for_pods_with_ports() -> None:
    service = {"k8sService": {"serviceName": "web", "namespace": "shop"}}
    item = {"toServices": [service], "toPorts": ports("8080", "80")}

    assert only("CNP051", cnp(egress=[item]), inventory=known()) == [
        (
            "spec.egress[0].toPorts[0].ports[0]",
            "must be a port that the pods listen on, and this is a Service's, got 8080, the port of Service "
            "shop/web; write 80",
        )
    ]


@pytest.mark.parametrize("protocol", [None, "ANY"])
def test_any_protocol_means_the_services_too(protocol: str | None) -> None:
    assert len(found(known(), "8080", protocol=protocol)) == 1


@pytest.mark.parametrize(
    "inventory",
    [
        known(pod(80, 8080)),
        known(pod()),
        known(pod(80), pod(name="other")),
        known(port=ServicePort(8080)),
        known(port=ServicePort(8080, protocol="UDP", target=80)),
        Inventory((pod(80),)),
        Inventory(),
    ],
)
def test_ports_that_pods_may_listen_on_are_not_found(inventory: Inventory) -> None:
    assert found(inventory, "8080") == []


@pytest.mark.parametrize("port", ["http", "0", "9090"])
def test_other_ports_are_not_found(port: str) -> None:
    assert found(known(), port) == []


def test_without_an_inventory_nothing_is_found() -> None:
    assert only("CNP051", cnp(ingress=[{"toPorts": ports("8080")}])) == []
