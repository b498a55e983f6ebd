"""NetworkPolicies of Kubernetes as Cilium enforces them."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.policy.documents import read_text
from cdk_eks_cilium.policy_analysis.endpoint_view import EndpointView, endpoint_views
from cdk_eks_cilium.policy_analysis.evaluation import Endpoint, Evaluation, Flow
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions import CiliumVersion

WEB, OTHER = Workload("shop", "web", {"app": "web"}), Workload("other", "pod", {"app": "pod"})
INVENTORY = Inventory((WEB, OTHER))
OUTSIDE = Endpoint.address("192.0.2.1")

Version = CiliumVersion | None


def written(spec: str, name: str = "web") -> str:
    return (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{podSelector: {{matchLabels: {{app: web}}}}, {spec}}}\n"
    )


def only(spec: str, version: Version = None) -> EndpointView:
    (policy,) = endpoint_views(read_text(written(spec), "x.yaml"), version)
    return policy


def reaches(spec: str, source: Endpoint, port: int = 80, version: Version = None) -> bool:
    """Whether a side reaches shop/web, for which the policy is."""
    evaluation = Evaluation([only(spec, version)], INVENTORY, version=version)
    return evaluation.allows(Flow(source, Endpoint.pod(WEB), port))


def deviations(spec: str, version: Version = None) -> list[str]:
    return [one.path for one in only(spec, version).deviations]


FROM_SHOP = "ingress: [{from: [{podSelector: {}}]}]"


def test_rules_hold_though_policy_types_do_not_name_them() -> None:
    spec = f"policyTypes: [Egress], {FROM_SHOP}"
    assert not reaches(spec, Endpoint.pod(OTHER))
    assert reaches(spec, Endpoint.pod(Workload("shop", "front")))
    assert deviations(spec) == ["spec.ingress"]


def test_a_section_that_policy_types_name_or_leave_open_is_no_difference() -> None:
    assert deviations(f"policyTypes: [Ingress], {FROM_SHOP}") == []
    assert deviations(f"{FROM_SHOP}, egress: [{{}}]") == []
    assert deviations("policyTypes: [Egress], ingress: []") == []
    assert reaches("policyTypes: [Egress], ingress: []", Endpoint.pod(OTHER))


def test_egress_rules_hold_though_policy_types_name_ingress_alone() -> None:
    spec = "policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]"
    evaluation = Evaluation([only(spec)], INVENTORY)
    assert not evaluation.allows(Flow(Endpoint.pod(WEB), Endpoint.pod(OTHER), 80))
    assert deviations(spec) == ["spec.egress"]


RANGE = "ingress: [{ports: [{port: 80, endPort: 90}, {port: 99}]}]"


@pytest.mark.parametrize("version", [None, CiliumVersion.V1_16])
def test_ranges_of_ports_hold_from_1_16(version: Version) -> None:
    assert [port for port in (79, 80, 85, 90, 99) if reaches(RANGE, OUTSIDE, port, version)] == [
        80,
        85,
        90,
        99,
    ]
    assert deviations(RANGE, version) == []


def test_before_1_16_a_range_of_ports_is_its_first_one() -> None:
    version = CiliumVersion.V1_15
    assert [port for port in (80, 85, 90, 99) if reaches(RANGE, OUTSIDE, port, version)] == [80, 99]
    assert deviations(RANGE, version) == ["spec.ingress[0].ports[0].endPort"]


BLOCK = "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 80}]}]"


def test_up_to_1_19_4_a_range_lets_the_own_namespace_in() -> None:
    neighbour = Endpoint.pod(Workload("shop", "front"))
    for number, met in (("1.18.12", False), ("1.19.0", True), ("1.19.4", True), ("1.19.5", False)):
        version = CiliumVersion.of(number)
        assert reaches(BLOCK, neighbour, version=version) is met
        assert not reaches(BLOCK, neighbour, 81, version)
        assert not reaches(BLOCK, Endpoint.pod(OTHER), version=version)
        assert reaches(BLOCK, OUTSIDE, version=version)
        assert deviations(BLOCK, version) == (["spec.ingress[0].from[0].ipBlock"] if met else [])
    assert deviations(FROM_SHOP, CiliumVersion.of("1.19.4")) == []


NOT_OTHER = (
    "ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, "
    "operator: NotIn, values: [other]}]}}]}]"
)


@pytest.mark.parametrize(
    ("version", "met"),
    [(CiliumVersion.V1_12, True), (CiliumVersion.V1_18, True), (CiliumVersion.V1_19, False)],
)
def test_namespaces_that_are_only_ruled_out_mean_the_world_before_1_19(
    version: CiliumVersion, met: bool
) -> None:
    assert reaches(NOT_OTHER, OUTSIDE, version=version) is met
    assert not reaches(NOT_OTHER, Endpoint.pod(OTHER), version=version)
    assert reaches(NOT_OTHER, Endpoint.pod(Workload("third", "pod")), version=version)


@pytest.mark.parametrize(
    "peer",
    [
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}}",
        "{namespaceSelector: {}}",
        "{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}",
    ],
)
def test_other_selectors_mean_pods_in_every_release(peer: str) -> None:
    assert not reaches(f"ingress: [{{from: [{peer}]}}]", OUTSIDE, version=CiliumVersion.V1_12)


def test_everything_wrong_is_said_at_once() -> None:
    text = written("ingress: [{ports: [{port: 0}]}]") + written("egres: []", "db")
    with pytest.raises(InputError) as caught:
        endpoint_views(read_text(text, "x.yaml"))
    assert len(caught.value.problems) == 2


def test_other_documents_are_left_alone() -> None:
    documents = read_text(
        written(FROM_SHOP) + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n", "x.yaml"
    )
    assert len(endpoint_views(documents)) == 1


def test_differences_are_not_written() -> None:
    policy = only(f"policyTypes: [Egress], {FROM_SHOP}")
    assert set(policy.manifest()) == {"apiVersion", "kind", "metadata", "spec"}
    assert policy.written_as == "converted NetworkPolicy"
