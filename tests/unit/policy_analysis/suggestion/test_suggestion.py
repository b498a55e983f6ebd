from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdk_eks_cilium.policy import dump, load_policies, parse, read_text
from cdk_eks_cilium.policy_analysis import inventory
from cdk_eks_cilium.policy_analysis.flows import LineReader, Recording
from cdk_eks_cilium.policy_analysis.replay import Replay
from cdk_eks_cilium.policy_analysis.suggestion import Suggestion, suggest
from cdk_eks_cilium.policy_analysis.suggestion.draft import python_of
from cdk_eks_cilium.policy_analysis.suggestion.needs import conversations_of
from tests.hubble_flows import DROPPED, LEAVING, WORLD, Json, flow, line, pod, question, request, reserved

WEB, API, DB = pod("web"), pod("api"), pod("db")
DNS = pod("coredns", {"k8s-app": "kube-dns"}, namespace="kube-system")


class Given(LineReader):
    def __init__(self, records: Sequence[Json]) -> None:
        super().__init__([])
        self._records = records

    def __iter__(self) -> Iterator[bytes]:
        for record in self._records:
            yield line(record).encode() + b"\n"


def suggested(*records: Json, existing: str = "", dropped: bool = False, **options: Any) -> Suggestion:
    documents = read_text(existing, "existing.yaml")
    seen = conversations_of(Recording(Given(records)), dropped=dropped)
    return suggest(seen, load_policies(documents), inventory(documents), **options)


def specs(found: Suggestion) -> dict[str, Json]:
    return {f"{one.namespace}/{one.name}": one.manifest()["spec"] for one in found.made()}


def outside(address: str = "203.0.113.7", *names: str, port: int = 443, source: Json = WEB) -> Json:
    addresses = {"source": "100.64.0.1", "destination": address}
    return flow(source, WORLD, port, destination_names=list(names), IP=addresses, **LEAVING)


def inside(address: str) -> Json:
    return flow(WORLD, API, 8443, IP={"source": address, "destination": "100.64.0.2"})


def tcp(*ports: int) -> list[Json]:
    return [{"ports": [{"port": str(port), "protocol": "TCP"} for port in ports]}]


def test_both_sides_of_a_flow_get_a_policy() -> None:
    assert specs(suggested(flow(WEB, API, 8443))) == {
        "shop/api": {
            "endpointSelector": {"matchLabels": {"app": "api"}},
            "ingress": [{"fromEndpoints": [{"matchLabels": {"app": "web"}}], "toPorts": tcp(8443)}],
            "egress": [{}],
        },
        "shop/web": {
            "endpointSelector": {"matchLabels": {"app": "web"}},
            "ingress": [{}],
            "egress": [{"toEndpoints": [{"matchLabels": {"app": "api"}}], "toPorts": tcp(8443)}],
        },
    }


def test_a_direction_without_a_flow_is_shut_with_a_comment() -> None:
    (api, web) = suggested(flow(WEB, API, 8443)).policies
    assert list(api.comments) == ["# No flow was seen in egress, which is shut"]
    assert list(web.comments) == ["# No flow was seen in ingress, which is shut"]


def test_a_direction_without_a_flow_may_stay_open() -> None:
    found = specs(suggested(flow(WEB, API, 8443), keep_open=True))
    assert "egress" not in found["shop/api"]
    assert "ingress" not in found["shop/web"]


def test_a_namespace_may_be_shut_whole() -> None:
    found = specs(suggested(flow(WEB, API, 8443), default_deny=True))
    assert found["shop/default-deny"] == {"endpointSelector": {}, "ingress": [{}], "egress": [{}]}


def test_peers_with_the_same_ports_and_ports_of_the_same_peer_are_one_item() -> None:
    found = specs(suggested(*(flow(one, API, port) for one in (DB, WEB) for port in (8443, 80))))
    assert found["shop/api"]["ingress"] == [
        {
            "fromEndpoints": [{"matchLabels": {"app": "db"}}, {"matchLabels": {"app": "web"}}],
            "toPorts": tcp(80, 8443),
        }
    ]


def test_more_ports_than_an_entry_takes_are_several_items() -> None:
    found = specs(suggested(*(flow(WEB, API, port) for port in range(1, 51))))
    assert [len(item["toPorts"][0]["ports"]) for item in found["shop/api"]["ingress"]] == [40, 10]


def test_peers_of_another_namespace_have_its_name() -> None:
    found = specs(suggested(flow(pod("proxy", namespace="edge"), WEB)))
    labels = {"app": "proxy", "k8s:io.kubernetes.pod.namespace": "edge"}
    assert found["shop/web"]["ingress"][0]["fromEndpoints"] == [{"matchLabels": labels}]


def test_only_some_namespaces_may_get_policies() -> None:
    assert specs(suggested(flow(pod("proxy", namespace="edge"), WEB), namespaces=["shop"])).keys() == {
        "shop/web"
    }


def test_replicas_of_a_workload_are_one_peer() -> None:
    other = WEB | {"pod_name": "web-6d4cf56db6-qqqqq"}
    found = specs(suggested(flow(WEB, API, 8443), flow(other, API, 8443)))
    assert len(found["shop/api"]["ingress"][0]["fromEndpoints"]) == 1


def test_what_policies_refused_is_left_out_and_counted() -> None:
    found = suggested(flow(WEB, API, 80, **DROPPED), flow(WEB, API, 8443))
    assert "'80'" not in dump(found.made())
    assert found.notes == ("conversations left out, which policies refused: 1; --dropped allows them",)


def test_what_policies_refused_may_be_allowed() -> None:
    assert "'80'" in dump(suggested(flow(WEB, API, 80, **DROPPED), dropped=True).made())


def test_what_left_its_source_and_was_refused_there_did_not_pass() -> None:
    left, refused = flow(WEB, API, 80, **LEAVING), flow(WEB, API, 80, **DROPPED)
    assert suggested(left, refused).policies == ()
    assert specs(suggested(left)).keys() == {"shop/api", "shop/web"}


def test_what_audit_mode_let_through_passes() -> None:
    assert specs(suggested(flow(WEB, API, 80, verdict="AUDIT"))).keys() == {"shop/api", "shop/web"}


def test_addresses_with_names_are_reached_by_name_with_a_dns_rule() -> None:
    found = suggested(outside("203.0.113.7", "pay.example.com"), flow(WEB, DNS, 53, "UDP"))
    assert specs(found)["shop/web"]["egress"] == [
        {
            "toEndpoints": [
                {"matchLabels": {"k8s-app": "kube-dns", "k8s:io.kubernetes.pod.namespace": "kube-system"}}
            ],
            "toPorts": [
                {
                    "ports": [{"port": "53", "protocol": "UDP"}, {"port": "53", "protocol": "TCP"}],
                    "rules": {"dns": [{"matchPattern": "*"}]},
                }
            ],
        },
        {"toFQDNs": [{"matchName": "pay.example.com"}], "toPorts": tcp(443)},
    ]
    assert "DNS questions for any name, because no question was recorded" in found.policies[1].wider


def test_recorded_questions_are_the_names_that_may_be_asked_for() -> None:
    asked = [flow(WEB, DNS, 53, "UDP", **question(name)) for name in ("b.example.com", "a.example.com")]
    found = suggested(*asked, outside("203.0.113.7", "a.example.com"))
    rules = specs(found)["shop/web"]["egress"][0]["toPorts"][0]["rules"]["dns"]
    assert rules == [{"matchName": "a.example.com"}, {"matchName": "b.example.com"}]


@pytest.mark.parametrize(
    ("server", "labels"),
    [
        (pod("resolver", {"app": "unbound"}, namespace="dns"), {"app": "unbound"}),
        (pod("coredns", {"k8s-app": "coredns"}, namespace="kube-system"), {"k8s-app": "coredns"}),
    ],
)
def test_dns_servers_are_those_that_were_seen(server: Json, labels: Json) -> None:
    found = suggested(flow(API, server, 53, "UDP"), outside("203.0.113.7", "pay.example.com"))
    namespace = {"k8s:io.kubernetes.pod.namespace": server["namespace"]}
    item = specs(found)["shop/web"]["egress"][0]
    assert item["toEndpoints"] == [{"matchLabels": labels | namespace}]


def test_a_dns_server_on_the_node_is_a_server_too() -> None:
    found = suggested(
        flow(WEB, reserved("host"), 53, "UDP", **LEAVING), outside("203.0.113.7", "pay.example.com")
    )
    item = specs(found)["shop/web"]["egress"][0]
    assert item["toEntities"] == ["host", "remote-node"]
    assert "rules" in item["toPorts"][0]


def test_without_any_dns_server_the_usual_one_is_assumed_aloud() -> None:
    found = suggested(outside("203.0.113.7", "pay.example.com"))
    (web,) = found.policies
    assert web.wider[0] == "DNS servers k8s-app=kube-dns in kube-system, because no other was seen"


def test_every_name_of_an_address_was_asked_for_and_is_allowed() -> None:
    found = suggested(outside("203.0.113.7", "b.example.com", "a.example.com"))
    assert specs(found)["shop/web"]["egress"][-1]["toFQDNs"] == [
        {"matchName": "a.example.com"},
        {"matchName": "b.example.com"},
    ]


def test_addresses_without_names_are_ranges_of_one_address() -> None:
    found = specs(suggested(outside("203.0.113.10"), outside("203.0.113.9"), outside("2001:db8::1")))
    cidrs = [each["cidr"] for each in found["shop/web"]["egress"][0]["toCIDRSet"]]
    assert cidrs == ["203.0.113.9/32", "203.0.113.10/32", "2001:db8::1/128"]


def test_many_callers_from_outside_are_the_world() -> None:
    found = suggested(*(inside(f"203.0.113.{number}") for number in range(1, 30)))
    assert specs(found)["shop/api"]["ingress"] == [{"fromEntities": ["world"], "toPorts": tcp(8443)}]
    assert found.policies[0].wider == ("entity world for 29 addresses at TCP 8443",)


def test_entities_are_entities() -> None:
    server = flow(WEB, reserved("kube-apiserver", "world"), 443, **LEAVING)
    assert specs(suggested(server))["shop/web"]["egress"][0]["toEntities"] == ["kube-apiserver"]


def test_the_kubelet_needs_no_rule() -> None:
    found = suggested(flow(reserved("host"), API, 8080))
    assert specs(found)["shop/api"]["ingress"] == [{}]
    assert found.proof.failing == ()


def test_a_node_is_every_node_because_pods_move() -> None:
    (web,) = suggested(flow(WEB, reserved("remote-node"), 9100, **LEAVING)).policies
    assert web.made().manifest()["spec"]["egress"][0]["toEntities"] == ["host", "remote-node"]
    assert web.wider == ("every node, because which one is a pod's own is chance",)


def test_types_of_icmp_are_types() -> None:
    found = specs(suggested(flow(WEB, API, 8, "ICMPv4"), flow(WEB, API, 128, "ICMPv6")))
    assert found["shop/api"]["ingress"][0]["icmps"] == [
        {"fields": [{"type": 8, "family": "IPv4"}, {"type": 128, "family": "IPv6"}]}
    ]


def test_requests_are_allowed_where_a_proxy_saw_them() -> None:
    seen = [flow(WEB, API, 8443, **request("GET", f"http://api/items/{each}")) for each in range(5)]
    found = specs(suggested(flow(WEB, API, 8443, **LEAVING), *seen))
    assert found["shop/api"]["ingress"][0]["toPorts"][0]["rules"] == {
        "http": [{"method": "GET", "path": "/items/[0-9]+"}]
    }
    assert "rules" not in found["shop/web"]["egress"][0]["toPorts"][0]


def test_headers_and_hosts_are_never_written() -> None:
    seen = flow(WEB, API, 8443, **request("GET", "http://internal/x", {"Authorization": "Bearer secret"}))
    text = dump(suggested(seen).made())
    assert "secret" not in text
    assert "internal" not in text


def test_workloads_with_the_same_labels_share_a_policy_that_says_so() -> None:
    twin = pod("api-canary", {"app": "api"})
    found = suggested(flow(WEB, API, 8443), flow(WEB, twin, 9443))
    assert specs(found).keys() == {"shop/api", "shop/web"}
    assert "shop/api-canary beside shop/api, because their labels are the same" in found.policies[1].wider
    assert found.proof.open == (
        "shop/web -> shop/api TCP 9443",
        "shop/web -> shop/api-canary TCP 8443",
    )


def test_a_workload_without_a_label_that_stays_gets_no_policy() -> None:
    bare = pod("bare", {"pod-template-hash": "6d4cf56db6"})
    found = suggested(flow(bare, API, 8443))
    assert specs(found).keys() == {"shop/api"}
    assert found.notes == (
        "shop/bare has no label that stays; label its pods: no policy was made, because it would be for "
        "every pod of the namespace",
    )
    assert found.policies[0].wider == ("every pod of shop, because shop/bare has no label that stays",)


def test_names_that_are_taken_get_a_number() -> None:
    existing = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: web, namespace: shop}\n"
        "spec: {endpointSelector: {matchLabels: {app: web}}, egress: [{}]}\n"
    )
    found = suggested(flow(WEB, API, 8443), existing=existing)
    assert specs(found).keys() == {"shop/web-2"}


EXISTING = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  egress: [{}]
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "8443", protocol: TCP}]}]
"""


def test_only_what_existing_policies_refuse_is_suggested() -> None:
    found = specs(suggested(flow(WEB, API, 8443), flow(DB, API, 8443), existing=EXISTING))
    assert found == {
        "shop/api-2": {
            "endpointSelector": {"matchLabels": {"app": "api"}},
            "ingress": [{"fromEndpoints": [{"matchLabels": {"app": "db"}}], "toPorts": tcp(8443)}],
        }
    }


def test_pods_that_existing_policies_leave_open_stay_open() -> None:
    # A recording of drops alone would otherwise shut what it does not show.
    dropped = flow(DB, API, 8443, **DROPPED)
    assert specs(suggested(dropped, existing=EXISTING, dropped=True)).keys() == {"shop/api-2"}


def test_what_existing_policies_may_refuse_is_noted_rather_than_opened() -> None:
    requests = EXISTING.replace("protocol: TCP}]}]", "protocol: TCP}], rules: {http: [{method: GET}]}}]")
    found = suggested(flow(WEB, API, 8443), existing=requests)
    assert found.policies == ()
    assert found.notes == (
        "existing policies may refuse shop/web -> shop/api TCP 8443 in ingress: "
        "requests, which were not recorded",
    )


def test_a_recording_of_audited_flows_alone_needs_the_policies_in_force() -> None:
    assert suggested(flow(WEB, API, 80, verdict="AUDIT")).notes == (
        "no flow passed without audit mode: name the policies in force, or what they allow is shut",
    )


def test_a_denial_of_an_existing_policy_makes_the_proof_fail() -> None:
    denial = EXISTING.replace("  egress: [{}]\n", "  ingressDeny: [{fromEntities: [all]}]\n")
    found = suggested(flow(WEB, API, 8443), existing=denial)
    assert found.proof.failing == (
        "shop/web -> shop/api TCP 8443: denied in ingress: a rule denies it, and a denial wins over every "
        "allow",
    )


def test_the_proof_probes_what_was_not_seen() -> None:
    proof = suggested(flow(WEB, API, 8443), flow(API, DB, 5432)).proof
    assert (proof.passing, proof.failing, proof.open) == (2, (), ())
    assert proof.probes > 6


def test_pods_of_another_cluster_are_named_with_it() -> None:
    far = pod("web", cluster="far")
    found = suggested(flow(WEB, API, 8443), flow(far, API, 8444), flow(API, far, 80))

    assert list(specs(found)) == ["shop/api", "shop/web"]
    chosen = {"matchLabels": {"app": "web", "k8s:io.cilium.k8s.policy.cluster": "far"}}
    ingress, egress = (specs(found)["shop/api"][name] for name in ("ingress", "egress"))
    assert {"fromEndpoints": [chosen], "toPorts": tcp(8444)} in ingress
    assert egress == [{"toEndpoints": [chosen], "toPorts": tcp(80)}]
    assert found.proof.failing == ()


def test_conversations_between_other_clusters_are_left_out() -> None:
    far = pod("far", cluster="far")
    found = suggested(flow(WEB, API, 8443), flow(API, WEB), flow(far, pod("there", cluster="far")))
    assert found.notes == ("conversations left out, because they are between pods of other clusters: 1",)


def test_pods_of_one_workload_with_labels_of_two_roll_outs_are_one_in_the_proof() -> None:
    new = pod("web", {"app": "web", "pod-template-hash": "aaaaa"})
    found = suggested(flow(WEB, WEB), flow(WEB, new))
    assert found.proof.passing == 2
    assert found.proof.open == ()
    assert [one.wider for one in found.policies] == [()]


SIDES = st.sampled_from(
    [
        WEB,
        API,
        DB,
        DNS,
        pod("web", {"app": "web", "pod-template-hash": "aaaaa"}),
        pod("canary", {"app": "web"}),
        pod("proxy", namespace="edge"),
        reserved("host"),
        reserved("remote-node"),
        reserved("kube-apiserver", "world"),
        WORLD,
    ]
)
KINDS = st.sampled_from(
    [
        {},
        LEAVING,
        DROPPED,
        {"verdict": "AUDIT"},
        {"destination_names": ["a.example.com", "b.example.com"]},
        {"IP": {"source": "203.0.113.7", "destination": "203.0.113.8"}},
        request("GET", "http://x/items/7?x"),
        request("POST", "http://x/a.b"),
        question("a.example.com"),
    ]
)
RECORDS = st.builds(
    lambda source, destination, port, protocol, fields: flow(source, destination, port, protocol, **fields),
    SIDES,
    SIDES,
    st.sampled_from([53, 80, 8443]),
    st.sampled_from(["TCP", "UDP"]),
    KINDS,
)


@given(st.lists(RECORDS, max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_shuffled_flows_give_the_same_policies(records: list[Json], random_: random.Random) -> None:
    shuffled = list(records)
    random_.shuffle(shuffled)
    one, other = suggested(*records), suggested(*shuffled)
    assert (one.policies, one.notes, one.proof) == (other.policies, other.notes, other.proof)


@given(st.lists(RECORDS, max_size=25))
@settings(max_examples=30, deadline=None)
def test_a_replay_of_the_flows_denies_nothing_that_was_seen(records: list[Json]) -> None:
    found = suggested(*records)
    result = Replay(found.made()).run(Recording(Given(records)))
    assert result.changed["denied"] == 0, [str(one) for one in result.changes("denied")]


@given(st.lists(RECORDS, max_size=25))
@settings(max_examples=30, deadline=None)
def test_what_was_not_seen_is_refused_unless_a_comment_says_otherwise(records: list[Json]) -> None:
    found = suggested(*records)
    assert found.proof.open == () or any(one.wider for one in found.policies), found.proof.open


@given(st.lists(RECORDS, max_size=25))
@settings(max_examples=20, deadline=None)
def test_python_makes_the_same_policies(records: list[Json]) -> None:
    found = suggested(*records)
    made: dict[str, Any] = {}
    exec(python_of(found.policies), made)
    assert made["policies"] == found.made()
    assert [parse(one.manifest()) for one in made["policies"]] == found.made()
