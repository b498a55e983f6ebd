from __future__ import annotations

from cdk_eks_cilium.policy_analysis import Endpoint, Matrix
from cdk_eks_cilium.policy_analysis.services import ServiceReach, reach_services
from tests.unit.policy_analysis.services.worlds import evaluation, policy, service

FROM_WEB = "fromEndpoints: [{matchLabels: {app: web}}]"


def reached(text: str) -> dict[str, ServiceReach]:
    """What each workload may reach of the only Service."""
    judged = evaluation(text)
    sides = [Endpoint.pod(one) for one in judged.inventory.workloads]
    found = reach_services(
        Matrix(judged, sides), [*sides, Endpoint.entity("world")], judged.inventory.services
    )
    return {str(one.source): one for one in found}


def test_ports_are_the_services_own() -> None:
    allowed = policy(f"{{{FROM_WEB}, toPorts: [{{ports: [{{port: '80', protocol: TCP}}]}}]}}")
    found = reached(
        allowed + service("{selector: {app: api}, ports: [{port: 8080, targetPort: 80}, {port: 9}]}")
    )

    assert str(found["shop/web"]) == "TCP 8080"
    assert "shop/old" not in found
    assert found["shop/web"].as_json() == {
        "source": "shop/web",
        "destination": "svc/shop/api",
        "ports": "TCP 8080",
        "limited": "",
        "limits": [],
        "denied": "",
        "unknown": "",
        "missing": [],
    }


def test_ports_that_only_some_pods_answer_are_open_in_part() -> None:
    allowed = policy(f"{{{FROM_WEB}, toPorts: [{{ports: [{{port: '80', protocol: TCP}}]}}]}}")
    found = reached(allowed + service("{selector: {app: api}, ports: [{port: 8080, targetPort: http}]}"))

    assert str(found["shop/web"]) == "TCP 8080 in part"


def test_ports_with_rules_for_requests_are_open_in_part() -> None:
    http = "rules: {http: [{method: GET}]}"
    allowed = policy(f"{{{FROM_WEB}, toPorts: [{{ports: [{{port: '80', protocol: TCP}}], {http}}}]}}")
    found = reached(allowed + service("{selector: {old: 'true'}, ports: [{port: 80}]}"))

    assert str(found["shop/web"]) == "TCP 80 in part"


def test_a_pod_reaches_itself_through_a_service() -> None:
    shut = policy("{}")
    found = reached(shut + service("{selector: {bare: 'true'}, ports: [{port: 80}]}"))

    assert {name: str(one) for name, one in found.items()} == {"shop/bare": "TCP 80"}
