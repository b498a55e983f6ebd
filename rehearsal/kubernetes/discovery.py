"""The API's description of itself: versions, groups, resource lists, and where its OpenAPI documents are.

kubectl validates on the server when the OpenAPI v3 document of a group says that PATCH takes
``fieldValidation``; without documents it refuses to create anything.
"""

from __future__ import annotations

import re

from rehearsal.kubernetes.errors import no_such_path
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType, ResourceTypes
from rehearsal.kubernetes.schemas.openapi import document, revision

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

# Virtual types: clients post them as questions, and nothing is stored.
REVIEWS = {
    "authorization.k8s.io/v1": {
        "selfsubjectaccessreviews": "SelfSubjectAccessReview",
        "selfsubjectrulesreviews": "SelfSubjectRulesReview",
    }
}


# The kinds of `kubectl get all`.
_ALL = frozenset(("Pod", "Service", "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet", "Job", "CronJob"))


class Discovery:
    """Answers the paths below which no object lives."""

    def __init__(self, types: ResourceTypes, kubernetes_version: str) -> None:
        self._types = types
        self._version = kubernetes_version
        self._documents: dict[str, tuple[str, bytes]] = {}

    # belief: K8S-discovery
    def answer(self, path: str) -> Object | str | bytes | None:
        """The document at a path, or its JSON; text for health checks; None for paths of others.

        Raises:
            ApiError: 404, the path belongs to discovery and has no document.
        """
        match path.strip("/").split("/"):
            case ["healthz" | "livez" | "readyz", *_]:
                return "ok"
            case ["version"]:
                return self._version_document()
            case ["api"]:
                return {"kind": "APIVersions", "apiVersion": "v1", "versions": ["v1"]}
            case ["apis"]:
                return {"kind": "APIGroupList", "apiVersion": "v1", "groups": self._groups()}
            case ["apis", group]:
                return self._group(group)
            case ["api", version]:
                return self._resources(version)
            case ["apis", group, version]:
                return self._resources(f"{group}/{version}")
            case ["openapi", "v3"]:
                return self._index()
            case ["openapi", "v3", *root] if "/".join(root) in self._roots():
                return self._openapi("/".join(root))
            case ["openapi", "v2"]:
                # Clients ask for protobuf, for kinds that version 3 lacks: no bytes are an empty document.
                return ""
            case ["openapi", *_]:
                raise no_such_path()
        return None

    def _version_document(self) -> Object:
        major, minor = self._version.split(".")[:2]
        return {
            "major": major,
            "minor": minor,
            "gitVersion": f"v{major}.{minor}.0-eks-rehearsal",
            "gitTreeState": "clean",
            "platform": "linux/amd64",
        }

    def _group_versions(self) -> list[str]:
        served = dict.fromkeys(t.group_version for t in self._types)
        return [*served, *REVIEWS]

    def _roots(self) -> list[str]:
        return ["api/v1" if gv == "v1" else f"apis/{gv}" for gv in self._group_versions()]

    def _groups(self) -> list[Object]:
        versions: dict[str, list[str]] = {}
        for group_version in self._group_versions():
            group, slash, version = group_version.partition("/")
            if slash:
                versions.setdefault(group, []).append(version)
        groups = []
        for group, served in versions.items():
            ordered = sorted(served, key=_priority)
            entries = [{"groupVersion": f"{group}/{v}", "version": v} for v in ordered]
            groups.append({"name": group, "versions": entries, "preferredVersion": entries[0]})
        return groups

    # belief: K8S-discovery
    def _group(self, name: str) -> Object:
        for group in self._groups():
            if group["name"] == name:
                return {"kind": "APIGroup", "apiVersion": "v1", **group}
        raise no_such_path()

    # belief: K8S-discovery
    def _resources(self, group_version: str) -> Object:
        found: list[Object] = []
        for served in self._types:
            if served.group_version == group_version:
                found += _describe(served)
        for plural, kind in REVIEWS.get(group_version, {}).items():
            found.append({"name": plural, "kind": kind, "namespaced": False, "verbs": ["create"]})
        if not found:
            raise no_such_path()
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": group_version,
            "resources": found,
        }

    def _index(self) -> Object:
        """Where the OpenAPI documents are; a client may keep one as long as its hash is the same."""
        paths = {}
        for root in self._roots():
            changed = revision(self._version, self._types_of(root))
            paths[root] = {"serverRelativeURL": f"/openapi/v3/{root}?hash={changed}"}
        return {"paths": paths}

    def _types_of(self, root: str) -> list[ResourceType]:
        group_version = root.partition("/")[2]
        return [served for served in self._types if served.group_version == group_version]

    def _openapi(self, root: str) -> bytes:
        types = self._types_of(root)
        changed = revision(self._version, types)
        if self._documents.get(root, ("", b""))[0] != changed:
            self._documents[root] = changed, document(self._version, root, types)
        return self._documents[root][1]


def _describe(served: ResourceType) -> list[Object]:
    resource: Object = {
        "name": served.plural,
        "singularName": served.kind.lower(),
        "namespaced": served.namespaced,
        "kind": served.kind,
        "verbs": VERBS,
    }
    if served.short_names:
        resource["shortNames"] = list(served.short_names)
    if served.kind in _ALL and not served.custom:
        resource["categories"] = ["all"]
    below = [
        {
            "name": f"{served.plural}/{sub}",
            "singularName": "",
            "namespaced": served.namespaced,
            "kind": "Scale" if sub == "scale" else served.kind,
            "verbs": ["get", "patch", "update"],
        }
        for sub in served.subresources
    ]
    return [resource, *below]


def _priority(version: str) -> tuple[int, int, int]:
    """Kubernetes' order of versions: stable before beta before alpha, newest first."""
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if not match:
        return (3, 0, 0)
    stage = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return (stage, -int(match[1]), -int(match[3] or 0))
