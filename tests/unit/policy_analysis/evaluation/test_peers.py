from __future__ import annotations

import pytest

from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.unit.policy_analysis.evaluation.worlds import allowed, cluster, egress, pod, policy

PODS = pod("a/web") + pod("b/api") + pod("c/node", more="hostNetwork: true")


def reaches(item: str, destination: str, port: int = 443, more: str = "") -> bool:
    """Whether a/web, whose only rule is the egress item, reaches the destination."""
    world = cluster(PODS + more + policy("a/p", f"endpointSelector: {{}}\negress: [{item}]"))
    return allowed(world, "a/web", destination, port)


@pytest.mark.parametrize(
    ("entity", "met"),
    [
        ("all", {"b/api", "c/node", "cidr:203.0.113.9", "entity:kube-apiserver", "entity:health"}),
        ("cluster", {"b/api", "c/node", "entity:kube-apiserver", "entity:health"}),
        ("world", {"cidr:203.0.113.9", "entity:kube-apiserver"}),
        ("remote-node", {"c/node"}),
        ("kube-apiserver", {"entity:kube-apiserver"}),
        ("health", {"entity:health"}),
        ("none", set()),
    ],
)
def test_an_entity_means_its_members(entity: str, met: set[str]) -> None:
    sides = ("b/api", "c/node", "cidr:203.0.113.9", "entity:kube-apiserver", "entity:health")
    assert {each for each in sides if reaches(f"{{toEntities: [{entity}]}}", each)} == met


def test_a_reserved_label_means_the_entity() -> None:
    assert reaches('{toEndpoints: [{matchLabels: {"reserved:remote-node": ""}}]}', "c/node")


def test_a_range_means_addresses_of_the_world_alone() -> None:
    everything = "{toCIDR: [0.0.0.0/0]}"
    assert reaches(everything, "cidr:203.0.113.9")
    assert not reaches(everything, "b/api")
    assert not reaches(everything, "c/node")
    assert reaches(everything, "fqdn:example.org")


def test_a_range_may_be_one_address() -> None:
    assert reaches("{toCIDR: [203.0.113.9/32]}", "cidr:203.0.113.9")
    assert not reaches("{toCIDR: [203.0.113.9/32]}", "cidr:203.0.113.10")


def test_exceptions_are_out_of_a_range() -> None:
    item = "{toCIDRSet: [{cidr: 203.0.113.0/24, except: [203.0.113.128/25]}]}"
    assert reaches(item, "cidr:203.0.113.9")
    assert not reaches(item, "cidr:203.0.113.200")


GROUP = (
    "---\napiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\nmetadata: {name: offices, labels: {site: hq}}\n"
    "spec: {externalCIDRs: [203.0.113.0/25, 198.51.100.0/24]}\n"
)


@pytest.mark.parametrize(
    "item",
    [
        "{toCIDRSet: [{cidrGroupRef: offices}]}",
        "{toCIDRSet: [{cidrGroupSelector: {matchLabels: {site: hq}}, except: [198.51.100.0/24]}]}",
    ],
)
def test_a_group_of_ranges_is_looked_up(item: str) -> None:
    assert reaches(item, "cidr:203.0.113.9", more=GROUP)
    assert not reaches(item, "cidr:203.0.113.200", more=GROUP)
    assert reaches(item, "cidr:198.51.100.7", more=GROUP) is ("Ref" in item)


def test_a_group_of_ranges_that_is_unknown_is_remarked() -> None:
    world = cluster(PODS + policy("a/p", "endpointSelector: {}\negress: [{toCIDRSet: [{cidrGroupRef: x}]}]"))
    assert egress(world, "a/web", "cidr:203.0.113.9").remarks == (
        "CiliumNetworkPolicy a/p spec.egress[0] may allow it: that depends on CiliumCIDRGroup x",
    )
    assert egress(world, "a/web", "b/api").remarks == ()


NAMESPACE_NOT_B = "matchExpressions: [{key: io.kubernetes.pod.namespace, operator: NotIn, values: [b]}]"
TEAM_NOT_X = "matchExpressions: [{key: io.cilium.k8s.namespace.labels.team, operator: NotIn, values: [x]}]"
CLUSTER_NOT_X = "{key: io.cilium.k8s.policy.cluster, operator: NotIn, values: [x]}"


def lets_in(
    selector: str, kind: str = "CiliumNetworkPolicy", version: CiliumVersion | None = None
) -> set[str]:
    """Who may come in to a/web by a selector of peers."""
    name = "a/p" if kind == "CiliumNetworkPolicy" else "p"
    spec = f"endpointSelector: {{}}\ningress: [{{fromEndpoints: [{{{selector}}}]}}]"
    world = cluster(PODS + pod("a/db") + policy(name, spec, kind), version=version)
    sides = ("a/db", "b/api", "c/node", "cidr:203.0.113.9", "entity:health")
    return {each for each in sides if allowed(world, each, "a/web", 443)}


OUTSIDE = {"c/node", "cidr:203.0.113.9", "entity:health"}


@pytest.mark.parametrize(
    ("selector", "version", "met"),
    [
        (NAMESPACE_NOT_B, CiliumVersion.V1_18, {"a/db", *OUTSIDE}),
        (NAMESPACE_NOT_B, CiliumVersion.V1_19, {"a/db"}),
        (NAMESPACE_NOT_B, None, {"a/db"}),
        (f"{NAMESPACE_NOT_B[:-1]}, {CLUSTER_NOT_X}]", None, {"a/db", *OUTSIDE}),
        (TEAM_NOT_X, CiliumVersion.V1_18, {"a/db", "b/api", *OUTSIDE}),
        (TEAM_NOT_X, CiliumVersion.V1_16, {"a/db", "b/api", *OUTSIDE}),
        (TEAM_NOT_X, CiliumVersion.V1_15, {"a/db"}),
        (TEAM_NOT_X, None, {"a/db", "b/api"}),
        ("matchExpressions: [{key: app, operator: NotIn, values: [x]}]", CiliumVersion.V1_18, {"a/db"}),
    ],
)
def test_a_selector_that_only_rules_namespaces_out_means_the_world_before_1_19(
    selector: str, version: CiliumVersion | None, met: set[str]
) -> None:
    assert lets_in(selector, version=version) == met


@pytest.mark.parametrize(
    ("selector", "met"), [(NAMESPACE_NOT_B, {"a/db", *OUTSIDE}), (TEAM_NOT_X, {"a/db", "b/api"})]
)
def test_a_clusterwide_policy_asks_for_a_namespace_unless_it_names_one(selector: str, met: set[str]) -> None:
    assert lets_in(selector, "CiliumClusterwideNetworkPolicy", CiliumVersion.V1_18) == met


@pytest.mark.parametrize(("version", "met"), [(CiliumVersion.V1_15, set()), (CiliumVersion.V1_16, {"b/api"})])
def test_labels_of_namespaces_mean_other_namespaces_from_1_16_on(
    version: CiliumVersion, met: set[str]
) -> None:
    selector = 'matchLabels: {"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name": b}'
    assert lets_in(selector, version=version) == met
    assert lets_in(selector, "CiliumClusterwideNetworkPolicy", version) == {"b/api"}


def test_another_cluster_has_none_of_the_pods() -> None:
    selector = "matchLabels: {io.cilium.k8s.policy.cluster: other, io.kubernetes.pod.namespace: b}"
    assert lets_in(selector) == set()


SERVICE = (
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: b, labels: {tier: back}}\n"
    "spec: {selector: {app: api}}\n"
)


@pytest.mark.parametrize(
    ("service", "met"),
    [
        ("k8sService: {serviceName: api, namespace: b}", True),
        ("k8sService: {serviceName: api}", True),
        ("k8sService: {serviceName: api, namespace: a}", False),
        ("k8sServiceSelector: {selector: {matchLabels: {tier: back}}}", True),
        ("k8sServiceSelector: {selector: {matchLabels: {tier: back}}, namespace: a}", False),
    ],
)
def test_a_service_means_the_pods_behind_it(service: str, met: bool) -> None:
    assert reaches(f"{{toServices: [{{{service}}}]}}", "b/api", more=SERVICE) is met


def test_the_service_kubernetes_means_the_api_server() -> None:
    item = "{toServices: [{k8sService: {serviceName: kubernetes, namespace: default}}]}"
    assert reaches(item, "entity:kube-apiserver")
    assert not reaches(item, "b/api")


def test_an_unknown_service_is_remarked() -> None:
    item = "{toServices: [{k8sService: {serviceName: db, namespace: b}}]}"
    world = cluster(PODS + policy("a/p", f"endpointSelector: {{}}\negress: [{item}]"))
    assert egress(world, "a/web", "cidr:203.0.113.9").remarks == (
        "CiliumNetworkPolicy a/p spec.egress[0] may allow it: that depends on the endpoints of Service b/db",
    )


@pytest.mark.parametrize(
    ("item", "destination", "why"),
    [
        ("{toNodes: [{matchLabels: {a: b}}]}", "c/node", "the labels of the node"),
        (
            "{toGroups: [{aws: {securityGroupsIds: [sg-1]}}]}",
            "cidr:203.0.113.9",
            "which instances are in the cloud provider's group",
        ),
        (
            "{toFQDNs: [{matchName: example.org}]}",
            "cidr:203.0.113.9",
            "whether one of the names leads to the address",
        ),
    ],
)
def test_what_only_the_cluster_knows_is_remarked(item: str, destination: str, why: str) -> None:
    world = cluster(PODS + policy("a/p", f"endpointSelector: {{}}\negress: [{item}]"))
    verdict = egress(world, "a/web", destination)
    assert not verdict.allowed
    assert verdict.remarks == (f"CiliumNetworkPolicy a/p spec.egress[0] may allow it: that depends on {why}",)


@pytest.mark.parametrize("item", ["{toNodes: [{}]}", "{toGroups: [{}]}", "{toFQDNs: [{matchPattern: '*'}]}"])
def test_pods_are_no_nodes_groups_or_names(item: str) -> None:
    world = cluster(PODS + policy("a/p", f"endpointSelector: {{}}\negress: [{item}]"))
    verdict = egress(world, "a/web", "b/api")
    assert not verdict.allowed
    assert verdict.remarks == ()


def test_selectors_know_every_operator() -> None:
    def met(expression: str) -> bool:
        return reaches(
            "{toEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: b}, "
            f"matchExpressions: [{expression}]}}]}}",
            "b/api",
        )

    assert met("{key: app, operator: In, values: [api, x]}")
    assert not met("{key: app, operator: NotIn, values: [api, x]}")
    assert met("{key: tier, operator: NotIn, values: [back]}")
    assert met("{key: app, operator: Exists}")
    assert not met("{key: tier, operator: Exists}")
    assert met("{key: tier, operator: DoesNotExist}")
    assert met("{key: 'k8s:app', operator: In, values: [api]}")
    assert not met("{key: 'reserved:app', operator: Exists}")


def test_pods_have_their_cluster_and_account_as_labels() -> None:
    assert reaches(
        '{toEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: b, "k8s:io.cilium.k8s.policy.cluster": '
        "default, io.cilium.k8s.policy.serviceaccount: default}}]}",
        "b/api",
    )


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("app", True),
        ("app.kubernetes.io/name", True),
        ("example.com/kubernetes.io", True),
        ("kubernetes.io/name", False),
        ("k8s.io/x", False),
        ("pod-template-hash", False),
        ("statefulset.kubernetes.io/pod-name", False),
        ("node.beta.kubernetes.io/x", False),
    ],
)
def test_labels_that_cilium_leaves_out_match_nothing(key: str, known: bool) -> None:
    labelled = pod("a/web") + pod("a/other", labels=f"{key}: x")
    spec = f"endpointSelector: {{}}\negress: [{{toEndpoints: [{{matchLabels: {{{key}: x}}}}]}}]"
    assert allowed(cluster(labelled + policy("a/p", spec)), "a/web", "a/other", 443) is known
