"""The API's description of itself: versions, groups, resource lists, and where its OpenAPI documents are.

kubectl validates on the server when the OpenAPI v3 document of a group says that PATCH takes
``fieldValidation``; without documents it refuses to create anything.
"""

from __future__ import annotations

import re

from rehearsal.kubernetes.built_in import SUBRESOURCES
from rehearsal.kubernetes.errors import no_such_path
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType, ResourceTypes
from rehearsal.kubernetes.schemas.openapi import document, revision

_AGGREGATED = "apidiscovery.k8s.io"
_HEALTH = frozenset(("healthz", "livez", "readyz"))


class Discovery:
    """Answers the paths below which no object lives."""

    def __init__(self, types: ResourceTypes, kubernetes_version: str) -> None:
        self._types = types
        self._version = kubernetes_version
        self._documents: dict[str, tuple[str, bytes]] = {}

    # belief: K8S-discovery
    def answer(self, path: str, accept: str = "") -> Object | str | bytes | None:
        """The document at a path, or its JSON; text for health checks; None for paths of others.

        Args:
            path: The path.
            accept: What the client accepts: at /api and /apis also all groups in one document.

        Raises:
            ApiError: 404, the path belongs to discovery and has no document.
        """
        match path.strip("/").split("/"):
            case [health] | [health, "ping"] if health in _HEALTH:
                return "ok"
            case ["version"]:
                return self._version_document()
            case ["api" | "apis" as root] if _AGGREGATED in accept:
                return self._aggregated(accept, core=root == "api")
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
            case ["openapi", *rest]:
                return self._openapi_at(rest)
        return None

    # belief: K8S-discovery
    def _openapi_at(self, path: list[str]) -> Object | str | bytes:
        match path:
            case ["v3"]:
                return self._index()
            case ["v3", *root] if "/".join(root) in self._roots():
                return self._openapi("/".join(root))
            case ["v2"]:
                # Clients ask for protobuf, for kinds that version 3 lacks: no bytes are an empty document.
                return ""
        raise no_such_path()

    def _version_document(self) -> Object:
        major, minor = self._version.split(".")[:2]
        return {
            "major": major,
            "minor": minor,
            "gitVersion": f"v{major}.{minor}.0-eks-rehearsal",
            "gitCommit": "rehearsal",
            "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "none",
            "compiler": "none",
            "platform": "linux/amd64",
        }

    def _group_versions(self) -> list[str]:
        return list(dict.fromkeys(t.group_version for t in self._types))

    def _roots(self) -> list[str]:
        return ["api/v1" if gv == "v1" else f"apis/{gv}" for gv in self._group_versions()]

    def _versions(self) -> dict[str, list[str]]:
        """The versions of each group but the core one, the preferred one first."""
        versions: dict[str, list[str]] = {}
        for group_version in self._group_versions():
            group, slash, version = group_version.partition("/")
            if slash:
                versions.setdefault(group, []).append(version)
        return {group: sorted(served, key=_priority) for group, served in versions.items()}

    def _groups(self) -> list[Object]:
        groups = []
        for group, served in self._versions().items():
            entries = [{"groupVersion": f"{group}/{v}", "version": v} for v in served]
            groups.append({"name": group, "versions": entries, "preferredVersion": entries[0]})
        return groups

    # belief: K8S-discovery
    def _group(self, name: str) -> Object:
        for group in self._groups():
            if group["name"] == name:
                return {"kind": "APIGroup", "apiVersion": "v1", **group}
        raise no_such_path()

    def _served(self, group: str, version: str) -> list[ResourceType]:
        return [each for each in self._types if (each.group, each.version) == (group, version)]

    # belief: K8S-discovery
    def _resources(self, group_version: str) -> Object:
        group, _, version = group_version.rpartition("/")
        found = sorted(
            (each for served in self._served(group, version) for each in _describe(served)),
            key=lambda each: str(each["name"]),
        )
        if not found:
            raise no_such_path()
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": group_version,
            "resources": found,
        }

    # belief: K8S-aggregated-discovery
    def _aggregated(self, accept: str, *, core: bool) -> Object:
        """All groups with their types in one document, as kubectl asks for since 1.26."""
        version = "v2" if "v=v2;" in accept.replace(" ", "") + ";" else "v2beta1"
        groups = {"": ["v1"]} if core else self._versions()
        return {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"{_AGGREGATED}/{version}",
            "metadata": {},
            "items": [
                {
                    "metadata": {"name": group, "creationTimestamp": None} if group else {},
                    "versions": [self._aggregated_version(group, served) for served in versions],
                }
                for group, versions in groups.items()
            ],
        }

    def _aggregated_version(self, group: str, version: str) -> Object:
        resources = []
        for served in sorted(self._served(group, version), key=lambda each: each.plural):
            below = [
                {
                    "subresource": name,
                    "responseKind": {"group": of[0], "version": of[1], "kind": of[2]},
                    "verbs": list(of[3]),
                }
                for name in sorted(served.subresources)
                for of in [subresource_of(served, name)]
            ]
            resources.append(
                {
                    "resource": served.plural,
                    "responseKind": {"group": group, "version": version, "kind": served.kind},
                    "scope": "Namespaced" if served.namespaced else "Cluster",
                    "singularResource": served.singular or served.kind.lower(),
                    "verbs": list(served.verbs),
                    "shortNames": list(served.short_names),
                    "categories": list(served.categories),
                    "subresources": below,
                }
            )
        return {"version": version, "freshness": "Current", "resources": resources}

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


def subresource_of(served: ResourceType, name: str) -> tuple[str, str, str, tuple[str, ...]]:
    """The group, the version, the kind and the verbs of a subresource."""
    if found := SUBRESOURCES.get((served.plural, name)):
        group, version, kind, verbs = found
        return (group, version, kind, verbs) if group else (served.group, served.version, kind, verbs)
    if name == "scale":
        return "autoscaling", "v1", "Scale", ("get", "patch", "update")
    return served.group, served.version, served.kind, ("get", "patch", "update")


def _describe(served: ResourceType) -> list[Object]:
    resource: Object = {
        "name": served.plural,
        "singularName": served.singular or served.kind.lower(),
        "namespaced": served.namespaced,
        "kind": served.kind,
        "verbs": list(served.verbs),
    }
    if served.short_names:
        resource["shortNames"] = list(served.short_names)
    if served.categories:
        resource["categories"] = list(served.categories)
    return [resource, *(_describe_below(served, name) for name in served.subresources)]


def _describe_below(served: ResourceType, name: str) -> Object:
    group, version, kind, verbs = subresource_of(served, name)
    elsewhere = {"group": group, "version": version} if group != served.group else {}
    return {
        "name": f"{served.plural}/{name}",
        "singularName": "",
        "namespaced": served.namespaced,
        "kind": kind,
        "verbs": list(verbs),
        **elsewhere,
    }


def _priority(version: str) -> tuple[int, int, int]:
    """Kubernetes' order of versions: stable before beta before alpha, newest first."""
    match = re.fullmatch(r"v(\d+)(?:(alpha|beta)(\d+))?", version)
    if not match:
        return (3, 0, 0)
    stage = {None: 0, "beta": 1, "alpha": 2}[match[2]]
    return (stage, -int(match[1]), -int(match[3] or 0))
