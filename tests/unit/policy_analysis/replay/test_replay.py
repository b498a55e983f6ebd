from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy import load_policies, read_text
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis import Endpoint, Evaluation, Flow, Inventory, Ruling, inventory
from cdk_eks_cilium.policy_analysis.flows import LineReader, Recording
from cdk_eks_cilium.policy_analysis.replay import Replay, ReplayReport, report
from tests.hubble_flows import DROPPED, LEAVING, WORLD, Json, flow, line, pod, question, request, reserved
from tests.unit.policy_analysis.evaluation.worlds import drawn_parts

WEB, API, DNS = pod("web"), pod("api"), pod("coredns", {"k8s-app": "kube-dns"}, namespace="kube-system")

API_TAKES_WEB = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "8443", protocol: TCP}]}]
"""
WEB_LEAVES = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
"""


class Given(LineReader):
    def __init__(self, records: Sequence[Json]) -> None:
        super().__init__([])
        self._records = records

    def __iter__(self) -> Iterator[bytes]:
        for record in self._records:
            yield line(record).encode() + b"\n"


def replay(policies: str, *records: Json, **options: Any) -> ReplayReport:
    documents = read_text(policies, "policies.yaml")
    made = Replay(load_policies(documents), inventory(documents))
    return made.run(Recording(Given(records), headers=made.headers, **options))


def found(result: ReplayReport) -> list[tuple[object, ...]]:
    return [
        (one.group.kind, one.group.was, one.group.direction, one.group.deciding, one.records)
        for one in result.changes()
    ]


def test_what_passes_and_would_be_denied_is_found_with_the_rule() -> None:
    result = replay(API_TAKES_WEB, flow(WEB, API, 8443), flow(WEB, API, 80), flow(pod("db"), API, 8443))
    spec = ("CiliumNetworkPolicy shop/api spec",)
    assert found(result) == [("denied", "forwarded", "ingress", spec, 1)] * 2
    assert [str(one.group.source) for one in result.changes()] == ["shop/db", "shop/web"]
    assert (result.judged, result.same, result.conversations) == (3, 1, 3)


def test_what_is_refused_and_would_pass_is_found_with_the_rule() -> None:
    result = replay(API_TAKES_WEB, flow(WEB, API, 8443, **DROPPED))
    assert found(result) == [
        ("opened", "denied", "ingress", ("CiliumNetworkPolicy shop/api spec.ingress[0]",), 1)
    ]


def test_what_stays_refused_does_not_change() -> None:
    assert found(replay(API_TAKES_WEB, flow(WEB, API, 80, **DROPPED))) == []


def test_what_its_source_would_refuse_counts_where_it_arrived() -> None:
    result = replay(WEB_LEAVES + "  - toEntities: [world]\n", flow(WEB, API, 8443))
    assert found(result) == [("denied", "forwarded", "egress", ("CiliumNetworkPolicy shop/web spec",), 1)]


def test_a_packet_that_the_other_side_would_still_refuse_does_not_change() -> None:
    dropped = DROPPED | {"traffic_direction": "EGRESS"}
    assert found(replay(API_TAKES_WEB, flow(WEB, API, 80, **dropped))) == []


def test_a_refusal_at_the_destination_counts_at_the_destination() -> None:
    leaving, dropped = flow(WEB, API, 80, **LEAVING), flow(WEB, API, 80, **DROPPED)
    result = replay(API_TAKES_WEB, leaving, dropped)
    assert (found(result), result.same) == ([], 2)


def test_without_a_record_of_the_destination_its_refusal_is_not_known() -> None:
    result = replay(API_TAKES_WEB, flow(WEB, API, 80, **LEAVING))
    (change,) = result.changes()
    assert (change.group.kind, change.group.direction) == ("unknown", "ingress")
    assert change.group.reason == "what its destination did, which no record shows"


def test_what_audit_mode_let_through_would_be_denied_without_it() -> None:
    result = replay(API_TAKES_WEB, flow(WEB, API, 80, verdict="AUDIT"), flow(WEB, API, 8443, verdict="AUDIT"))
    assert found(result) == [("denied", "audited", "ingress", ("CiliumNetworkPolicy shop/api spec",), 1)]


def test_labels_count_as_they_were_in_the_flow() -> None:
    other = pod("web", {"app": "web", "version": "2"})
    policies = API_TAKES_WEB.replace("{app: web}", '{app: web, version: "2"}')
    result = replay(policies, flow(WEB, API, 8443), flow(other, API, 8443))
    assert [(one.group.source, one.records) for one in result.changes()] == [("shop/web", 1)]
    assert result.same == 1


def test_labels_of_namespaces_are_those_of_identities() -> None:
    labels = "k8s:io.cilium.k8s.namespace.labels.team"
    policies = API_TAKES_WEB.replace("{app: web}", f'{{"{labels}": red}}')
    near = WEB | {"labels": [*WEB["labels"], f"{labels}=red"]}
    assert found(replay(policies, flow(near, API, 8443))) == []
    assert len(found(replay(policies, flow(WEB, API, 8443)))) == 1


def test_a_namespace_in_the_files_is_part_of_the_proposal() -> None:
    namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: red}}\n"
    policies = API_TAKES_WEB.replace("{app: web}", '{"k8s:io.cilium.k8s.namespace.labels.team": red}')
    assert found(replay(policies + namespace, flow(WEB, API, 8443))) == []


def test_names_of_ports_come_from_workloads_in_the_files() -> None:
    deployment = """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, ports: [{name: https, containerPort: 8443}]}]}
"""
    policies = API_TAKES_WEB.replace('"8443"', "https")
    assert found(replay(policies + deployment, flow(WEB, API, 8443))) == []


NAMES = """  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*.example.com"}]}}]
  - toFQDNs: [{matchName: pay.example.com}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
"""


def outside(names: list[str], address: str = "203.0.113.7", **fields: Any) -> Json:
    addresses = {"source": "100.64.0.1", "destination": address}
    return flow(WEB, WORLD, 443, destination_names=names, IP=addresses, **LEAVING | fields)


def test_one_of_the_names_of_an_address_is_enough() -> None:
    result = replay(WEB_LEAVES + NAMES, outside(["other.example.com", "pay.example.com"]))
    assert found(result) == []


def test_another_name_would_be_denied() -> None:
    (change,) = replay(WEB_LEAVES + NAMES, outside(["other.example.com"])).changes()
    assert (change.group.kind, change.group.destination) == ("denied", "fqdn other.example.com")


def test_an_address_without_a_name_may_have_a_name_later() -> None:
    (change,) = replay(WEB_LEAVES + NAMES, outside([])).changes()
    assert change.group.destination == "world"


def test_ranges_mean_addresses_that_have_names() -> None:
    policies = WEB_LEAVES + "  - toCIDR: [203.0.113.0/24]\n"
    assert found(replay(policies, outside(["pay.example.com"]))) == []
    assert len(found(replay(policies, outside(["pay.example.com"], "198.51.100.1")))) == 1


def test_ranges_mean_the_api_server_outside() -> None:
    server = reserved("kube-apiserver", "world")
    policies = WEB_LEAVES + "  - toCIDR: [203.0.113.0/24]\n"
    addresses = {"source": "100.64.0.1", "destination": "203.0.113.9"}
    assert found(replay(policies, flow(WEB, server, 443, IP=addresses, **LEAVING))) == []


def test_callers_are_known_by_their_addresses() -> None:
    policies = API_TAKES_WEB.replace(
        "fromEndpoints: [{matchLabels: {app: web}}]", "fromCIDR: [203.0.113.0/24]"
    )
    addresses = {"source": "203.0.113.9", "destination": "100.64.0.2"}
    record = flow(WORLD, API, 8443, IP=addresses, source_names=["x.example"])
    assert found(replay(policies, record)) == []


def test_questions_are_judged_by_dns_rules() -> None:
    asked = [flow(WEB, DNS, 53, "UDP", **question(name)) for name in ("pay.example.com", "evil.test")]
    result = replay(WEB_LEAVES + NAMES, *asked)
    (change,) = result.changes()
    assert change.group.kind == "denied"
    assert change.group.reason == "the port is open, but only for DNS *.example.com"
    assert change.examples[0].endswith("DNS evil.test")
    assert result.same == 1


def test_packets_of_questions_pass_with_their_questions() -> None:
    asked = flow(WEB, DNS, 53, "UDP", **question("pay.example.com"))
    packet = flow(WEB, DNS, 53, "UDP", **LEAVING | {"verdict": "REDIRECTED"})
    assert replay(WEB_LEAVES + NAMES, asked, packet).same == 2


def test_packets_without_recorded_questions_are_not_known() -> None:
    (change,) = replay(WEB_LEAVES + NAMES, flow(WEB, DNS, 53, "UDP", **LEAVING)).changes()
    assert (change.group.kind, change.group.reason) == ("unknown", "requests, which were not recorded")


def test_a_dns_rule_for_every_name_lets_every_packet_through() -> None:
    every = NAMES.replace('"*.example.com"', '"*"')
    assert found(replay(WEB_LEAVES + every, flow(WEB, DNS, 53, "UDP", **LEAVING))) == []


REQUESTS = API_TAKES_WEB.replace(
    "protocol: TCP}]}]", 'protocol: TCP}], rules: {http: [{method: GET, path: "/items/[0-9]+"}]}}]'
)


def test_requests_are_judged_one_by_one() -> None:
    seen = [flow(WEB, API, 8443, **request("GET", f"http://api/items/{each}")) for each in ("7", "x")]
    result = replay(REQUESTS, *seen)
    (change,) = result.changes()
    assert change.group.reason == "the port is open, but only for HTTP GET /items/[0-9]+"
    assert change.examples[0].endswith("GET /items/x")


def test_a_request_that_a_proxy_refused_may_pass() -> None:
    seen = flow(WEB, API, 8443, **request("GET", "http://api/items/7", verdict="DROPPED"))
    assert [one[0] for one in found(replay(REQUESTS, seen))] == ["opened"]


def test_only_headers_that_rules_name_tell_requests_apart() -> None:
    policies = REQUESTS.replace("method: GET", 'headers: ["X-Token: 1"], headerMatches: [{name: X-B}]')
    assert Replay(load_policies(read_text(policies, "x"))).headers == {"x-token", "x-b"}
    asked = [
        flow(WEB, API, 8443, **request("GET", "http://api/items/7", {"X-Request-Id": str(each)}))
        for each in range(9)
    ]
    assert replay(REQUESTS, *asked).conversations == 1


def test_redacted_headers_are_not_known() -> None:
    policies = REQUESTS.replace("method: GET", 'headers: ["X-Token 1"], method: GET')
    seen = flow(WEB, API, 8443, **request("GET", "http://api/items/7", {"X-Token": "HUBBLE_REDACTED"}))
    (change,) = replay(policies, seen).changes()
    assert (change.group.kind, change.group.reason) == ("unknown", "headers, which Hubble redacted")


FAR = pod("web", cluster="far")


def test_pods_of_another_cluster_are_meant_by_their_labels() -> None:
    seen = (flow(WEB, API, 8443), flow(API, WEB), flow(FAR, API, 8443))
    # A selector that names no cluster means this one.
    (change,) = replay(API_TAKES_WEB, *seen).changes()
    assert (change.group.kind, change.group.source) == ("denied", "shop/web of cluster far")

    named = API_TAKES_WEB.replace("app: web", "app: web, io.cilium.k8s.policy.cluster: far")
    changes = list(replay(named, *seen).changes())
    assert [one.group.source for one in changes] == ["shop/web"]


@pytest.mark.parametrize(("entity", "kinds"), [("cluster", ["denied"]), ("cluster-mesh", [])])
def test_entities_mean_pods_of_other_clusters_or_not(entity: str, kinds: list[str]) -> None:
    policies = API_TAKES_WEB.replace(
        "fromEndpoints: [{matchLabels: {app: web}}]", f"fromEntities: [{entity}]"
    )
    result = replay(policies, flow(WEB, API, 8443), flow(API, WEB), flow(FAR, API, 8443))
    assert [one.group.kind for one in result.changes()] == kinds


def test_policies_select_no_pod_of_another_cluster() -> None:
    policies = WEB_LEAVES + "  - toEntities: [world]\n"
    seen = (flow(API, WEB), flow(DNS, API), flow(FAR, API, 8443), flow(FAR, API, 8443, **LEAVING))
    assert list(replay(policies, *seen).changes()) == []


def test_flows_between_other_clusters_are_not_judged() -> None:
    result = replay(API_TAKES_WEB, flow(WEB, API, 8443), flow(API, WEB), flow(FAR, pod("x", cluster="far")))
    assert result.unjudged == {"between pods of other clusters, whose policies decide": 1}


def test_what_is_not_judged_is_counted_by_reason() -> None:
    result = replay(API_TAKES_WEB, flow(WEB, API, is_reply=True), flow(WEB, API, verdict="TRACED"))
    assert result.unjudged == {
        "an answer, which passes with its connection": 1,
        "no policy had decided yet (verdict TRACED)": 1,
    }


def test_batches_add_up() -> None:
    records = [flow(pod(f"p{n}"), API, 80) for n in range(7)]
    whole, parts = replay(API_TAKES_WEB, *records), replay(API_TAKES_WEB, *records, most_pending=2)
    assert whole.as_json() == parts.as_json()


def test_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST_GROUPS", 2)
    result = replay(API_TAKES_WEB, *(flow(WEB, API, port) for port in range(5)))
    assert (len(result.changes()), result.further, result.changed["denied"]) == (2, 3, 5)


def test_the_report_is_plain_data() -> None:
    data = replay(API_TAKES_WEB, flow(WEB, API, 80)).as_json()
    assert data == {
        "judged": 1,
        "same": 0,
        "denied": 1,
        "opened": 0,
        "unknown": 0,
        "conversations": 1,
        "changes": [
            {
                "change": "denied",
                "was": "forwarded",
                "source": "shop/web",
                "destination": "shop/api",
                "protocol": "TCP",
                "port": 80,
                "direction": "ingress",
                "deciding": ["CiliumNetworkPolicy shop/api spec"],
                "reason": "policies isolate shop/api for ingress, and no rule allows it",
                "flows": 1,
                "first": "2026-11-30T12:00:00.000000001Z",
                "last": "2026-11-30T12:00:00.000000001Z",
                "examples": [
                    "2026-11-30T12:00:00.000000001Z shop/web-6d4cf56db6-x2x7z -> "
                    "shop/api-6d4cf56db6-x2x7z on node-1"
                ],
            }
        ],
        "further": 0,
        "windows": {"2026-11-30T12": {"denied": 1, "opened": 0, "unknown": 0}},
        "unjudged": {},
    }


_OUTSIDE = {
    "entity host": (Endpoint.entity("host"), reserved("host")),
    "entity remote-node": (Endpoint.entity("remote-node"), reserved("remote-node")),
    "entity health": (Endpoint.entity("health"), reserved("health")),
    "address": (Endpoint.address("203.0.113.7"), WORLD),
    "name": (Endpoint.fqdn("a.example.com", "203.0.113.200"), WORLD),
    "api server": (
        Endpoint.entity("kube-apiserver", "198.51.100.7"),
        reserved("kube-apiserver", "world"),
    ),
}


def recorded(
    evaluation: Evaluation, source: str, destination: str, port: int, protocol: str
) -> Iterator[Json]:
    """What Hubble would record of a connection under the policies of an evaluation."""
    begins, ends = _side(evaluation, source), _side(evaluation, destination)
    found = evaluation.explain(Flow(begins[0], ends[0], port, protocol))
    common: Json = {
        "IP": {
            "source": str(begins[0].ip or "100.64.0.1"),
            "destination": str(ends[0].ip or "100.64.0.2"),
        },
    }
    if ends[0].kind == "fqdn":
        common["destination_names"] = [ends[0].name]
    sides = begins[1], ends[1], port, protocol
    if found.egress is not None:
        yield flow(*sides, **common | LEAVING | _outcome(found.egress))
        if not found.egress.allowed:
            return
    if found.ingress is not None:
        yield flow(*sides, **common | _outcome(found.ingress))


def _outcome(ruling: Ruling) -> Json:
    return {} if ruling.allowed else DROPPED


def _side(evaluation: Evaluation, name: str) -> tuple[Endpoint, Json]:
    if name in _OUTSIDE:
        return _OUTSIDE[name]
    workload = evaluation.inventory.find(name)
    assert workload is not None
    seen = pod(workload.name, workload.labels, namespace=workload.namespace)
    labels = evaluation.inventory.namespaces.get(workload.namespace, {})
    further = [f"k8s:io.cilium.k8s.namespace.labels.{key}={value}" for key, value in labels.items()]
    return Endpoint.pod(workload), seen | {"labels": [*seen["labels"], *further]}


@given(drawn_parts("Deployment"), st.data())
@settings(max_examples=40, deadline=None)
def test_the_policies_in_force_change_nothing(
    parts: tuple[list[Policy], Inventory], data: st.DataObject
) -> None:
    policies, known = parts
    # The labels of every namespace are known, as they are from flows.
    known = replace(known, namespaces={"a": {"team": "one"}, "b": {}})
    evaluation = Evaluation(policies, known)
    names = [str(each) for each in known.workloads if not each.host_network]
    sides = st.sampled_from([*names, *_OUTSIDE])
    pairs = st.tuples(
        sides.filter(lambda name: name != "name"),
        sides,
        st.sampled_from([53, 80, 8080]),
        st.sampled_from(["TCP", "UDP"]),
    )
    drawn = data.draw(st.lists(pairs, min_size=1, max_size=12))
    records = [record for pair in drawn for record in recorded(evaluation, *pair)]
    result = Replay(policies, known).run(Recording(Given(records)))
    assert result.changed["denied"] == result.changed["opened"] == 0
    # Neither requests nor names of addresses are recorded here, so that conditions and names are not known.
    unknown = {
        "requests, which were not recorded",
        "whether a name like *.example.com has the address 203.0.113.7",
    }
    assert {one.group.reason for one in result.changes()} <= unknown


@pytest.mark.parametrize("turn", [1, -1])
def test_ports_that_no_policy_tells_apart_differ_where_requests_were_recorded_at_one(turn: int) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - toPorts: [{ports: [{port: "8000", endPort: 8100, protocol: TCP}], rules: {http: [{method: GET}]}}]
"""
    asked = flow(WEB, API, 8001, **request("GET", "http://api/"))
    result = replay(
        policy, *[asked, flow(WEB, API, 8001), flow(WEB, API, 8002), flow(WEB, API, 8003)][::turn]
    )
    assert sorted((one.group.port, one.group.reason) for one in result.changes()) == [
        (8002, "requests, which were not recorded"),
        (8003, "requests, which were not recorded"),
    ]
