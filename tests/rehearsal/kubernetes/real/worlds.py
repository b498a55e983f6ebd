"""A world of the doctor's tests on a served API: the same objects, as an API server takes and keeps them."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.readings import Objects
from tests.lambda_.kubernetes_api.client import MERGE_PATCH, Client, Reply
from tests.lambda_.kubernetes_api.kinds import wait_until
from tests.unit.doctor.world import Thing, World

APPLY: Final = "application/apply-patch+yaml"
HELM: Final = "fieldManager=helm&force=true"
"""The manager of what Helm 4 applies: the doctor looks for changes of others."""
NEWEST: Final = "1.19.1"
#: An API server checks references to types: these come before what is of them or in them.
_FIRST: Final = (kinds.NAMESPACES, kinds.CUSTOM_TYPES, kinds.NODES)
_FROM_THE_SERVER: Final = ("uid", "creationTimestamp", "generation", "managedFields", "ownerReferences")


def put(world: World, client: Client) -> None:
    """Put a world's objects of Kubernetes onto a server, as its administrator."""
    for reading in sorted(_readings(world), key=lambda each: each not in _FIRST):
        for found in world.all(reading):
            put_one(reading, found, client)


def put_one(reading: Objects, found: Thing, client: Client) -> None:
    """Put an object onto a server, and its status."""
    made = _definition(found) if reading == kinds.CUSTOM_TYPES else _complete(reading, found)
    path = path_to(reading, made)
    _done(client.ask("PATCH", f"{path}?{HELM}", made, content_type=APPLY), path)
    if reading == kinds.CUSTOM_TYPES:
        _await_type(made, client)
        return
    if reading == kinds.NODES:
        # Admission keeps a new node closed until a controller opens it.
        client.merge(path, {"spec": {"taints": at(found, "spec.taints")}})
    if "status" in made:
        reply = client.ask("PATCH", f"{path}/status", {"status": made["status"]}, content_type=MERGE_PATCH)
        # Custom types can be without the subresource; then the object has its status already.
        if reply.status != 404:
            _done(reply, f"{path}/status")


def replace_one(reading: Objects, found: Thing, client: Client) -> None:
    """Put an object in the place of one with its name: much of a pod cannot change, and statuses add up."""
    if reading != kinds.NAMESPACES and client.get(path_to(reading, found)) is not None:
        remove(reading, found, client)
    put_one(reading, found, client)


def remove(reading: Objects, found: Thing, client: Client) -> None:
    """Take an object off a server at once."""
    path = path_to(reading, found)
    _done(client.ask("DELETE", path, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}), path)
    wait_until(lambda: client.get(path) is None, f"{path} is gone")


def path_to(reading: Objects, found: Mapping[str, Any]) -> str:
    """Where a server has an object."""
    root = f"/apis/{reading.group}/{reading.version}" if reading.group else f"/api/{reading.version}"
    space = at(found, "metadata.namespace", "")
    inside = f"/namespaces/{space}" if space else ""
    return f"{root}{inside}/{reading.plural}/{found['metadata']['name']}"


def _readings(world: World) -> Iterator[Objects]:
    return (each for each in world.things if isinstance(each, Objects))


def _complete(reading: Objects, found: Thing) -> Thing:
    """An object with what a server demands and no check reads."""
    made = copy.deepcopy(found)
    for name in _FROM_THE_SERVER:
        made["metadata"].pop(name, None)
    match reading:
        case kinds.PODS:
            _complete_pod(made, found)
        case kinds.DAEMON_SETS | kinds.DEPLOYMENTS:
            labels = {"k8s-app": made["metadata"]["name"]}
            made["spec"].setdefault("selector", {"matchLabels": labels})
            made["spec"]["template"].setdefault("metadata", {"labels": labels})
        case kinds.SERVICES:
            made["spec"].setdefault("ports", [{"port": 80}])
        case kinds.KUBE_SYSTEM_LEASES:
            made["spec"]["renewTime"] = _soon().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case kinds.KUBE_SYSTEM_CRON_JOBS:
            made["spec"]["jobTemplate"] = {"spec": {"template": {"spec": _containers("OnFailure")}}}
    return made


def _complete_pod(made: Thing, found: Thing) -> None:
    """A pod keeps its owner, since checks look at its kind: no controller here collects it."""
    made["metadata"]["ownerReferences"] = at(found, "metadata.ownerReferences")
    made["spec"] |= _containers("Always")
    # Agents are younger than their configuration, which is made now.
    made["status"]["startTime"] = _soon().strftime("%Y-%m-%dT%H:%M:%SZ")
    for each in at(made, "status.containerStatuses") or ():
        each.setdefault("image", "registry.example.com/main:1")
        each.setdefault("imageID", "")


def _soon() -> datetime:
    """When all objects are there."""
    return datetime.now(UTC) + timedelta(minutes=1)


def _containers(policy: str) -> Thing:
    container = {"name": "main", "image": "registry.example.com/main:1"}
    return {"containers": [container], "restartPolicy": policy}


def _definition(found: Thing) -> Thing:
    """Cilium's own definition where `CILIUM_REFERENCE` has it; else one that takes any field."""
    plural, _, group = found["metadata"]["name"].partition(".")
    folder = os.environ.get("CILIUM_REFERENCE")
    path = Path(folder, "crds", NEWEST, f"{plural}.yaml") if folder else None
    if path is not None and path.is_file():
        made: Thing = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        made.pop("status", None)
        # The operator labels what it registers.
        made["metadata"]["labels"] = at(found, "metadata.labels") or {}
        return made
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v2", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": at(found, "spec.names.kind"), "plural": plural}
    scope = "Cluster" if plural in _CLUSTERWIDE else "Namespaced"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}", "labels": at(found, "metadata.labels") or {}},
        "spec": {"group": group, "names": names, "scope": scope, "versions": [version]},
    }


_CLUSTERWIDE: Final = frozenset(
    {
        "ciliumnodes",
        "ciliumidentities",
        "ciliumclusterwidenetworkpolicies",
        "ciliumcidrgroups",
        "ciliumpodippools",
    }
)


def _await_type(made: Thing, client: Client) -> None:
    version = made["spec"]["versions"][0]["name"]
    path = f"/apis/{made['spec']['group']}/{version}/{made['spec']['names']['plural']}"
    wait_until(lambda: client.ask("GET", path).ok, f"{path} is served")


def _done(reply: Reply, path: str) -> None:
    assert reply.ok, f"{path}: {reply} {json.dumps(reply.body.get('details', {}))[:600]}"
