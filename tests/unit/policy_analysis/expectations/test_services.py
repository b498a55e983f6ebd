"""Expectations about Services."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.policy_analysis import Endpoint
from cdk_eks_cilium.policy_analysis.expectations import (
    Expectation,
    ExpectationFile,
    ExpectationOutcome,
    check_expectations,
)
from cdk_eks_cilium.policy_analysis.services import ServiceProxy, Way, explain_service
from cdk_eks_cilium.problems import InputError
from tests.unit.policy_analysis.services.worlds import evaluation, flow, policy, service, workload

PLAIN = "{selector: {app: api}, ports: [{name: web, port: 8080, targetPort: http}]}"
NODE_PORT = (
    "{type: NodePort, selector: {old: 'true'}, ports: [{port: 8080, targetPort: 81, nodePort: 30080}]}"
)
OPEN_80 = policy("{toPorts: [{ports: [{port: '80'}]}]}")


def expecting(**fields: Any) -> Expectation:
    plain = {
        "name": "web reaches the API",
        "from": "shop/web",
        "to": "svc/shop/api:8080",
        "expect": "allowed",
    }
    (read,) = ExpectationFile.read({"expectations": [{**plain, **fields}]}, "").expectations
    return read


def outcome(text: str, proxy: ServiceProxy = "kube-proxy", /, **fields: Any) -> ExpectationOutcome:
    (found,) = check_expectations(evaluation(text), [expecting(**fields)], proxy)
    return found


def problems(text: str, **fields: Any) -> list[str]:
    found = outcome(text, **fields)
    assert found.status == "means nothing"
    return [str(each) for each in found.problems]


def test_every_pod_behind_a_service_is_asked_at_its_own_port() -> None:
    found = outcome(OPEN_80 + service(PLAIN))

    assert (found.status, found.asked, found.failing) == ("fails", 2, 1)
    assert str(found.flows[0]) == "shop/web -> svc/shop/api TCP 8080 (shop/old TCP 81): denied"
    assert found.flows[0].as_json()["service"] == "svc/shop/api"


@pytest.mark.parametrize("port", ["8080", "web", "*", "8080/TCP"])
def test_ports_are_those_of_the_service(port: str) -> None:
    assert outcome(service(PLAIN), to=f"svc/shop/api:{port}").status == "holds"


def test_a_name_with_a_star_means_several_services() -> None:
    text = service(PLAIN) + service(PLAIN, name="other")

    assert outcome(text, to="svc/shop/*:8080").asked == 4


def test_a_client_outside_is_asked_as_the_pods_see_it() -> None:
    text = policy("{fromEntities: [remote-node]}") + service(NODE_PORT)
    outside: dict[str, Any] = {"from": "entity:world", "expect": "denied"}
    found = outcome(text, **outside)

    assert [str(one) for one in found.flows] == [
        "entity world -> svc/shop/api TCP 8080 (shop/old TCP 81, where the pod is on the node that the "
        "request comes to, whose address it gets): allowed",
        "entity world -> svc/shop/api TCP 8080 (shop/old TCP 81, where the pod is on another node, and the "
        "request gets the first node's address): allowed",
    ]


def test_both_answers_of_a_node_port_count() -> None:
    text = service(NODE_PORT) + (
        "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        "spec: {endpointSelector: {matchLabels: {app: web}}, egress: [{toEntities: [host]}]}\n"
    )
    target = {"side": "svc/shop/api", "ports": 8080, "via": "nodeport"}
    found = outcome(text, to=target)

    assert (found.asked, found.failing) == (4, 2)
    assert [ruling.direction for ruling in found.flows[0].rulings] == ["egress", "ingress"]
    assert outcome(text, "cilium", to=target).asked == 1


def test_what_policies_say_of_requests_counts() -> None:
    only = "{toPorts: [{ports: [{port: '81', protocol: TCP}], rules: {http: [{method: GET}]}}]}"
    text = policy(only) + service(NODE_PORT)

    assert outcome(text, http="GET /").status == "holds"
    assert outcome(text, http="POST /").status == "fails"


@pytest.mark.parametrize(
    ("spec", "fields", "problem"),
    [
        (
            PLAIN,
            {"to": "svc/shop/api:81"},
            "expectations[0].to.ports: must be a port of Service shop/api, got '81'; its ports are 8080/TCP "
            "(web)",
        ),
        (
            PLAIN,
            {"to": "svc/shop/apy:8080"},
            "expectations[0].to: must match a Service, got 'svc/shop/apy'; did you mean 'shop/api'?",
        ),
        (
            "{selector: {app: shed}, ports: [{port: 8080}]}",
            {},
            "expectations[0].to: must be a Service with known pods behind it, got 'shop/api'; also name the "
            "files with the pods of shop that have app=shed",
        ),
        (
            "{ports: [{port: 8080}]}",
            {},
            "expectations[0].to: must be a Service with a selector, or with EndpointSlices that list an "
            "address for the port, got 'shop/api'; also name the files with its EndpointSlices, or ask for "
            "an address as cidr:ADDRESS:PORT",
        ),
        (
            PLAIN,
            {"from": "entity:world"},
            "expectations[0].to: must be a Service that clients outside the cluster can reach: a NodePort or "
            "a LoadBalancer, got 'shop/api of type ClusterIP'; name a client in the cluster, or the pods "
            "themselves",
        ),
        (
            PLAIN,
            {"to": {"side": "svc/shop/api", "ports": 8080, "via": "nodeport"}},
            "expectations[0].to.via: must be a way to the Service, got 'nodeport'; leave it out",
        ),
        (
            PLAIN,
            {"from": "svc/shop/api"},
            "expectations[0].from: must not be a Service, which begins no connection, got 'svc/shop/api'; "
            "name the pods behind it",
        ),
    ],
)
def test_what_means_nothing_says_why(spec: str, fields: dict[str, Any], problem: str) -> None:
    assert problems(service(spec), **fields)[0] == problem


@pytest.mark.parametrize(
    ("to", "problem"),
    [
        (
            "svc/api:80",
            "expectations[0].to[0]: must be svc/NAMESPACE/NAME, got 'svc/api'; write svc/shop/api, or "
            "svc/shop/* for all of a namespace",
        ),
        (
            {"side": "shop/api", "ports": 80, "via": "nodeport"},
            "expectations[0].to[0]: must have via with a Service alone, got 'shop/api'; name "
            "svc/NAMESPACE/NAME",
        ),
        (
            {"except": "entity:world", "ports": 80},
            "expectations[0].to[0]: must have workloads alone under except; leave other sides out",
        ),
    ],
)
def test_patterns_that_contradict_themselves_are_refused(to: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        expecting(to=to)
    assert [str(each) for each in caught.value.problems] == [problem]


def test_the_port_may_stand_in_the_side() -> None:
    (read,) = expecting(to={"side": "svc/shop/api:8080", "via": "nodeport"}).to
    (whole,) = expecting(to={"side": "svc/shop/api", "ports": 8080, "via": "nodeport"}).to
    assert read == whole


@pytest.mark.parametrize("side", ["svc/shop/api", "entity:world", "cidr:"])
def test_a_side_without_a_port_needs_ports(side: str) -> None:
    with pytest.raises(InputError) as caught:
        expecting(to={"side": side})
    assert "expectations[0].to[0].ports: must be given" in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "fix"),
    [
        ("via", "nodeport", "write 'to: {side: svc/shop/api:8080, via: nodeport}'"),
        ("ports", "80", "write 'to: {side: shop/api, ports: 8080}'"),
        ("labels", "a", "write it in to or from, as in 'from: {namespace: shop, labels: {app: api}}'"),
    ],
)
def test_a_field_of_a_side_is_told_its_place(field: str, value: str, fix: str) -> None:
    with pytest.raises(InputError) as caught:
        expecting(**{field: value})
    (problem,) = caught.value.problems
    assert str(problem) == f"expectations[0].{field}: is not a field here, got {value!r}; {fix}"


@given(
    st.sampled_from(["{}", "{fromEntities: [host]}", "{toPorts: [{ports: [{port: '80'}]}]}"]),
    st.sampled_from([PLAIN, NODE_PORT]),
    st.sampled_from([None, "nodeport"]),
    st.sampled_from(get_args(ServiceProxy)),
)
def test_an_expectation_says_what_explain_says(
    ingress: str, spec: str, way: Way | None, proxy: ServiceProxy
) -> None:
    judged = evaluation(policy(ingress) + service(spec))
    (there,) = judged.inventory.services
    web = Endpoint.pod(workload(judged.inventory, "shop/web"))
    target = {"side": "svc/shop/api", "ports": 8080, **({"via": way} if way else {})}
    (found,) = check_expectations(judged, [expecting(to=target)], proxy)
    try:
        said = explain_service(judged, web, there, there.ports[0], flow, way=way, proxy=proxy)
    except InputError:
        assert found.status == "means nothing"
        return
    assert found.asked == len(said.cases)
    assert (found.status == "holds") == said.allowed
