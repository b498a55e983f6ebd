from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis import Endpoint, Explanation
from cdk_eks_cilium.policy_analysis.services import with_remarks
from tests.unit.policy_analysis.services.worlds import evaluation, flow, policy, service, workload

SERVICE = service("{selector: {app: api}, ports: [{port: 8080, targetPort: 80}]}")


def explained(text: str, source: str, destination: str, port: int) -> Explanation:
    judged = evaluation(text)
    one, other = (Endpoint.pod(workload(judged.inventory, name)) for name in (source, destination))
    return with_remarks(judged.explain(flow(one, other, port)), judged)


def remarks(
    text: str, source: str = "shop/web", destination: str = "shop/api", port: int = 8080
) -> list[str]:
    return [each for ruling in explained(text, source, destination, port).verdicts for each in ruling.remarks]


def test_a_services_port_is_no_pods() -> None:
    assert remarks(SERVICE) == [
        "no container of shop/api says that it listens on 8080: that is the port of Service shop/api, which "
        "hands connections to the pods' port 80, and policies see that port alone"
    ]


def test_a_pods_own_port_needs_no_remark() -> None:
    assert remarks(SERVICE, port=80) == []
    assert remarks(SERVICE, port=9) == []


def test_pods_that_name_no_ports_get_a_milder_remark() -> None:
    assert remarks(SERVICE, destination="shop/bare") == [
        "8080 is the port of Service shop/api, which hands connections to the pods' port 80, and policies "
        "see that port alone"
    ]


def test_a_range_never_means_a_pod() -> None:
    text = policy("{fromCIDR: [10.0.0.0/8]}")

    assert remarks(text) == [
        "CiliumNetworkPolicy shop/api spec.ingress[0] is for ranges, which never mean a pod, whatever its "
        "address"
    ]
    assert remarks(text + policy("{fromEndpoints: [{}]}", "more")) == []


def test_every_pod_means_every_pod_of_the_own_namespace() -> None:
    text = policy("{fromEndpoints: [{}]}")

    assert remarks(text, "other/api") == [
        "CiliumNetworkPolicy shop/api spec.ingress[0] means every pod of its own namespace shop, and no "
        "other pod"
    ]
    assert remarks(text) == []


DNS_SERVER = """---
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}
"""


def question(*egress: str) -> list[str]:
    """The remarks on a way from shop/web to a name by a policy for it."""
    text = (
        DNS_SERVER + "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
        "metadata: {name: web, namespace: shop}\n"
        f"spec: {{endpointSelector: {{matchLabels: {{app: web}}}}, egress: [{', '.join(egress)}]}}\n"
    )
    judged = evaluation(text)
    web = Endpoint.pod(workload(judged.inventory, "shop/web"))
    found = with_remarks(judged.explain(flow(web, Endpoint.fqdn("www.example.org"), 443)), judged)
    assert found.allowed
    assert found.egress is not None
    return list(found.egress.remarks)


EVERYWHERE = "{toCIDR: [0.0.0.0/0], toPorts: [{ports: [{port: '443'}]}]}"
SERVERS = "toEndpoints: [{matchLabels: {k8s-app: kube-dns, io.kubernetes.pod.namespace: kube-system}}]"


def asking(name: str, port: str = "53") -> str:
    return (
        f"{{{SERVERS}, toPorts: [{{ports: [{{port: '{port}'}}], rules: {{dns: [{{matchName: {name}}}]}}}}]}}"
    )


def test_a_name_that_the_dns_proxy_refuses_gets_a_remark() -> None:
    assert question(EVERYWHERE, asking("pay.example.com")) == [
        "but shop/web cannot ask DNS for the name: no DNS rule matches it, and Cilium's proxy refuses the "
        "question; add matchName: www.example.org to rules.dns of CiliumNetworkPolicy shop/web spec.egress[1]"
    ]


def test_a_name_that_a_pod_without_dns_reaches_gets_a_remark() -> None:
    text = "but shop/web cannot ask DNS for the name: no rule opens port 53 of the DNS servers"
    assert question(EVERYWHERE) == [text]
    assert question(EVERYWHERE, "{toEndpoints: [{matchLabels: {app: api}}]}") == [text]


@pytest.mark.parametrize(
    "egress",
    [
        asking("www.example.org"),
        f"{{{SERVERS}, toPorts: [{{ports: [{{port: '53'}}]}}]}}",
        f"{{{SERVERS}, toPorts: [{{ports: [{{port: dns}}]}}]}}",
        f"{{{SERVERS}}}",
        "{toEntities: [cluster]}",
        "{toEndpoints: [{matchLabels: {app: unknown}}]}",
    ],
)
def test_a_name_that_a_pod_can_ask_for_needs_no_remark(egress: str) -> None:
    assert question(EVERYWHERE, egress) == []
