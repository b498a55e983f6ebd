from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.policy import read_text
from cdk_eks_cilium.policy_analysis import Inventory, Workload, inventory
from cdk_eks_cilium.policy_analysis.workloads import CidrGroup, KubernetesService, NamedPort
from cdk_eks_cilium.problems import InputError

DEPLOYMENT = """\
kind: Deployment
metadata: {name: web, namespace: shop, labels: {not: "the pods'"}}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      initContainers:
      - {name: a, ports: [{containerPort: 9}]}
      containers:
      - name: b
        ports:
        - {name: http, containerPort: 80}
        - {name: dns, containerPort: 53, protocol: UDP}
"""


def of(text: str) -> Inventory:
    return inventory(read_text(text, "f.yaml"))


def refusals(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        of(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_deployment_stands_for_its_pods() -> None:
    assert of(DEPLOYMENT).workloads == (
        Workload(
            "shop",
            "web",
            {"app": "web"},
            service_account="web",
            ports=(NamedPort("http", 80, "TCP"), NamedPort("dns", 53, "UDP")),
            numbers=(("TCP", 9), ("TCP", 80), ("UDP", 53)),
            kind="Deployment",
        ),
    )


@pytest.mark.parametrize(
    "kind",
    [
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Rollout",
        "DeploymentConfig",
        "CloneSet",
    ],
)
def test_everything_that_makes_pods_is_a_workload(kind: str) -> None:
    (workload,) = of(DEPLOYMENT.replace("Deployment", kind)).workloads

    assert workload.labels == {"app": "web"}


def test_a_job_gives_its_pods_its_own_name() -> None:
    (workload,) = of(DEPLOYMENT.replace("Deployment", "Job")).workloads

    assert workload.labels == {"app": "web", "job-name": "web", "batch.kubernetes.io/job-name": "web"}


def test_an_object_that_kubernetes_is_to_name_is_called_by_the_beginning() -> None:
    assert str(of("kind: Pod\nmetadata: {generateName: a-}\n").workloads[0]) == "default/a"


def test_a_cron_job_has_its_pods_one_level_deeper() -> None:
    text = (
        "kind: CronJob\nmetadata: {name: a}\n"
        "spec: {jobTemplate: {spec: {template: {metadata: {labels: {b: c}}, spec: {}}}}}\n"
    )

    assert of(text).workloads == (Workload("default", "a", {"b": "c"}, kind="CronJob"),)


def test_a_pod_has_its_own_labels_and_defaults() -> None:
    assert of("kind: Pod\nmetadata: {name: a, labels: {b: c}}\nspec: {hostNetwork: true}\n").workloads == (
        Workload("default", "a", {"b": "c"}, service_account="default", host_network=True),
    )


def test_services_and_groups_of_ranges_are_known() -> None:
    text = (
        "kind: Service\nmetadata: {name: s, namespace: shop, labels: {a: b}}\nspec: {selector: {c: d}}\n---\n"
        "kind: CiliumCIDRGroup\nmetadata: {name: g, labels: {e: f}}\nspec: {externalCIDRs: [10.0.0.0/8]}\n"
    )

    assert of(text).services == (KubernetesService("shop", "s", {"a": "b"}, {"c": "d"}),)
    assert of(text).cidr_groups == (CidrGroup("g", ("10.0.0.0/8",), {"e": "f"}),)


def test_a_service_without_a_selector_chooses_no_pods() -> None:
    assert of("kind: Service\nmetadata: {name: s}\n").services == (KubernetesService("default", "s"),)


def test_a_namespace_has_the_label_that_kubernetes_gives_it() -> None:
    known = of("kind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n")

    assert known.namespace_labels("shop") == {"kubernetes.io/metadata.name": "shop", "team": "a"}
    assert known.namespace_labels("other") == {"kubernetes.io/metadata.name": "other"}


def test_a_workload_is_found_by_namespace_and_name() -> None:
    known = of(DEPLOYMENT)

    assert known.find("shop/web") == known.workloads[0]
    assert known.find("web") is None


def owned(kind: str, name: str, owner: str) -> str:
    """An object of the namespace ``shop`` that another owns."""
    kind_of_owner, _, name_of_owner = owner.partition(" ")
    return (
        f"---\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop, "
        f"ownerReferences: [{{kind: {kind_of_owner}, name: {name_of_owner}}}]}}\n"
    )


def test_what_an_object_that_is_there_owns_is_left_out() -> None:
    replicas = owned("ReplicaSet", "web-1", "Deployment web")
    pod = owned("Pod", "web-1-a", "ReplicaSet web-1")

    assert [str(one) for one in of(DEPLOYMENT + replicas + pod).workloads] == ["shop/web"]
    assert [str(one) for one in of(replicas + pod).workloads] == ["shop/web"]
    assert [str(one) for one in of(pod).workloads] == ["shop/web-1"]


def test_objects_of_other_kinds_are_left_alone() -> None:
    assert of("kind: ConfigMap\n---\nkind: CiliumNetworkPolicy\n") == Inventory()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{containerPort: '80'}]}]}\n",
            "f.yaml line 1: Pod a: must be a valid Pod (containerPort must be a whole number, got '80'; "
            "leave the quotes out)",
        ),
        (
            "kind: Service\nmetadata: {name: a}\nspec: {ports: [{port: http}]}\n",
            "f.yaml line 1: Service a: must be a valid Service (port must be a whole number, got 'http')",
        ),
        ("kind: Pod\nmetadata: 5\n", "f.yaml line 1: must be a valid Pod (metadata must be a mapping)"),
        (
            "kind: Namespace\n",
            "f.yaml line 1: must be a valid Namespace (metadata.name must be given, as text)",
        ),
        (
            "kind: Pod\nmetadata: {name: a, namespace: n}\n",
            "f.yaml line 1: Pod a: must be a valid Pod (metadata.namespace must be text, got False; put it "
            "in quotes)",
        ),
        (
            "kind: Pod\nmetadata: {name: a, labels: {b: 1}}\n",
            "f.yaml line 1: Pod a: must be a valid Pod (label b must be text, got 1)",
        ),
        (
            "kind: Pod\nmetadata: {name: a, labels: {b: c/d}}\n",
            "f.yaml line 1: Pod a: must be a valid Pod (label b must have a valid value, got 'c/d')",
        ),
        (
            "kind: Service\nmetadata: {name: a}\nspec: {selector: [b]}\n",
            "f.yaml line 1: Service a: must be a valid Service (spec.selector must be a mapping, got ['b'])",
        ),
        (
            "kind: Service\nmetadata: {name: a}\nspec: {selector: {b: 1}}\n",
            "f.yaml line 1: Service a: must be a valid Service (spec.selector must be labels, got {'b': 1})",
        ),
        (
            "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{ports: [{name: http}]}]}\n",
            "f.yaml line 1: Pod a: must be a complete Pod (containerPort is missing)",
        ),
        (
            "kind: CiliumCIDRGroup\nmetadata: {name: a}\nspec: {externalCIDRs: [10.0.0.0/8, b]}\n",
            "f.yaml line 1: CiliumCIDRGroup a: must be a valid CiliumCIDRGroup "
            "(spec.externalCIDRs must be ranges, got 'b')",
        ),
        (
            "kind: CiliumCIDRGroup\nmetadata: {name: a}\nspec: {externalCIDRs: [0]}\n",
            "f.yaml line 1: CiliumCIDRGroup a: must be a valid CiliumCIDRGroup "
            "(spec.externalCIDRs must be ranges, got 0)",
        ),
    ],
)
def test_an_incomplete_object_is_refused(text: str, problem: str) -> None:
    assert refusals(text) == [problem]


@pytest.mark.parametrize(
    "spec",
    [
        "5",
        "{containers: 5}",
        "{containers: [5]}",
        "{containers: [{ports: [{containerPort: a}]}]}",
        "{containers: [{ports: [{}]}]}",
    ],
)
def test_an_invalid_pod_is_refused(spec: str) -> None:
    (problem,) = refusals(f"kind: Pod\nmetadata: {{name: a}}\nspec: {spec}\n")

    assert problem.startswith(
        ("f.yaml line 1: Pod a: must be a valid Pod (", "f.yaml line 1: Pod a: must be a complete Pod (")
    )


def test_everything_wrong_is_reported_at_once() -> None:
    assert len(refusals("kind: Pod\n---\nkind: Service\n")) == 2


def test_a_workload_that_is_there_twice_and_differs_is_refused() -> None:
    assert refusals(f"{DEPLOYMENT}---\n{DEPLOYMENT.replace('app: web', 'app: api')}") == [
        "f.yaml line 16: Deployment web: must be defined once; give each pod and Deployment a name of its own"
    ]


def test_a_workload_that_is_there_twice_counts_once() -> None:
    assert of(f"{DEPLOYMENT}---\n{DEPLOYMENT}") == of(DEPLOYMENT)


def test_two_kinds_may_have_the_same_name() -> None:
    known = of(f"{DEPLOYMENT}---\n{DEPLOYMENT.replace('Deployment', 'StatefulSet')}")

    assert [str(one) for one in known.workloads] == ["shop/web", "shop/statefulset/web"]
    assert known.find("shop/deployment/web") == known.workloads[0]
    assert known.find("shop/statefulset/web") == known.workloads[1]


def test_equal_workloads_hash_alike() -> None:
    one: Any = Workload("a", "b", {"c": "d"})

    assert {one: 1}[Workload("a", "b", {"c": "d"})] == 1
