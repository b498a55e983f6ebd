"""Who may reach whom, in two namespaces with CoreDNS, before, while and after pods move."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.migration import PLACEMENTS, MovingPods, VerdictChange
from cdk_eks_cilium.policy.documents import Document, read_text
from cdk_eks_cilium.policy_analysis import Endpoint, Flow, inventory

CLUSTER = """
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: job, namespace: batch, labels: {app: job}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: kube-dns}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
  - to: [{podSelector: {matchLabels: {app: db}}}]
    ports: [{port: 5432}]
  - to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
    ports: [{port: 53, protocol: UDP}]
"""
CILIUMS = """
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: job, namespace: batch}
spec:
  endpointSelector: {matchLabels: {app: job}}
  egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}]}]
"""


def documents(text: str = CLUSTER) -> list[Document]:
    return read_text(text, "cluster.yaml")


def flow(source: str, destination: str, port: int, protocol: str = "TCP") -> Flow:
    known = inventory(documents())
    sides = [known.find(name) for name in (source, destination)]
    assert sides[0] is not None
    assert sides[1] is not None
    return Flow(Endpoint.pod(sides[0]), Endpoint.pod(sides[1]), port, protocol)


WEB_TO_DB = flow("shop/web", "shop/db", 5432)
WEB_TO_DNS = flow("shop/web", "kube-system/coredns", 53, "UDP")
JOB_TO_DB = flow("batch/job", "shop/db", 5432)
JOB_TO_WEB = flow("batch/job", "shop/web", 80)
FLOWS = (WEB_TO_DB, WEB_TO_DNS, JOB_TO_DB, JOB_TO_WEB)


def changes(moving: MovingPods) -> dict[str, VerdictChange]:
    return {str(each.flow): each for each in moving.changes(FLOWS)}


@pytest.mark.parametrize("places", PLACEMENTS)
def test_what_policies_allow_stays_allowed_wherever_the_pods_are(places: tuple[str, str]) -> None:
    moving = MovingPods(documents())
    assert moving.allows(WEB_TO_DB, *places)  # type: ignore[arg-type]
    assert moving.allows(WEB_TO_DNS, *places)  # type: ignore[arg-type]
    assert moving.allows(JOB_TO_WEB, *places)  # type: ignore[arg-type]


def test_nothing_closes_and_only_old_pods_into_new_ones_open() -> None:
    found = changes(MovingPods(documents()))
    assert {name: (each.opens, each.closes) for name, each in found.items()} == {
        str(JOB_TO_DB): ((("old", "new"),), ())
    }
    assert all(each.passes for each in found.values())


def test_without_the_policy_for_old_pods_coredns_and_the_database_are_cut_off() -> None:
    found = changes(MovingPods(documents(), admit_old_pods=False))
    assert {name: (each.opens, each.closes) for name, each in found.items()} == {
        str(WEB_TO_DB): ((), (("old", "new"), ("new", "old"))),
        str(WEB_TO_DNS): ((), (("new", "old"),)),
    }


def test_where_aws_node_enforces_nothing_the_policies_begin_with_the_move() -> None:
    found = changes(MovingPods(documents(), aws_enforces=False))
    assert found[str(JOB_TO_DB)].before
    assert found[str(JOB_TO_DB)].closes == (("new", "new"),) or (
        found[str(JOB_TO_DB)].closes == (("new", "old"), ("new", "new"))
    )
    assert not found[str(JOB_TO_DB)].passes


def test_a_policy_of_cilium_binds_new_pods_alone() -> None:
    found = changes(MovingPods(documents(CLUSTER + CILIUMS)))
    assert found[str(JOB_TO_WEB)].closes == (("new", "new"),)
