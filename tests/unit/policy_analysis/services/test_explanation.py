from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis import Endpoint
from cdk_eks_cilium.policy_analysis.services import ServiceExplanation, explain_service
from cdk_eks_cilium.problems import InputError
from tests.unit.policy_analysis.services.worlds import evaluation, flow, policy, service, workload

PREFIX = "service.beta.kubernetes.io/aws-load-balancer"
OUTSIDE = Endpoint.address("203.0.113.7")
SHUT = policy(
    "{fromEndpoints: [{matchLabels: {app: web}}], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}"
)
OPEN = "{selector: {app: api}, ports: [{port: 8080, targetPort: PORT}]}"


def explained(text: str, source: Endpoint | None = None, **more: object) -> ServiceExplanation:
    judged = evaluation(text)
    (there,) = judged.inventory.services
    start = source or Endpoint.pod(workload(judged.inventory, "shop/web"))
    return explain_service(judged, start, there, there.ports[0], flow, **more)  # type: ignore[arg-type]


def refusal(text: str, source: Endpoint | None = None, **more: object) -> str:
    with pytest.raises(InputError) as caught:
        explained(text, source, **more)
    (problem,) = caught.value.problems
    return str(problem)


def cases(found: ServiceExplanation) -> dict[str, str]:
    """The verdict of each flow."""
    return {str(case.explanation.flow): case.explanation.verdict for case in found.cases}


def test_policies_see_the_pods_port() -> None:
    found = explained(SHUT + service(OPEN.replace("PORT", "80")))

    assert found.verdict == "allowed"
    assert found.remarks == ("policies see the pods' port, and never the Service's port 8080",)
    assert str(found) == "shop/web -> Service shop/api TCP 8080"
    assert list(cases(found)) == [f"shop/web -> shop/{name} TCP 80" for name in ("api", "old", "bare")]


def test_pods_behind_one_service_may_differ() -> None:
    found = explained(SHUT + service(OPEN.replace("PORT", "http")))

    assert cases(found) == {"shop/web -> shop/api TCP 80": "allowed", "shop/web -> shop/old TCP 81": "denied"}
    assert (found.verdict, found.word, found.allowed) == ("partly", "allowed in part", False)
    assert found.remarks[1:] == ("the Service leaves out shop/bare, without a port called http",)


def test_clients_outside_become_nodes() -> None:
    text = policy("{fromEntities: [cluster]}") + service(OPEN.replace("{sel", "{type: NodePort, sel"))
    found = explained(text.replace("PORT", "80"), OUTSIDE)

    assert found.verdict == "allowed"
    assert {case.explanation.flow.source.name for case in found.cases} == {"host", "remote-node"}
    assert found.remarks[-1] == (
        "policies see the client as a node: the entities cluster and remote-node let in whoever comes"
    )


def test_a_load_balancer_with_ip_targets_that_keeps_clients_needs_a_way_back() -> None:
    annotations = (
        f"{{{PREFIX}-nlb-target-type: ip, {PREFIX}-target-group-attributes: preserve_client_ip.enabled=true}}"
    )
    spec = "{type: LoadBalancer, selector: {app: api}, ports: [{port: 80}]}"
    found = explained(service(spec, annotations=annotations), OUTSIDE)

    assert found.remarks == (
        "with egress 'node' answers to clients outside the VPC are lost, whatever policies say",
    )


def test_an_external_name_is_the_name() -> None:
    found = explained(service("{type: ExternalName, externalName: example.com, ports: [{port: 443}]}"))

    assert list(cases(found)) == ["shop/web -> fqdn example.com TCP 443"]


def test_the_api_servers_service_is_the_entity() -> None:
    text = (
        "---\nkind: Service\nmetadata: {name: kubernetes, namespace: default}\nspec: {ports: [{port: 443}]}\n"
    )

    assert list(cases(explained(text))) == ["shop/web -> entity kube-apiserver TCP 443"]


def test_clients_of_a_headless_service_choose_the_port() -> None:
    found = explained(
        service("{clusterIP: None, selector: {app: api}, ports: [{port: 8080, targetPort: 80}]}")
    )

    assert "shop/web -> shop/api TCP 8080" in cases(found)
    assert found.remarks == (
        "the Service is headless: clients connect to the pods themselves, on the port that they choose, and "
        "its targetPort 80 changes nothing",
    )


def test_the_answer_is_plain_data() -> None:
    data = explained(service("{selector: {old: 'true'}, ports: [{port: 81}]}")).as_json()

    assert {name: data[name] for name in ("source", "destination", "port", "protocol", "verdict")} == {
        "source": "shop/web",
        "destination": "svc/shop/api",
        "port": 81,
        "protocol": "TCP",
        "verdict": "allowed",
    }
    assert [(case["when"], case["destination"]) for case in data["cases"]] == [("", "shop/old")]


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (
            "{ports: [{port: 80}]}",
            "--to: must be a Service with a selector, or with EndpointSlices that list an address for the "
            "port, got 'shop/api'; also name the files with its EndpointSlices, or ask for an address as "
            "cidr:ADDRESS:PORT",
        ),
        (
            "{selector: {app: shed}, ports: [{port: 80}]}",
            "--to: must be a Service with known pods behind it, got 'shop/api'; also name the files with the "
            "pods of shop that have app=shed",
        ),
        (
            "{selector: {app: api}, ports: [{port: 80, targetPort: grpc}]}",
            "--to: must be a Service whose pods have a port called grpc, got 'shop/api'; they have http",
        ),
        (
            "{selector: {bare: 'true'}, ports: [{port: 80, targetPort: grpc}]}",
            "--to: must be a Service whose pods have a port called grpc, got 'shop/api'; they have no port "
            "with a name",
        ),
    ],
)
def test_a_service_without_known_pods_is_refused(spec: str, problem: str) -> None:
    assert refusal(service(spec)) == problem


def test_clients_outside_need_a_way_in() -> None:
    spec = "{selector: {app: api}, ports: [{port: 80}]}"

    assert refusal(service(spec), OUTSIDE) == (
        "--to: must be a Service that clients outside the cluster can reach: a NodePort or a LoadBalancer, "
        "got 'shop/api of type ClusterIP'; name a client in the cluster, or the pods themselves"
    )
    assert refusal(service(spec.replace("{sel", "{type: NodePort, sel")), OUTSIDE, way="loadbalancer") == (
        "--via: must be a way to the Service, got 'loadbalancer'; use nodeport"
    )


SLICE = """---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: api-1, namespace: shop, labels: {kubernetes.io/service-name: api}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.9]}]
ports: [{name: '', port: 5432, protocol: TCP}]
"""


def test_an_address_behind_a_service_is_an_address() -> None:
    found = explained(service("{ports: [{port: 80}]}") + SLICE)

    assert list(cases(found)) == ["shop/web -> address 192.0.2.9 TCP 5432"]
    assert found.remarks == ("policies see the pods' port, and never the Service's port 80",)


def test_an_external_name_may_be_another_service() -> None:
    other = service("{selector: {app: api}, ports: [{port: 80, targetPort: 81}]}", name="there")
    text = service("{type: ExternalName, externalName: there.shop.svc.cluster.local}") + other
    judged = evaluation(text)
    named, there = judged.inventory.services
    web = Endpoint.pod(workload(judged.inventory, "shop/web"))
    found = explain_service(judged, web, named, there.ports[0], flow)

    assert {str(case.explanation.flow.destination) for case in found.cases} == {
        "shop/api",
        "shop/old",
        "shop/bare",
    }
    assert {case.explanation.flow.port for case in found.cases} == {81}
    assert found.remarks[0] == (
        "the Service is another name of there.shop.svc.cluster.local, and changes no port"
    )


def test_the_name_of_a_service_in_no_file_is_a_name() -> None:
    text = service("{type: ExternalName, externalName: there.other.svc, ports: [{port: 80}]}")

    assert list(cases(explained(text))) == ["shop/web -> fqdn there.other.svc TCP 80"]


def test_the_way_must_be_one_of_the_service() -> None:
    plain = service("{selector: {app: api}, ports: [{port: 80}]}")
    assert (
        refusal(plain, way="nodeport") == "--via: must be a way to the Service, got 'nodeport'; leave it out"
    )


def test_only_pods_of_the_own_node_answer_a_local_service() -> None:
    found = explained(service("{internalTrafficPolicy: Local, selector: {app: api}, ports: [{port: 80}]}"))

    assert found.remarks == ("only pods on the client's own node answer (internalTrafficPolicy Local)",)
