from __future__ import annotations

import urllib.request
from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster, NodeSpec
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.resources import BUILT_IN
from rehearsal.kubernetes.table_cells import CELLS, _short
from rehearsal.kubernetes.tables import _printed, shown, wanted_form
from tests.rehearsal.kubernetes.commands import Commands, config_map, workload

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", ""),
        ("application/json", ""),
        ("*/*", ""),
        ("application/vnd.kubernetes.protobuf,application/json", ""),
        (TABLE, "Table"),
        ("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", "PartialObjectMetadata"),
        ("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1", "PartialObjectMetadata"),
    ],
)
def test_the_header_says_which_form_a_client_wants(accept: str, form: str) -> None:
    assert wanted_form(accept) == form


def test_a_form_that_nobody_writes_is_refused() -> None:
    with pytest.raises(ApiError, match="only the following media types are accepted") as refused:
        wanted_form("text/html")
    assert refused.value.code == 406


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (4 * 3600 + 60, "4h1m"),
        (10 * 3600, "10h"),
        (2 * 86400, "2d"),
        (2 * 86400 + 3600, "2d1h"),
        (9 * 86400, "9d"),
        (800 * 86400, "2y"),
    ],
)
def test_an_age_has_the_units_that_people_read(seconds: int, text: str) -> None:
    assert _short(seconds) == text


def test_every_column_comes_from_a_path_or_from_a_cell_that_exists() -> None:
    names = {f"{each.plural}.{each.group}".rstrip(".") for each in BUILT_IN}
    assert set(_printed()) <= names
    for columns in _printed().values():
        assert all(each.source[1:] in CELLS for each in columns if each.source.startswith("@"))


@pytest.mark.parametrize("resource", BUILT_IN, ids=lambda each: f"{each.plural}.{each.group}")
def test_an_object_with_nothing_in_it_has_a_row(resource: Any) -> None:
    bare = {"kind": resource.kind, "metadata": {"name": "x"}, "spec": {}}
    table = shown("Table", resource, bare, "")
    assert len(table["rows"][0]["cells"]) == len(table["columnDefinitions"])


def test_metadata_alone_has_no_content(cluster: KubernetesCluster) -> None:
    resource = next(each for each in BUILT_IN if each.kind == "ConfigMap")
    partial = shown("PartialObjectMetadata", resource, cluster.apply(config_map(a="1")), "")
    assert (partial["kind"], "data" in partial) == ("PartialObjectMetadata", False)


def test_kubectl_shows_the_columns_of_nodes_and_workloads(
    cluster: KubernetesCluster, newest: Commands
) -> None:
    cluster.join_node(NodeSpec("n1"))
    cluster.apply(workload("Deployment", "web"))
    assert newest.kubectl("get", "nodes").stdout.split()[:5] == ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]
    shown = newest.kubectl("get", "deployment", "web", "-o", "wide").stdout.split()
    assert shown[shown.index("web") + 1] in ("0/1", "1/1")
    assert shown[-3:] == ["main", "x", "app=web"]


def test_a_watch_shows_rows(cluster: KubernetesCluster) -> None:
    from tests.rehearsal.kubernetes.test_server import MAPS, opened

    headers = {"Authorization": "Bearer admin", "Accept": TABLE}
    path = f"{cluster.endpoint}{MAPS}?watch=true&timeoutSeconds=1"
    with opened(cluster, urllib.request.Request(path, headers=headers)) as watch:
        assert b'"kind": "Table"' in watch.readline()
