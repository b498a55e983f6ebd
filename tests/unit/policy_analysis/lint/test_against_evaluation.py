"""Findings about parts of policies without effect, compared with the evaluation of the policies."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy.documents import parse
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Matrix
from cdk_eks_cilium.policy_analysis.lint import LintFinding, lint
from cdk_eks_cilium.policy_analysis.workloads import Inventory, NamedPort, Workload
from cdk_eks_cilium.versions.cilium import CiliumVersion

NAMES = ("api.example.com", "www.example.com", "example.org")
PODS = tuple(
    Workload(namespace, f"{app}-{tier}", {"app": app, "tier": tier}, ports=ports)
    for namespace, app, tier, ports in (
        ("a", "x", "front", (NamedPort("http", 80),)),
        ("a", "y", "front", (NamedPort("http", 8080),)),
        ("a", "y", "back", ()),
        ("b", "x", "back", (NamedPort("http", 80),)),
    )
)
INVENTORY = Inventory(PODS, {"a": {}, "b": {}})
OTHERS = (
    *(Endpoint.entity(name) for name in ("host", "remote-node", "world", "kube-apiserver", "health")),
    *(Endpoint.address(text) for text in ("10.0.0.1", "10.1.0.1", "192.0.2.1")),
)
EVERYONE = (*(Endpoint.pod(each) for each in PODS), *OTHERS)

labels = st.fixed_dictionaries(
    {},
    optional={
        "app": st.sampled_from(["x", "y"]),
        "tier": st.sampled_from(["front", "back"]),
        "k8s:io.kubernetes.pod.namespace": st.sampled_from(["a", "b"]),
    },
)
expressions = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "key": st.just("app"),
                "operator": st.sampled_from(["In", "NotIn"]),
                "values": st.lists(st.sampled_from(["x", "y"]), min_size=1, unique=True),
            }
        ),
        st.fixed_dictionaries(
            {
                "key": st.sampled_from(
                    ["io.kubernetes.pod.namespace", "io.cilium.k8s.namespace.labels.team"]
                ),
                "operator": st.just("NotIn"),
                "values": st.just(["b"]),
            }
        ),
        st.fixed_dictionaries(
            {
                "key": st.sampled_from(["tier", "k8s:app", "none"]),
                "operator": st.sampled_from(["Exists", "DoesNotExist"]),
            }
        ),
    ),
    max_size=1,
)
selectors = st.fixed_dictionaries({"matchLabels": labels, "matchExpressions": expressions})
ranges = st.sampled_from(["10.0.0.0/8", "10.0.0.0/16", "10.0.0.1/32", "0.0.0.0/0"])
range_sets = st.one_of(
    st.fixed_dictionaries({"cidr": ranges}),
    st.just({"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}),
)
entities = st.lists(
    st.sampled_from(["all", "world", "cluster", "host", "remote-node", "kube-apiserver"]),
    min_size=1,
    max_size=2,
    unique=True,
)
port_lists = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"port": st.sampled_from(["80", "443", "http", "0"])},
            optional={"protocol": st.just("TCP")},
        ),
        st.just({"port": "80", "endPort": 500, "protocol": "TCP"}),
    ),
    min_size=1,
    max_size=2,
)
plain_ports = st.fixed_dictionaries({"ports": port_lists})
http_ports = st.just({"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "GET"}]}})


@cache
def lists(direction: str, denies: bool) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(items(direction, denies), max_size=3)


def items(direction: str, denies: bool) -> st.SearchStrategy[dict[str, Any]]:
    side = "from" if direction == "ingress" else "to"
    peers: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.just({}),
        st.lists(selectors, max_size=2).map(lambda each: {f"{side}Endpoints": each}),
        entities.map(lambda each: {f"{side}Entities": each}),
        st.lists(ranges, min_size=1, max_size=2).map(lambda each: {f"{side}CIDR": each}),
        st.lists(range_sets, min_size=1, max_size=2).map(lambda each: {f"{side}CIDRSet": each}),
    )
    rules = plain_ports if denies else st.one_of(plain_ports, http_ports)
    ports: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.just({}), st.lists(rules, max_size=2).map(lambda each: {"toPorts": each})
    )
    return st.builds(lambda one, other: {**one, **other}, peers, ports)


namespaces = st.sampled_from(["a", "b", None])


@st.composite
def policies(draw: st.DrawFn) -> list[Policy]:
    made = []
    for number in range(draw(st.integers(1, 3))):
        spec: dict[str, Any] = {"endpointSelector": draw(selectors)}
        for section in ("ingress", "ingressDeny", "egress", "egressDeny"):
            direction = section.removesuffix("Deny")
            some = draw(lists(direction, section != direction))
            if some:
                spec[section] = some
        namespace = draw(namespaces)
        kind = "CiliumNetworkPolicy" if namespace else "CiliumClusterwideNetworkPolicy"
        metadata = {"name": f"p{number}"} | ({"namespace": namespace} if namespace else {})
        made.append(parse({"kind": kind, "metadata": metadata, "spec": spec}))
    return made


def reach(some: list[Policy], version: CiliumVersion) -> list[tuple[str, str, str, str, str]]:
    matrix = Matrix(Evaluation(some, INVENTORY, version=version), EVERYONE)
    return [
        (str(one), str(other), str(found.ports), str(found.limited), str(found.limits))
        for one in EVERYONE
        for other in EVERYONE
        if one.workload is not None or other.workload is not None
        for found in [matrix.reach(one, other)]
    ]


def without(some: list[Policy], found: LintFinding) -> list[Policy]:
    """The policies with an empty item, which isolates and allows nothing, in place of the reported item."""
    place = re.fullmatch(r"spec\.(\w+)\[(\d+)\](?:\.toPorts\[(\d+)\])?", found.where.path)
    assert place is not None
    changed = []
    for policy in some:
        data = policy.manifest()
        if found.where.policy.split("/")[-1].split()[-1] == policy.name:
            section = data["spec"][place[1]]
            if place[3] is None:
                section[int(place[2])] = {}
            else:
                del section[int(place[2])]["toPorts"][int(place[3])]["rules"]
        changed.append(parse(data))
    return changed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), st.sampled_from([CiliumVersion.V1_18, CiliumVersion.V1_20]))
def test_what_is_called_useless_changes_nothing(some: list[Policy], version: CiliumVersion) -> None:
    before = reach(some, version)

    for found in {*lint(some, version=version), *lint(some, INVENTORY, version)}:
        if found.id in ("CNP016", "CNP019", "CNP020"):
            assert reach(without(some, found), version) == before, found


names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2).map(
    lambda each: {"toFQDNs": [{"matchName": name} for name in each]}
)
askable = st.lists(
    st.sampled_from(
        [
            {"matchPattern": "*"},
            {"matchPattern": "*.example.com"},
            {"matchName": "example.org"},
            {"matchPattern": "w*.example.com"},
        ]
    ),
    min_size=1,
    max_size=2,
).map(lambda each: {"toPorts": [{"ports": [{"port": "53"}], "rules": {"dns": each}}]})


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", None]), selectors, st.lists(st.one_of(names, askable), max_size=3)
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_name_has_a_finding_where_a_pod_cannot_ask_for_it(parts: list[Any]) -> None:
    some = []
    for number, (namespace, selector, egress) in enumerate(parts):
        kind = "CiliumNetworkPolicy" if namespace else "CiliumClusterwideNetworkPolicy"
        metadata = {"name": f"p{number}"} | ({"namespace": namespace} if namespace else {})
        spec = {"endpointSelector": selector, "egress": egress or [{}]}
        some.append(parse({"kind": kind, "metadata": metadata, "spec": spec}))
    evaluation = Evaluation(some, INVENTORY)
    blamed = {
        (one.where.policy, one.where.path) for one in lint(some, INVENTORY) if one.id in ("CNP002", "CNP003")
    }

    for pod in PODS:
        for rule in evaluation.selecting(pod):
            for item in rule.items("egress"):
                for name in getattr(item.item, "to_fqdns", None) or ():
                    if not evaluation.dns_query_places(pod, name.text):
                        assert (item.place.policy, f"{item.place.path}.toFQDNs") in blamed
    for policy, path in blamed:
        assert any(
            not evaluation.dns_query_places(pod, name.text)
            for pod in PODS
            for rule in evaluation.selecting(pod)
            for item in rule.items("egress")
            if (item.place.policy, f"{item.place.path}.toFQDNs") == (policy, path)
            for name in getattr(item.item, "to_fqdns", ())
        ) or not any(item.place.policy == policy for pod in PODS for item in evaluation.selecting(pod))
