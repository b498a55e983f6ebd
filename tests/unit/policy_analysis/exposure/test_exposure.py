"""What others may reach, and what may be reached."""

from __future__ import annotations

from cdk_eks_cilium.policy.documents import load_policies, read_text
from cdk_eks_cilium.policy_analysis.difference import PolicyState
from cdk_eks_cilium.policy_analysis.exposure import Exposure, ExposureLine
from cdk_eks_cilium.policy_analysis.inventories import inventory
from tests.unit.policy_analysis.evaluation.worlds import POD, pod, policy

SHUT = policy("shop/shut", "endpointSelector: {}\ningress: [{}]\negress: [{}]")
PODS = pod("shop/web") + pod("shop/api") + pod("pay/card")


def exposure(text: str, *workloads: str) -> Exposure:
    documents = read_text(text, "world.yaml")
    return Exposure(PolicyState(load_policies(documents), inventory(documents)), workloads)


def lines(found: Exposure) -> list[str]:
    return [_text(one) for one in found.lines]


def _text(line: ExposureLine) -> str:
    others = ", ".join(end.text for end in line.others)
    rules = [str(place).removeprefix("CiliumNetworkPolicy shop/") for place in line.standing.rules]
    told = f"{line.direction} {line.group}: {others} {line.ports} {line.standing}"
    return f"{told} by {', '.join(rules)}" if rules else told


def opened(found: Exposure) -> list[tuple[str, str, str]]:
    return [(one.workload, one.direction, one.why) for one in found.open]


def test_a_workload_that_no_policy_selects_is_open_to_everyone() -> None:
    found = exposure(PODS + policy("pay/p", "endpointSelector: {}\ningress: [{}]"), "shop/web", "pay/card")
    assert opened(found) == [
        ("shop/web", "ingress", "no policy selects it"),
        ("pay/card", "egress", "the policies that select it have no rules for egress"),
        ("shop/web", "egress", "no policy selects it"),
    ]
    assert lines(found) == ["ingress nodes: host all ports allowed"]


def test_a_denial_alone_leaves_the_rest_open_line_by_line() -> None:
    denied = policy(
        "shop/p",
        "endpointSelector: {matchLabels: {app: web}}\nenableDefaultDeny: {ingress: false}\n"
        "ingressDeny: [{fromEntities: [world]}]",
    )
    found = exposure(PODS + denied, "shop/web")
    assert opened(found) == [("shop/web", "egress", "the policies that select it have no rules for egress")]
    assert lines(found) == [
        "ingress nodes: host, ingress, remote-node all ports allowed",
        "ingress another namespace: every pod of other namespaces all ports allowed",
        "ingress pay: pay/card all ports allowed",
    ]


def test_traffic_of_the_cluster_comes_through_its_ingress_too() -> None:
    inside = policy(
        "shop/p", "endpointSelector: {matchLabels: {app: web}}\ningress: [{fromEntities: [cluster]}]"
    )
    assert (
        "ingress nodes: ingress, kube-apiserver, remote-node all ports allowed by p spec.ingress[0]"
        in lines(exposure(PODS + inside, "shop/web"))
    )


def test_what_others_may_reach_has_the_rules_of_the_workload() -> None:
    rules = policy(
        "shop/api",
        "endpointSelector: {matchLabels: {app: api}}\ningress:\n"
        f"- fromEndpoints: [{{matchLabels: {{app: card, '{POD}': pay}}}}]\n"
        "  toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: [{method: GET}]}}]\n"
        "- fromEndpoints: [{matchLabels: {app: web}}]\n- fromCIDR: [203.0.113.0/24]",
    )
    assert lines(exposure(PODS + SHUT + rules, "shop/api")) == [
        "ingress outside the cluster: 203.0.113.0/24 all ports allowed by api spec.ingress[2]",
        "ingress nodes: host all ports allowed",
        "ingress pay: pay/card TCP 80 only HTTP GET any path by api spec.ingress[0]",
    ]


def test_pods_of_a_tenant_are_no_others_to_each_other() -> None:
    own = policy("shop/own", "endpointSelector: {}\ningress: [{fromEndpoints: [{}]}]")
    assert lines(exposure(PODS + SHUT + own, "shop/api")) == ["ingress nodes: host all ports allowed"]


def test_what_it_may_reach_is_told_by_name_and_range() -> None:
    out = policy(
        "shop/out",
        "endpointSelector: {matchLabels: {app: web}}\negress:\n"
        "- toEntities: [kube-apiserver]\n"
        "  toPorts: [{ports: [{port: '53'}], rules: {dns: [{matchPattern: '*'}]}}]\n"
        "- toFQDNs: [{matchName: a.com}]\n  toPorts: [{ports: [{port: '443', protocol: TCP}]}]\n"
        "- toCIDR: [10.0.0.0/8]",
    )
    found = exposure(PODS + SHUT + out, "shop/web", "shop/api")
    assert [line for line in lines(found) if line.startswith("egress")] == [
        "egress outside the cluster: 10.0.0.0/8 all ports allowed by out spec.egress[2]",
        "egress outside the cluster: a.com TCP 443 allowed by out spec.egress[1]",
        "egress nodes: kube-apiserver TCP/UDP/SCTP 53 only DNS * by out spec.egress[0]",
    ]
    assert {line.workloads for line in found.lines if line.direction == "egress"} == {("shop/web",)}


def test_parts_of_the_world_have_no_line_where_the_world_has_one() -> None:
    out = policy(
        "shop/out",
        "endpointSelector: {matchLabels: {app: web}}\n"
        "egress: [{toEntities: [world]}, {toCIDR: [10.0.0.0/8]}]",
    )
    egress = [line for line in lines(exposure(PODS + SHUT + out, "shop/web")) if line.startswith("egress")]
    assert egress == ["egress outside the cluster: world all ports allowed by out spec.egress[0]"]


def test_a_denied_part_of_the_world_has_a_line_where_the_world_may_be_reached() -> None:
    out = policy(
        "shop/out",
        "endpointSelector: {matchLabels: {app: web}}\negress: [{toEntities: [world]}]\n"
        "egressDeny: [{toCIDR: [10.0.0.0/8]}, {toCIDR: [192.0.2.0/24], toPorts: [{ports: [{port: '25'}]}]}]",
    )
    egress = [line for line in lines(exposure(PODS + SHUT + out, "shop/web")) if line.startswith("egress")]
    assert egress == [
        "egress outside the cluster: 10.0.0.0/8 all ports denied by out spec.egressDeny[0]",
        "egress outside the cluster: 192.0.2.0/24 TCP/UDP/SCTP 25 denied by out spec.egressDeny[1]",
        "egress outside the cluster: world all ports allowed by out spec.egress[0]",
    ]


def test_what_is_not_known_says_what_is_missing() -> None:
    by_team = policy(
        "shop/p",
        "endpointSelector: {}\n"
        "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': one}}]}]",
    )
    assert (
        "ingress pay: pay/card all ports not known: it depends on Namespace pay by p spec.ingress[0]"
    ) in lines(exposure(PODS + SHUT + by_team, "shop/web"))


def test_a_workload_on_its_nodes_network_is_open() -> None:
    found = exposure(pod("shop/web", more="hostNetwork: true") + SHUT, "shop/web")
    why = "it is on its node's network, where policies for pods do not hold"
    assert opened(found) == [("shop/web", "ingress", why), ("shop/web", "egress", why)]
