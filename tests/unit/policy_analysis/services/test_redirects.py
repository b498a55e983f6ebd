"""Local redirects: who gets connections to a Service or an address, and whose labels policies choose."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis import Endpoint
from cdk_eks_cilium.policy_analysis.inventories import take_inventory
from cdk_eks_cilium.policy_analysis.services import explain_service, find_backends, with_remarks
from tests.unit.policy_analysis.services.worlds import (
    documents,
    evaluation,
    flow,
    known,
    only,
    service,
    workload,
)

CACHE = """---
kind: %s
metadata: {name: cache, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cache}}
    spec: {containers: [{ports: [{name: http, containerPort: 9090}]}]}
"""
FRONTEND = "serviceMatcher: {serviceName: api, namespace: shop%s}"
PORTS = "{port: '9090', protocol: TCP}"


def redirect(frontend: str = FRONTEND % "", ports: str = PORTS, more: str = "") -> str:
    """A CiliumLocalRedirectPolicy to the cache in YAML."""
    backend = f"{{localEndpointSelector: {{matchLabels: {{app: cache}}}}, toPorts: [{ports}]}}"
    return (
        "---\napiVersion: cilium.io/v2\nkind: CiliumLocalRedirectPolicy\n"
        "metadata: {name: near, namespace: shop}\n"
        f"spec: {{redirectFrontend: {{{frontend}}}, redirectBackend: {backend}{more}}}\n"
    )


SERVICE = service("{selector: {app: api, bare: 'true'}, ports: [{name: http, port: 80}]}")


def behind(text: str, spec: str = SERVICE, client: str = "shop/web") -> list[tuple[str, int | None]]:
    there = known(spec + text)
    found = find_backends(*only(there), there, workload(there, client))
    return [(str(one.workload), one.port) for one in found]


def test_the_pods_of_a_daemon_set_get_the_connections() -> None:
    assert behind(CACHE % "DaemonSet" + redirect()) == [("shop/cache", 9090)]


def test_other_pods_are_not_on_every_node() -> None:
    assert behind(CACHE % "Deployment" + redirect()) == [("shop/cache", 9090), ("shop/bare", 80)]


@pytest.mark.parametrize(
    "text",
    [
        redirect(),  # without pods
        CACHE % "DaemonSet" + redirect(FRONTEND % ", toPorts: [{port: '81'}]"),
        CACHE % "DaemonSet" + redirect(ports="{port: '9090', protocol: UDP}"),
        CACHE % "DaemonSet" + redirect(ports=f"{PORTS}, {{port: '9091', name: other}}"),
        CACHE % "DaemonSet" + redirect(FRONTEND.replace("api", "other") % ""),
    ],
)
def test_without_pods_or_for_another_port_the_service_has_its_own(text: str) -> None:
    assert behind(text) == [("shop/bare", 80)]


def test_of_several_ports_the_name_counts() -> None:
    ports = "{port: '9091', name: other}, {port: '9092', name: http}"
    assert behind(CACHE % "DaemonSet" + redirect(ports=ports)) == [("shop/cache", 9092)]


@pytest.mark.parametrize(
    ("more", "found"), [("", "shop/cache"), (", skipRedirectFromBackend: true", "shop/bare")]
)
def test_the_pods_themselves_may_be_left_alone(more: str, found: str) -> None:
    there = behind(CACHE % "DaemonSet" + redirect(more=more), client="shop/cache")
    assert [name for name, _ in there] == [found]


@pytest.mark.parametrize("spec", ["type: NodePort", "clusterIP: None"])
def test_only_services_of_the_cluster_are_redirected(spec: str) -> None:
    other = SERVICE.replace("{selector", f"{{{spec}, selector")
    assert behind(CACHE % "DaemonSet" + redirect(), other) == [("shop/bare", 80)]


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (
            CACHE % "DaemonSet" + redirect(),
            "CiliumLocalRedirectPolicy shop/near hands connections to port 9090 of shop/cache on the "
            "client's own node, where the chart's localRedirectPolicies.enabled is true",
        ),
        (
            redirect(),
            "answers may differ: CiliumLocalRedirectPolicy shop/near hands connections to pods of the "
            "client's own node, of which no file describes one",
        ),
    ],
)
def test_an_answer_for_a_service_names_the_redirect(text: str, remark: str) -> None:
    judged = evaluation(SERVICE + text)
    (there,) = judged.inventory.services
    web = Endpoint.pod(workload(judged.inventory, "shop/web"))

    assert explain_service(judged, web, there, there.ports[0], flow).remarks[0] == remark


@pytest.mark.parametrize(("port", "named"), [(80, True), (81, False)])
def test_an_answer_for_an_address_names_the_redirect(port: int, named: bool) -> None:
    address = "addressMatcher: {ip: 169.254.169.254, toPorts: [{port: '80'}]}"
    judged = evaluation(CACHE % "DaemonSet" + redirect(address))
    web = Endpoint.pod(workload(judged.inventory, "shop/web"))
    found = with_remarks(judged.explain(flow(web, Endpoint.address("169.254.169.254"), port)), judged)

    assert found.egress is not None
    assert found.egress.remarks == (
        (
            "CiliumLocalRedirectPolicy shop/near hands connections to this address to pods of the client's "
            "own node, and policies see these instead: ask for shop/cache",
        )
        if named
        else ()
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (redirect("{}").replace("{{}}", "{}"), "must have a serviceMatcher or an addressMatcher"),
        (redirect(ports="{port: 53}"), "port must be a number in quotes, got 53"),
        (redirect().replace("redirectBackend", "backend"), "redirectBackend is missing"),
        (redirect().replace("matchLabels: {app", "matchLabel: {app"), "localEndpointSelector"),
    ],
)
def test_an_invalid_redirect_is_named(text: str, problem: str) -> None:
    ((_, found),) = take_inventory(documents(text)).problems
    assert problem in str(found)
