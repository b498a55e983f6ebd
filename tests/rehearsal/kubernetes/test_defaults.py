"""What the API fills in. The values are a real kube-apiserver's, of 1.36."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.model import Object
from tests.rehearsal.kubernetes.asking import MERGE, ask
from tests.rehearsal.kubernetes.commands import workload

LABELS = {"matchLabels": {"a": "b"}}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
REFERENCE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
ONCE = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}


def stored(cluster: KubernetesCluster, path: str, **content: Any) -> Any:
    answer = ask(cluster, "POST", path, {"metadata": {"name": "n"}} | content)
    assert answer.code == 201, answer.message
    return answer.body


def test_a_template_of_pods_is_filled_in(cluster: KubernetesCluster) -> None:
    container = {
        "name": "c",
        "image": "reg:5000/i:1",
        "ports": [{"containerPort": 80}],
        "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "livenessProbe": {"httpGet": {"port": 80}},
        "readinessProbe": {"grpc": {"port": 80}, "timeoutSeconds": 3},
    }
    volumes: list[Object] = [
        {"name": "a", "secret": {"secretName": "s"}},
        {"name": "b"},
        {"name": "c", "hostPath": {"path": "/"}},
        {"name": "d", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
    ]
    body = workload("Deployment", "n", containers=[container], volumes=volumes, serviceAccountName="x")
    answer = ask(cluster, "POST", "/apis/apps/v1/namespaces/default/deployments", body)
    pod = answer.body["spec"]["template"]["spec"]
    probe = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
    assert pod == {
        "containers": [
            {
                "name": "c",
                "image": "reg:5000/i:1",
                "imagePullPolicy": "IfNotPresent",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "env": [
                    {
                        "name": "A",
                        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}},
                    }
                ],
                "livenessProbe": {"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}} | probe,
                "readinessProbe": {"grpc": {"port": 80, "service": ""}} | probe | {"timeoutSeconds": 3},
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "volumes": [
            {"name": "a", "secret": {"secretName": "s", "defaultMode": 420}},
            {"name": "b", "emptyDir": {}},
            {"name": "c", "hostPath": {"path": "/", "type": ""}},
            {
                "name": "d",
                "projected": {
                    "defaultMode": 420,
                    "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}],
                },
            },
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccountName": "x",
        "serviceAccount": "x",
    }


def test_a_pod_has_more_than_its_template(cluster: KubernetesCluster) -> None:
    container = {
        "name": "c",
        "image": "i@sha256:1",
        "ports": [{"containerPort": 80}],
        "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
    }
    pod = stored(
        cluster, "/api/v1/namespaces/default/pods", spec={"hostNetwork": True, "containers": [container]}
    )
    (found,) = pod["spec"]["containers"]
    assert found["imagePullPolicy"] == "IfNotPresent"
    assert found["ports"] == [{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]
    assert found["resources"]["requests"] == {"cpu": "1", "memory": "1Gi"}
    assert pod["spec"]["enableServiceLinks"] is True
    assert (pod["spec"]["priority"], pod["spec"]["preemptionPolicy"]) == (0, "PreemptLowerPriority")
    assert pod["status"] == {"phase": "Pending", "qosClass": "Guaranteed"}


@pytest.mark.parametrize(
    ("image", "policy"),
    [("i", "Always"), ("i:latest", "Always"), ("r:5000/i", "Always"), ("i:1", "IfNotPresent")],
)
def test_an_image_without_a_tag_is_pulled_always(image: str, policy: str, cluster: KubernetesCluster) -> None:
    body = workload("Deployment", "n", containers=[{"name": "c", "image": image}])
    answer = ask(cluster, "POST", "/apis/apps/v1/namespaces/default/deployments?dryRun=All", body)
    assert answer.body["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == policy


@pytest.mark.parametrize(
    ("path", "given", "filled"),
    [
        (
            "/apis/apps/v1/namespaces/default/daemonsets",
            {"selector": LABELS, "template": TEMPLATE},
            {
                "revisionHistoryLimit": 10,
                "updateStrategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
                },
            },
        ),
        (
            "/apis/apps/v1/namespaces/default/deployments",
            {"selector": LABELS, "template": TEMPLATE, "strategy": {"type": "Recreate"}},
            {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
        ),
        (
            "/apis/apps/v1/namespaces/default/statefulsets",
            {"selector": LABELS, "template": TEMPLATE, "serviceName": "s"},
            {
                "replicas": 1,
                "podManagementPolicy": "OrderedReady",
                "revisionHistoryLimit": 10,
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            },
        ),
        (
            "/apis/batch/v1/namespaces/default/jobs",
            {"template": ONCE},
            {
                "completions": 1,
                "parallelism": 1,
                "backoffLimit": 6,
                "completionMode": "NonIndexed",
                "suspend": False,
                "manualSelector": False,
                "podReplacementPolicy": "TerminatingOrFailed",
            },
        ),
        (
            "/apis/batch/v1/namespaces/default/cronjobs",
            {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": ONCE}}},
            {
                "concurrencyPolicy": "Allow",
                "suspend": False,
                "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
            },
        ),
        (
            "/api/v1/namespaces/default/services",
            {"type": "LoadBalancer", "sessionAffinity": "ClientIP", "ports": [{"port": 80}]},
            {
                "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80, "nodePort": 30000}],
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
                "externalTrafficPolicy": "Cluster",
                "internalTrafficPolicy": "Cluster",
                "allocateLoadBalancerNodePorts": True,
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
            },
        ),
        (
            "/api/v1/namespaces/default/persistentvolumeclaims",
            {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1000M"}}},
            {"volumeMode": "Filesystem", "resources": {"requests": {"storage": "1G"}}},
        ),
        (
            "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
            {"podSelector": {}, "ingress": [], "egress": [{"ports": [{"port": 80}]}]},
            {"policyTypes": ["Ingress", "Egress"], "egress": [{"ports": [{"port": 80, "protocol": "TCP"}]}]},
        ),
        (
            "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
            {"maxReplicas": 3, "scaleTargetRef": REFERENCE},
            {
                "minReplicas": 1,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "averageUtilization": 80},
                        },
                    }
                ],
            },
        ),
        (
            "/api/v1/namespaces/default/limitranges",
            {"limits": [{"type": "Container", "max": {"cpu": 1}}]},
            {
                "limits": [
                    {
                        "type": "Container",
                        "max": {"cpu": "1"},
                        "default": {"cpu": "1"},
                        "defaultRequest": {"cpu": "1"},
                    }
                ]
            },
        ),
    ],
)
def test_a_specification_is_filled_in(
    path: str, given: Object, filled: Object, cluster: KubernetesCluster
) -> None:
    spec = stored(cluster, path, spec=given)["spec"]
    assert {name: spec.get(name) for name in filled} == filled


def test_times_of_an_affinity_that_is_turned_off_go_with_it(cluster: KubernetesCluster) -> None:
    path = "/api/v1/namespaces/default/services"
    stored(cluster, path, spec={"sessionAffinity": "ClientIP", "ports": [{"port": 80}]})
    answer = ask(cluster, "PATCH", f"{path}/n", {"spec": {"sessionAffinity": None}}, MERGE)
    assert answer.code == 200, answer.message
    assert "sessionAffinityConfig" not in answer.body["spec"]


def test_a_job_selects_its_own_pods(cluster: KubernetesCluster) -> None:
    job = stored(cluster, "/apis/batch/v1/namespaces/default/jobs", spec={"template": ONCE})
    uid = job["metadata"]["uid"]
    assert job["spec"]["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    assert job["spec"]["template"]["metadata"]["labels"] == {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": "n",
        "controller-uid": uid,
        "job-name": "n",
    }


def test_a_daemon_set_counts_its_templates(cluster: KubernetesCluster) -> None:
    body = workload("DaemonSet", "n")
    path = "/apis/apps/v1/namespaces/default/daemonsets"
    ask(cluster, "POST", path, body)
    counts = []
    for image in ("x", "y"):
        body["spec"]["template"]["spec"]["containers"][0]["image"] = image
        answer = ask(cluster, "PUT", f"{path}/n", body)
        counts.append(answer.body["metadata"]["annotations"]["deprecated.daemonset.template.generation"])
    assert counts == ["1", "2"]


def test_text_of_a_secret_is_encoded(cluster: KubernetesCluster) -> None:
    secret = stored(cluster, "/api/v1/namespaces/default/secrets", stringData={"a": "b"}, data={"c": "ZA=="})
    assert (secret["type"], secret["data"]) == ("Opaque", {"a": "Yg==", "c": "ZA=="})
    assert "stringData" not in secret


def test_a_subject_of_a_binding_gets_its_group(cluster: KubernetesCluster) -> None:
    rbac = "rbac.authorization.k8s.io"
    binding = stored(
        cluster,
        f"/apis/{rbac}/v1/clusterrolebindings",
        roleRef={"kind": "ClusterRole", "name": "x"},
        subjects=[{"kind": "User", "name": "a"}, {"kind": "ServiceAccount", "name": "b", "namespace": "c"}],
    )
    assert binding["roleRef"]["apiGroup"] == rbac
    assert [subject.get("apiGroup") for subject in binding["subjects"]] == [rbac, None]


def test_a_webhook_is_filled_in(cluster: KubernetesCluster) -> None:
    hook = {
        "name": "a.b.c",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {"name": "a", "namespace": "b"}},
        "rules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
        ],
    }
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    (found,) = stored(cluster, path, webhooks=[hook])["webhooks"]
    assert found["clientConfig"]["service"]["port"] == 443
    assert found["rules"][0]["scope"] == "*"
    assert (found["failurePolicy"], found["matchPolicy"], found["timeoutSeconds"]) == (
        "Fail",
        "Equivalent",
        10,
    )
    assert (found["namespaceSelector"], found["objectSelector"]) == ({}, {})
    assert found["reinvocationPolicy"] == "Never"


def test_what_the_server_allots_has_no_manager(cluster: KubernetesCluster) -> None:
    service = stored(cluster, "/api/v1/namespaces/default/services", spec={"ports": [{"port": 80}]})
    (entry,) = service["metadata"]["managedFields"]
    assert set(entry["fieldsV1"]["f:spec"]) == {
        "f:ports",
        "f:sessionAffinity",
        "f:type",
        "f:internalTrafficPolicy",
    }
