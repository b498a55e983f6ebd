"""NetworkPolicies of Kubernetes as Cilium enforces them."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy.documents import read_text
from cdk_eks_cilium.policy_analysis import Evaluation, Inventory, Workload
from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView, endpoint_views
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions.cilium import CiliumVersion


def written(spec: str, name: str = "web") -> str:
    return (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{podSelector: {{matchLabels: {{app: web}}}}, {spec}}}\n"
    )


def only(spec: str) -> EndpointView:
    (policy,) = endpoint_views(read_text(written(spec), "x.yaml"))
    return policy


FROM_SHOP = "ingress: [{from: [{podSelector: {}}]}]"


def test_everything_wrong_is_reported_at_once() -> None:
    text = written("ingress: [{ports: [{port: 0}]}]") + written("egres: []", "db")
    with pytest.raises(InputError) as caught:
        endpoint_views(read_text(text, "x.yaml"))
    assert len(caught.value.problems) == 2


def test_other_documents_are_left_alone() -> None:
    documents = read_text(
        written(FROM_SHOP) + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "x.yaml"
    )
    assert len(endpoint_views(documents)) == 1


def test_deviations_are_not_written() -> None:
    policy = only(f"policyTypes: [Egress], {FROM_SHOP}")
    assert set(policy.manifest()) == {"apiVersion", "kind", "metadata", "spec"}
    assert policy.written_as == "NetworkPolicy"


CLUSTER = "io.cilium.k8s.policy.cluster"
NAMESPACE = "io.kubernetes.pod.namespace"
POD_NAME = "statefulset.kubernetes.io/pod-name"


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        (f"{{matchLabels: {{{CLUSTER}: blue}}}}", ["shop/web"]),
        (f"{{matchLabels: {{{CLUSTER}: red}}}}", []),
        # Cilium replaces the label by the policy's own namespace.
        (f"{{matchLabels: {{{NAMESPACE}: tools}}}}", ["shop/web"]),
        (f"{{matchExpressions: [{{key: {NAMESPACE}, operator: In, values: [tools]}}]}}", []),
        (f"{{matchLabels: {{{POD_NAME}: web-0}}}}", []),
        (f"{{matchExpressions: [{{key: {POD_NAME}, operator: DoesNotExist}}]}}", ["shop/web"]),
    ],
)
def test_labels_that_are_ciliums_own_select_as_cilium_reads_them(selector: str, selected: list[str]) -> None:
    text = written(FROM_SHOP).replace("{matchLabels: {app: web}}", selector)
    (policy,) = endpoint_views(read_text(text, "x.yaml"))
    pods = (Workload("shop", "web", {POD_NAME: "web-0"}), Workload("tools", "job"))
    evaluation = Evaluation([policy], Inventory(pods, cluster_name="blue"))

    assert [str(pod) for pod in pods if evaluation.selecting(pod)] == selected


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        (
            CLUSTER,
            "must select pods by labels that pods have: Kubernetes finds no pod with this label, and Cilium "
            "takes it for its own",
        ),
        (
            POD_NAME,
            "must select pods by labels that Cilium identifies pods by: to Cilium no pod has this label",
        ),
    ],
)
def test_labels_that_mean_something_else_to_cilium_are_deviations(key: str, rule: str) -> None:
    policy = only(f"ingress: [{{from: [{{podSelector: {{matchLabels: {{{key}: a}}}}}}]}}]")

    assert [(each.path, each.rule) for each in policy.deviations] == [
        (f"spec.ingress[0].from[0].podSelector ({key})", rule)
    ]


def test_null_is_the_same_as_nothing() -> None:
    def of(spec: str) -> EndpointView:
        text = written(FROM_SHOP).replace("spec: {podSelector: {matchLabels: {app: web}}", f"spec: {{{spec}")
        return endpoint_views(read_text(text, "x.yaml"))[0]

    assert of("podSelector: null, egress: null") == of("podSelector: {}")
    assert of("podSelector: {matchLabels: {app: null}}") == of("podSelector: {matchLabels: {app: ''}}")


@pytest.mark.parametrize(
    ("enforced", "written_path"),
    [
        ("spec", "spec"),
        ("spec.endpointSelector", "spec.podSelector"),
        ("spec.ingress[0]", "spec.ingress"),
        ("spec.egress[0]", "spec.egress[0]"),
        ("spec.egress[0].toEndpoints[0]", "spec.egress[0].to[0]"),
        ("spec.egress[1].toPorts[0].ports[1].port", "spec.egress[1].ports[1].port"),
        ("spec.egress[1].toPorts", "spec.egress[1].ports"),
        ("spec.egress[1]", "spec.egress[1].to[0]"),
        ("spec.egress[2].toCIDRSet", "spec.egress[1].to[1].ipBlock"),
        ("spec.egress[2].toPorts[0]", "spec.egress[1].ports"),
        ("spec.egress[3]", "spec.egress[2]"),
        ("spec.egress[3].toEntities", "spec.egress[2]"),
        ("metadata.annotations['a']", "metadata.annotations['a']"),
    ],
)
def test_a_place_is_one_in_the_network_policy(enforced: str, written_path: str) -> None:
    policy = only(
        "policyTypes: [Ingress, Egress], egress: ["
        "{to: [{podSelector: {}}], ports: [{port: 80}]}, "
        "{to: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}, {port: 81}]}, {}]"
    )
    assert policy.source_path(enforced) == written_path


def test_a_long_list_of_ports_keeps_its_indexes() -> None:
    policy = only(f"egress: [{{ports: [{', '.join(f'{{port: {number}}}' for number in range(1, 60))}]}}]")
    assert policy.source_path("spec.egress[0].toPorts[1].ports[2]") == "spec.egress[0].ports[42]"


def test_the_second_item_of_a_range_has_the_place_of_the_range() -> None:
    spec = "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {}}]}]"
    (policy,) = endpoint_views(read_text(written(spec), "x.yaml"), CiliumVersion.of("1.19.4"))
    assert [policy.source_path(f"spec.ingress[{index}]") for index in range(3)] == [
        "spec.ingress[0].from[0]",
        "spec.ingress[0].from[0]",
        "spec.ingress[0].from[1]",
    ]
