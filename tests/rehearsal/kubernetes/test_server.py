from __future__ import annotations

import json
import ssl
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster
from tests.rehearsal.kubernetes.commands import config_map, workload

MAPS = "/api/v1/namespaces/default/configmaps"


def call(
    cluster: KubernetesCluster,
    method: str,
    path: str,
    body: Any = None,
    *,
    token: str | None = "admin",
    content_type: str = "application/json",
) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": content_type} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(cluster.endpoint + path, data, headers, method=method)
    try:
        with opened(cluster, request) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    lines = text.splitlines()
    if "watch=" in path and status == 200:
        return status, [json.loads(line) for line in lines]
    return status, json.loads(text) if text.startswith("{") else text


def opened(cluster: KubernetesCluster, request: urllib.request.Request) -> Any:
    context = ssl.create_default_context(cadata=cluster.certificate_authority_pem)
    return urllib.request.urlopen(request, context=context, timeout=60)


def followed(cluster: KubernetesCluster, query: str = "") -> Any:
    """An open watch of the ConfigMaps; each of its lines is an event."""
    headers = {"Authorization": "Bearer admin"}
    path = f"{cluster.endpoint}{MAPS}?watch=true&timeoutSeconds=60{query}"
    return opened(cluster, urllib.request.Request(path, headers=headers))


def test_discovery_names_the_version_and_the_groups(cluster: KubernetesCluster) -> None:
    assert call(cluster, "GET", "/version", token=None)[1]["minor"] == "35"
    groups = {group["name"] for group in call(cluster, "GET", "/apis", token="guest")[1]["groups"]}
    assert {"apps", "batch", "rbac.authorization.k8s.io", "apiextensions.k8s.io", "policy"} <= groups
    status, answer = call(cluster, "GET", "/apis/nonsense/v1")
    assert (status, answer["message"]) == (404, "the server could not find the requested resource")


def test_requests_are_kept_with_who_made_them(cluster: KubernetesCluster) -> None:
    call(cluster, "GET", MAPS)
    call(cluster, "GET", MAPS, token="guest")
    call(cluster, "GET", MAPS, token=None)
    log = [(r.method, r.path, r.status, r.username) for r in cluster.requests]
    assert log == [("GET", MAPS, 200, "admin"), ("GET", MAPS, 403, "guest"), ("GET", MAPS, 401, None)]


def test_an_injected_fault_reaches_the_client(cluster: KubernetesCluster) -> None:
    cluster.inject(lambda method, path: (503, "not now") if method == "DELETE" else None)
    assert call(cluster, "DELETE", f"{MAPS}/settings")[0] == 503
    cluster.inject(None)
    assert call(cluster, "DELETE", f"{MAPS}/settings")[0] == 404


def test_a_dry_run_stores_nothing(cluster: KubernetesCluster) -> None:
    status, answer = call(cluster, "POST", f"{MAPS}?dryRun=All", config_map(a="1"))
    assert (status, answer["data"]) == (201, {"a": "1"})
    assert cluster.get("ConfigMap", "settings", "default") is None


def test_a_generated_name_ends_in_five_letters(cluster: KubernetesCluster) -> None:
    body = {"metadata": {"generateName": "run-"}}
    names = {call(cluster, "POST", MAPS, body)[1]["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("run-") and len(name) == 9 for name in names)


def test_a_write_based_on_an_old_version_conflicts(cluster: KubernetesCluster) -> None:
    first = call(cluster, "POST", MAPS, config_map(a="1"))[1]
    call(cluster, "PUT", f"{MAPS}/settings", first | {"data": {"a": "2"}})
    status, answer = call(cluster, "PUT", f"{MAPS}/settings", first | {"data": {"a": "3"}})
    assert (status, answer["reason"]) == (409, "Conflict")
    status, answer = call(cluster, "PUT", f"{MAPS}/settings", config_map(a="3"))
    assert (status, answer["data"]) == (200, {"a": "3"})


def test_a_number_in_a_config_map_is_refused_as_the_typed_server_does(cluster: KubernetesCluster) -> None:
    status, answer = call(cluster, "POST", MAPS, config_map() | {"data": {"a": 1}})
    assert status == 400
    assert "cannot unmarshal number into Go struct field ConfigMap.data of type string" in answer["message"]


@pytest.mark.parametrize("name", ["Upper", "under_score", ""])
def test_a_bad_name_is_refused(cluster: KubernetesCluster, name: str) -> None:
    status, answer = call(cluster, "POST", MAPS, config_map(name))
    assert (status, answer["reason"]) == (422, "Invalid")
    assert "metadata.name" in answer["message"]


def test_the_selector_of_a_deployment_cannot_change(cluster: KubernetesCluster) -> None:
    path = "/apis/apps/v1/namespaces/default/deployments"
    manifest = workload("Deployment", "web")
    assert call(cluster, "POST", path, manifest)[0] == 201
    manifest["spec"]["selector"]["matchLabels"] = {"app": "other"}
    manifest["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    status, answer = call(cluster, "PUT", f"{path}/web", manifest)
    words = 'spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable'
    assert (status, words in answer["message"]) == (422, True)


def test_a_list_is_narrowed_by_labels_and_fields(cluster: KubernetesCluster) -> None:
    for name, tier in (("one", "front"), ("two", "back"), ("three", "")):
        manifest = config_map(name)
        manifest["metadata"]["labels"] = {"tier": tier} if tier else {}
        call(cluster, "POST", MAPS, manifest)

    def picked(query: str) -> list[str]:
        items = call(cluster, "GET", f"{MAPS}?{query}")[1]["items"]
        return [item["metadata"]["name"] for item in items if item["metadata"]["name"] != "kube-root-ca.crt"]

    assert picked("labelSelector=tier%3Dfront") == ["one"]
    assert picked("labelSelector=tier") == ["one", "two"]
    assert picked("labelSelector=%21tier") == ["three"]
    assert picked("labelSelector=tier+in+(front,back),tier!%3Dback") == ["one"]
    assert picked("fieldSelector=metadata.name%3Dtwo") == ["two"]


def test_a_collection_goes_at_once(cluster: KubernetesCluster) -> None:
    for name in ("one", "two"):
        manifest = config_map(name)
        manifest["metadata"]["labels"] = {"go": name}
        call(cluster, "POST", MAPS, manifest)
    assert call(cluster, "DELETE", f"{MAPS}?labelSelector=go%3Done")[0] == 200
    left = [found["metadata"]["name"] for found in cluster.objects("ConfigMap", "default")]
    assert left == ["kube-root-ca.crt", "two"]


def test_an_object_with_a_finalizer_stays_until_it_is_gone(cluster: KubernetesCluster) -> None:
    manifest = config_map()
    manifest["metadata"]["finalizers"] = ["example.org/hold"]
    call(cluster, "POST", MAPS, manifest)
    marked = call(cluster, "DELETE", f"{MAPS}/settings")[1]
    assert marked["metadata"]["deletionTimestamp"]
    patch = {"metadata": {"finalizers": None}}
    kind = "application/merge-patch+json"
    assert call(cluster, "PATCH", f"{MAPS}/settings", patch, content_type=kind)[0] == 200
    assert cluster.get("ConfigMap", "settings", "default") is None


def test_the_namespaces_every_cluster_has_stay(cluster: KubernetesCluster) -> None:
    status, answer = call(cluster, "DELETE", "/api/v1/namespaces/kube-system")
    assert (status, answer["message"].endswith("this namespace may not be deleted")) == (403, True)


def test_a_deployment_is_scaled_through_its_subresource(cluster: KubernetesCluster) -> None:
    path = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
    scale = call(cluster, "GET", f"{path}/scale")[1]
    assert (scale["kind"], scale["spec"]) == ("Scale", {"replicas": 2})
    assert call(cluster, "PUT", f"{path}/scale", scale | {"spec": {"replicas": 3}})[0] == 200
    assert call(cluster, "GET", path)[1]["spec"]["replicas"] == 3


def test_a_watch_begins_with_what_is_there_and_follows_what_happens(cluster: KubernetesCluster) -> None:
    call(cluster, "POST", MAPS, config_map(a="1"))
    with followed(cluster, "&fieldSelector=metadata.name%3Dsettings") as watch:
        events = [json.loads(watch.readline())]
        cluster.apply(config_map(a="2"))
        cluster.delete("ConfigMap", "settings", "default")
        events += [json.loads(watch.readline()) for _ in range(2)]
    seen = [(event["type"], event["object"]["data"]["a"]) for event in events]
    assert seen == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]


def test_a_streamed_list_ends_at_an_annotated_bookmark(cluster: KubernetesCluster) -> None:
    query = "watch=true&timeoutSeconds=1&sendInitialEvents=true&allowWatchBookmarks=true"
    query += "&resourceVersionMatch=NotOlderThan"
    events = call(cluster, "GET", f"{MAPS}?{query}")[1]
    assert [event["type"] for event in events] == ["ADDED", "BOOKMARK"]
    annotations = events[1]["object"]["metadata"]["annotations"]
    assert annotations == {"k8s.io/initial-events-end": "true"}


def test_a_label_that_goes_away_is_a_deletion_to_a_watch_that_selects_it(cluster: KubernetesCluster) -> None:
    manifest = config_map()
    manifest["metadata"]["labels"] = {"mine": "yes"}
    version = call(cluster, "POST", MAPS, manifest)[1]["metadata"]["resourceVersion"]
    cluster.apply(config_map())
    with followed(cluster, f"&labelSelector=mine&resourceVersion={version}") as watch:
        assert json.loads(watch.readline())["type"] == "DELETED"


def test_stopping_ends_open_watches(cluster: KubernetesCluster) -> None:
    with followed(cluster) as watch:
        assert json.loads(watch.readline())["type"] == "ADDED"
        cluster.stop()
        assert watch.read() == b""


def test_writers_in_many_threads_do_not_get_in_each_others_way(cluster: KubernetesCluster) -> None:
    def write(number: int) -> None:
        assert call(cluster, "POST", MAPS, config_map(f"c{number}"))[0] == 201

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cluster.objects("ConfigMap", "default")) == 13
    versions = [found["metadata"]["resourceVersion"] for found in cluster.objects("ConfigMap", "default")]
    assert len(set(versions)) == 13
