from __future__ import annotations

import pytest

from cdk_eks_cilium.policy_analysis.evaluation import Evaluation, HttpRequest
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.evaluation.worlds import allowed, cluster, egress, flow, ingress, pod, policy

PODS = pod("a/web") + pod("a/api") + pod("b/web") + pod("b/api")


def test_pods_without_a_policy_reach_and_are_reached() -> None:
    world = cluster(PODS)
    assert egress(world, "a/web", "b/api").reason == "no policy isolates a/web for egress"
    assert ingress(world, "cidr:203.0.113.9", "b/api").allowed


def test_a_rule_with_a_section_isolates_in_its_direction_alone() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\ningress: [{fromEndpoints: [{}]}]"))
    assert not allowed(world, "b/web", "a/web")
    assert allowed(world, "a/web", "b/web")


def test_an_empty_item_selects_and_allows_nothing() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\negress: [{}]"))
    verdict = egress(world, "a/web", "a/api")
    assert not verdict.allowed
    assert verdict.reason == "policies isolate a/web for egress, and none of them allows it"
    assert [str(place) for place in verdict.deciding] == ["CiliumNetworkPolicy a/p spec"]


def test_an_empty_section_isolates_nothing() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\ningress: []"))
    assert allowed(world, "b/web", "a/web")


def test_a_section_of_denials_isolates_too() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\ningressDeny: [{fromEntities: [world]}]"))
    assert not allowed(world, "a/api", "a/web")


def test_enable_default_deny_leaves_what_no_rule_is_about_open() -> None:
    spec = "endpointSelector: {}\nenableDefaultDeny: {ingress: false}\ningressDeny: [{fromEntities: [world]}]"
    world = cluster(PODS + policy("a/p", spec))
    assert allowed(world, "b/api", "a/web")
    assert not allowed(world, "cidr:203.0.113.9", "a/web")


def test_enable_default_deny_isolates_nothing_without_a_section() -> None:
    world = cluster(
        PODS + policy("a/p", "endpointSelector: {}\nenableDefaultDeny: {egress: true}\ningress: [{}]")
    )
    assert allowed(world, "a/web", "b/web")
    assert not allowed(world, "b/web", "a/web")


def test_peers_without_a_namespace_are_of_the_policys_own() -> None:
    spec = "endpointSelector: {}\ningress: [{fromEndpoints: [{matchLabels: {app: api}}]}]"
    world = cluster(PODS + policy("a/p", spec))
    assert allowed(world, "a/api", "a/web")
    assert not allowed(world, "b/api", "a/web")


@pytest.mark.parametrize(
    "selector",
    [
        '{matchLabels: {"k8s:io.kubernetes.pod.namespace": b}}',
        '{matchLabels: {io.kubernetes.pod.namespace: b, "k8s:app": api}}',
        '{matchLabels: {"any:io.kubernetes.pod.namespace": b}}',
        '{matchLabels: {"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name": b}}',
        "{matchExpressions: [{key: io.kubernetes.pod.namespace, operator: In, values: [b, c]}]}",
        '{matchExpressions: [{key: "k8s:io.kubernetes.pod.namespace", operator: Exists}]}',
    ],
)
def test_peers_may_name_their_namespace(selector: str) -> None:
    world = cluster(
        PODS + policy("a/p", f"endpointSelector: {{}}\ningress: [{{fromEndpoints: [{selector}]}}]")
    )
    assert allowed(world, "b/api", "a/web")


def test_labels_of_namespaces_are_known_where_the_namespaces_are() -> None:
    namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: b, labels: {team: blue}}\n"
    spec = (
        'endpointSelector: {}\ningress: [{fromEndpoints: [{matchLabels: {"k8s:io.cilium.k8s.namespace.'
        'labels.team": blue}}]}]'
    )
    assert allowed(cluster(PODS + namespace + policy("a/p", spec)), "b/api", "a/web")
    assert not allowed(cluster(PODS + policy("a/p", spec)), "b/api", "a/web")


def test_a_policy_selects_in_its_own_namespace_whatever_it_says() -> None:
    spec = 'endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": b}}\ningress: [{}]'
    world = cluster(PODS + policy("a/p", spec))
    assert not allowed(world, "a/api", "a/web")
    assert allowed(world, "a/api", "b/web")


def test_a_policy_that_selects_in_two_namespaces_at_once_selects_nothing() -> None:
    # Without the source of the label Cilium leaves the other namespace in the selector.
    spec = "endpointSelector: {matchLabels: {io.kubernetes.pod.namespace: b}}\ningress: [{}]"
    world = cluster(PODS + policy("a/p", spec))
    assert allowed(world, "a/api", "a/web")
    assert allowed(world, "a/api", "b/web")


def test_a_clusterwide_policy_selects_and_means_pods_of_every_namespace() -> None:
    spec = "endpointSelector: {matchLabels: {app: web}}\ningress: [{fromEndpoints: [{}]}]"
    world = cluster(PODS + policy("p", spec, "CiliumClusterwideNetworkPolicy"))
    assert allowed(world, "b/api", "a/web")
    assert allowed(world, "a/api", "b/web")
    assert not allowed(world, "cidr:203.0.113.9", "a/web")
    assert not allowed(world, "entity:remote-node", "a/web")
    assert allowed(world, "cidr:203.0.113.9", "a/api")


def test_a_policy_for_nodes_selects_no_pod() -> None:
    spec = "nodeSelector: {}\ningress: [{}]"
    assert allowed(cluster(PODS + policy("p", spec, "CiliumClusterwideNetworkPolicy")), "a/api", "a/web")


def test_an_absent_peer_is_anyone_and_an_empty_list_is_nobody() -> None:
    anyone = "endpointSelector: {}\ningress: [{toPorts: [{ports: [{port: '80'}]}]}]"
    world = cluster(PODS + policy("a/p", anyone))
    assert allowed(world, "cidr:203.0.113.9", "a/web")
    assert not allowed(world, "cidr:203.0.113.9", "a/web", 81)
    nobody = "endpointSelector: {}\ningress: [{fromEndpoints: [], toPorts: [{ports: [{port: '80'}]}]}]"
    assert not allowed(cluster(PODS + policy("a/p", nobody)), "a/api", "a/web")


def test_a_denial_wins_over_whatever_allows() -> None:
    spec = (
        "endpointSelector: {}\ningress: [{fromEndpoints: [{matchLabels: {app: api}}]}]\n"
        "ingressDeny: [{toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]"
    )
    verdict = ingress(cluster(PODS + policy("a/p", spec)), "a/api", "a/web")
    assert not verdict.allowed
    assert verdict.reason == "a rule denies it, and a denial wins over whatever allows"
    assert verdict.change == "narrow or remove CiliumNetworkPolicy a/p spec.ingressDeny[0]"
    assert allowed(cluster(PODS + policy("a/p", spec)), "a/api", "a/web", 81)


def test_an_empty_denial_denies_nothing_by_itself() -> None:
    spec = "endpointSelector: {}\ningress: [{fromEndpoints: [{}]}]\ningressDeny: [{}]"
    assert allowed(cluster(PODS + policy("a/p", spec)), "a/api", "a/web")


def test_policies_add_up() -> None:
    world = cluster(
        PODS
        + policy("a/p", "endpointSelector: {}\ningress: [{fromEndpoints: [{matchLabels: {app: none}}]}]")
        + policy("a/q", "endpointSelector: {matchLabels: {app: web}}\ningress: [{fromEntities: [cluster]}]")
    )
    assert [str(place) for place in ingress(world, "b/api", "a/web").deciding] == [
        "CiliumNetworkPolicy a/q spec.ingress[0]"
    ]
    assert not allowed(world, "b/api", "a/api")


def test_both_sides_must_allow() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\negress: [{toEntities: [cluster]}]"))
    closed = cluster(
        PODS
        + policy("a/p", "endpointSelector: {}\negress: [{toEntities: [cluster]}]")
        + policy("b/p", "endpointSelector: {}\ningress: [{}]")
    )
    assert allowed(world, "a/web", "b/web")
    assert not allowed(closed, "a/web", "b/web")


def test_the_node_reaches_its_pods_unless_a_rule_denies_it() -> None:
    shut = cluster(PODS + policy("a/p", "endpointSelector: {}\ningress: [{}]"))
    assert allowed(shut, "entity:host", "a/web")
    assert not allowed(shut, "entity:remote-node", "a/web")
    denied = cluster(PODS + policy("a/p", "endpointSelector: {}\ningressDeny: [{fromEntities: [host]}]"))
    assert not allowed(denied, "entity:host", "a/web")


def test_a_pod_reaches_itself_but_a_deployment_not_its_other_pods() -> None:
    deployment = (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: many, namespace: a}\n"
        "spec: {template: {metadata: {labels: {app: many}}}}\n"
    )
    world = cluster(PODS + deployment + policy("a/p", "endpointSelector: {}\ningress: [{}]"))
    assert allowed(world, "a/web", "a/web")
    assert not allowed(world, "a/many", "a/many")


def test_policies_for_pods_do_not_hold_on_the_nodes_network() -> None:
    agent = pod("a/agent", more="hostNetwork: true")
    world = cluster(PODS + agent + policy("a/p", "endpointSelector: {}\ningress: [{}]\negress: [{}]"))
    assert ingress(world, "b/web", "a/agent").reason.startswith("a/agent is on its node's network")
    assert not allowed(world, "a/agent", "a/web")
    open_ = policy("a/q", "endpointSelector: {}\ningress: [{fromEntities: [remote-node]}]")
    assert allowed(cluster(PODS + agent + open_), "a/agent", "a/web")


def test_enforcement_decides_over_pods_that_nothing_selects() -> None:
    assert not allowed(cluster(PODS, enforcement="always"), "a/web", "b/web")
    isolating = policy("a/p", "endpointSelector: {}\negress: [{}]")
    assert allowed(cluster(PODS + isolating, enforcement="never"), "a/web", "b/web")
    reason = egress(cluster(PODS, enforcement="always"), "a/web", "b/web").reason
    assert reason == (
        "the agents refuse what nothing allows (policyEnforcementMode always), and nothing allows it"
    )


HTTP = (
    "endpointSelector: {matchLabels: {app: web}}\n"
    "ingress:\n- fromEndpoints: [{}]\n  toPorts:\n"
    "  - ports: [{port: '80', protocol: TCP}]\n"
    "    rules: {http: [{method: GET, path: '/api/.*'}, {path: /ready}]}"
)


def test_http_rules_limit_what_passes() -> None:
    verdict = ingress(cluster(PODS + policy("a/p", HTTP)), "a/api", "a/web")
    assert verdict.allowed
    assert verdict.limits == ("HTTP GET /api/.* or HTTP any method /ready",)


@pytest.mark.parametrize(
    ("request_", "passes"),
    [
        (HttpRequest("GET", "/api/x"), True),
        (HttpRequest("POST", "/api/x"), False),
        (HttpRequest("POST", "/ready"), True),
        (HttpRequest("GET", "/api"), False),
        (HttpRequest("GET", "/x/api/y"), False),
    ],
)
def test_a_request_is_judged_by_the_http_rules(request_: HttpRequest, passes: bool) -> None:
    verdict = ingress(cluster(PODS + policy("a/p", HTTP)), "a/api", "a/web", http=request_)
    assert verdict.allowed is passes
    assert verdict.limits == ()
    if not passes:
        assert verdict.reason == "the port is open, but only for HTTP GET /api/.* or HTTP any method /ready"
        assert verdict.change == ("add what is asked for to CiliumNetworkPolicy a/p spec.ingress[0]")


@pytest.mark.parametrize(
    ("version", "refuses"),
    [
        ("1.16.9", True),
        ("1.16.10", False),
        ("1.17.4", True),
        ("1.17.5", False),
        ("1.18.0", False),
        (None, False),
    ],
)
def test_http_rules_refuse_nothing_where_nothing_is_isolated(version: str | None, refuses: bool) -> None:
    text = PODS + policy("a/p", "enableDefaultDeny: {ingress: false}\n" + HTTP)
    world = cluster(text, version=CiliumVersion.of(version) if version else None)
    assert allowed(world, "a/api", "a/web", http=HttpRequest("POST", "/")) is not refuses
    assert allowed(world, "b/api", "a/web", http=HttpRequest("POST", "/"))
    isolated = cluster(
        text + policy("a/shut", "endpointSelector: {}\ningress: [{}]"),
        version=CiliumVersion.of(version) if version else None,
    )
    assert not allowed(isolated, "a/api", "a/web", http=HttpRequest("POST", "/"))


def test_what_depends_on_an_address_is_remarked() -> None:
    spec = "endpointSelector: {}\negress: [{toCIDR: [198.51.100.0/24]}]"
    verdict = egress(cluster(PODS + policy("a/p", spec)), "a/web", "fqdn:example.org", 443)
    assert not verdict.allowed
    assert verdict.remarks == (
        "CiliumNetworkPolicy a/p spec.egress[0] may allow it: that depends on whether its address is in "
        "198.51.100.0/24",
    )


@pytest.mark.parametrize(
    ("destination", "port", "change"),
    [
        (
            "b/api",
            80,
            "add toEndpoints (app=api in b) with port 80 TCP to egress of a policy that selects a/web",
        ),
        (
            "cidr:203.0.113.9",
            80,
            "add toCIDR 203.0.113.9/32 with port 80 TCP to egress of a policy that selects a/web",
        ),
        (
            "entity:kube-apiserver",
            443,
            "add toEntities kube-apiserver with port 443 TCP to egress of a policy that selects a/web",
        ),
        (
            "fqdn:example.org",
            443,
            "add toFQDNs example.org, and a DNS rule for it, with port 443 TCP to egress of a policy that "
            "selects a/web",
        ),
    ],
)
def test_a_refusal_says_what_would_allow_it(destination: str, port: int, change: str) -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\negress: [{}]"))
    assert egress(world, "a/web", destination, port).change == change


def test_a_refusal_names_the_rule_that_is_nearest() -> None:
    spec = (
        "endpointSelector: {}\negress:\n- toEndpoints: [{matchLabels: {app: other}}]\n"
        "  toPorts: [{ports: [{port: '80', protocol: TCP}]}]\n"
        "- toEndpoints: [{matchLabels: {app: api}}]\n  toPorts: [{ports: [{port: '81', protocol: TCP}]}]"
    )
    change = egress(cluster(PODS + policy("a/p", spec)), "a/web", "a/api", 80).change
    assert change.endswith("; CiliumNetworkPolicy a/p spec.egress[1] is for this peer, but for TCP 81")
    change = egress(cluster(PODS + policy("a/p", spec)), "a/web", "b/api", 80).change
    assert change.endswith(
        "; CiliumNetworkPolicy a/p spec.egress[0] lets the port through, but not for this peer"
    )


def test_only_sides_that_are_pods_judge() -> None:
    world = cluster(PODS)
    explanation = world.explain(flow(world, "cidr:203.0.113.9", "a/web"))
    assert explanation.egress is None
    assert [verdict.direction for verdict in explanation.verdicts] == ["ingress"]


def test_an_explanation_is_plain_data() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\ningress: [{}]"))
    assert world.explain(flow(world, "b/api", "a/web")).as_json() == {
        "source": "b/api",
        "destination": "a/web",
        "port": 80,
        "protocol": "TCP",
        "verdict": "denied",
        "directions": [
            {
                "direction": "egress",
                "verdict": "allowed",
                "reason": "no policy isolates b/api for egress",
                "deciding": [],
                "limits": [],
                "change": "",
                "remarks": [],
            },
            {
                "direction": "ingress",
                "verdict": "denied",
                "reason": "policies isolate a/web for ingress, and none of them allows it",
                "deciding": [{"policy": "CiliumNetworkPolicy a/p", "path": "spec"}],
                "limits": [],
                "change": "add fromEndpoints (app=api in b) with port 80 TCP to ingress of a policy that "
                "selects a/web",
                "remarks": [],
            },
        ],
    }


def test_without_an_inventory_nothing_is_known() -> None:
    assert Evaluation([]).inventory.workloads == ()
