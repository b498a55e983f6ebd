from __future__ import annotations

import pytest

from cdk_eks_cilium.policy import read_text
from cdk_eks_cilium.policy_analysis import inventory
from cdk_eks_cilium.policy_analysis.services import find_backends, service_port
from cdk_eks_cilium.policy_analysis.workloads import ServicePort
from cdk_eks_cilium.problems import InputError
from tests.unit.policy_analysis.services.worlds import known, only, service


def behind(spec: str) -> dict[str, int | None]:
    """The port of each pod behind a Service, by the pod's name."""
    there = known(service(spec))
    return {str(one.workload): one.port for one in find_backends(*only(there), there)}


@pytest.mark.parametrize(
    ("ports", "target"),
    [
        ("{port: 8080, targetPort: 80}", {"shop/api": 80, "shop/old": 80, "shop/bare": 80}),
        ("{port: 8080}", {"shop/api": 8080, "shop/old": 8080, "shop/bare": 8080}),
        ("{port: 8080, targetPort: http}", {"shop/api": 80, "shop/old": 81, "shop/bare": None}),
        (
            "{port: 8080, targetPort: http, protocol: UDP}",
            {"shop/api": None, "shop/old": None, "shop/bare": None},
        ),
        ("{port: 8080, targetPort: '80'}", {"shop/api": None, "shop/old": None, "shop/bare": None}),
    ],
)
def test_each_pod_says_what_a_target_port_is(ports: str, target: dict[str, int | None]) -> None:
    assert behind(f"{{selector: {{app: api}}, ports: [{ports}]}}") == target


def test_a_headless_service_changes_no_port() -> None:
    spec = "{clusterIP: None, selector: {app: api}, ports: [{port: 8080, targetPort: 80}]}"

    assert set(behind(spec).values()) == {8080}


def test_a_service_without_a_selector_has_no_known_pods() -> None:
    assert behind("{ports: [{port: 80}]}") == {}


def test_a_service_selects_one_pod_of_a_stateful_set_by_its_name() -> None:
    def of(pod: str) -> int:
        spec = f"{{selector: {{statefulset.kubernetes.io/pod-name: {pod}}}, ports: [{{port: 80}}]}}"
        text = f"kind: StatefulSet\nmetadata: {{name: db, namespace: shop}}\n{service(spec)}"
        there = inventory(read_text(text, "f"))
        return len(find_backends(*only(there), there))

    assert (of("db-0"), of("db-11"), of("db"), of("dbx-0")) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("text", "protocol", "found"),
    [
        ("443", None, ServicePort(443, "web", "TCP", 80)),
        ("web", None, ServicePort(443, "web", "TCP", 80)),
        ("443", "UDP", ServicePort(443, "quic", "UDP")),
    ],
)
def test_a_port_has_a_number_or_a_name(text: str, protocol: str | None, found: ServicePort) -> None:
    ports = "[{name: web, port: 443, targetPort: 80}, {name: quic, port: 443, protocol: UDP}]"
    (there,) = known(service(f"{{selector: {{app: api}}, ports: {ports}}}")).services

    assert service_port(there, text, protocol, "--to") == found


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (
            "{ports: [{port: 80, name: web}, {port: 81}]}",
            "--to: must be a port of Service shop/api, got '82/UDP'; its ports are 80/TCP (web), 81/TCP",
        ),
        ("{}", "--to: must be a port of Service shop/api, got '82/UDP'; it has no ports"),
    ],
)
def test_an_unknown_port_is_refused(spec: str, problem: str) -> None:
    (there,) = known(service(spec)).services

    with pytest.raises(InputError) as caught:
        service_port(there, "82", "UDP", "--to")
    assert [str(each) for each in caught.value.problems] == [problem]
