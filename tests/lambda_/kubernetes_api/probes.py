"""What somebody may try on a cluster, as reviews name it and as requests that really try it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rehearsal.kubernetes.resources import BUILT_IN, ResourceType
from tests.lambda_.kubernetes_api.client import MERGE_PATCH, Client, Reply
from tests.lambda_.kubernetes_api.objects import ENI_CONFIGS, HOME, collection

RBAC = "rbac.authorization.k8s.io"
CRDS = "apiextensions.k8s.io"
ON_ONE = ("get", "update", "patch", "delete")
#: Verbs for all objects of a kind, or for one that a field selector names, which needs other rights.
ON_MANY = ("list", "watch", "deletecollection")


@dataclass(frozen=True)
class Probe:
    """One thing to try: a verb of RBAC on a resource, with an empty name for all objects."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.verb} {self.resource}.{self.group} {where}{self.name or '*'}"


#: group, resource, namespace and names. An attacker would ask for the names next to ours.
_TARGETS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("apps", "daemonsets", HOME, ("aws-node", "kube-proxy", "cilium")),
    ("apps", "daemonsets", "default", ("aws-node",)),
    ("apps", "deployments", HOME, ("coredns",)),
    ("", "serviceaccounts", HOME, ("aws-node", "default")),
    ("", "serviceaccounts", "default", ("aws-node",)),
    ("", "configmaps", HOME, ("amazon-vpc-cni", "kube-proxy", "extension-apiserver-authentication")),
    ("", "configmaps", "default", ("amazon-vpc-cni",)),
    ("", "secrets", HOME, ("aws-node",)),
    ("", "pods", HOME, ("aws-node",)),
    ("", "nodes", "", ("aws-node",)),
    ("", "namespaces", "", ("default",)),
    (RBAC, "roles", HOME, ("aws-node",)),
    (RBAC, "rolebindings", HOME, ("aws-node",)),
    (RBAC, "clusterroles", "", ("aws-node", "cluster-admin")),
    (RBAC, "clusterrolebindings", "", ("aws-node", "cluster-admin")),
    (CRDS, "customresourcedefinitions", "", (ENI_CONFIGS, "cninodes.vpcresources.k8s.aws")),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "", ("aws-node",)),
)

#: Ways to more rights, and into nodes and pods. Some are not requests, so they are only reviewed.
_WAYS_UP: tuple[Probe, ...] = (
    Probe("impersonate", "", "users", name="administrator"),
    Probe("impersonate", "", "groups", name="system:masters"),
    Probe("impersonate", "", "serviceaccounts", HOME, "aws-node"),
    Probe("bind", RBAC, "clusterroles", name="cluster-admin"),
    Probe("bind", RBAC, "clusterroles", name="aws-node"),
    Probe("escalate", RBAC, "clusterroles", name="aws-node"),
    Probe("escalate", RBAC, "roles", HOME, "aws-node"),
    Probe("create", "", "serviceaccounts/token", HOME, "aws-node"),
    Probe("create", "", "pods/exec", HOME, "aws-node"),
    Probe("get", "", "pods/log", HOME, "aws-node"),
    Probe("get", "", "nodes/proxy", name="aws-node"),
    Probe("patch", "apps", "daemonsets/status", HOME, "aws-node"),
    Probe("update", "apps", "daemonsets/status", HOME, "aws-node"),
    Probe("*", "*", "*"),
)


def requests() -> Iterator[Probe]:
    """All that can be tried by a request."""
    for group, resource, namespace, names in _TARGETS:
        for verb in ("create", *ON_MANY):
            yield Probe(verb, group, resource, namespace)
        for verb in (*ON_ONE, *ON_MANY):
            for name in names:
                yield Probe(verb, group, resource, namespace, name)


def reviewed() -> Iterator[Probe]:
    """All that can be asked about."""
    yield from requests()
    yield from _WAYS_UP


def attempt(client: Client, probe: Probe) -> Reply:
    """Send the request, a change as a dry run, so that nothing changes if the server allows it."""
    served = _served(probe)
    path = collection(served.group_version, served.plural, probe.namespace)
    query = {} if probe.verb in ("get", "list", "watch") else {"dryRun": "All"}
    if probe.name and probe.verb in ON_MANY:
        query["fieldSelector"] = f"metadata.name={probe.name}"
    elif probe.name:
        path += f"/{probe.name}"
    if probe.verb == "watch":
        query |= {"watch": "true", "timeoutSeconds": "1"}
    if query:
        path += f"?{urlencode(query)}"
    body: dict[str, Any] = {
        "apiVersion": served.group_version,
        "kind": served.kind,
        "metadata": {"name": probe.name or "made-by-a-probe"},
    }
    match probe.verb:
        case "get" | "list" | "watch":
            return client.ask("GET", path)
        case "create":
            return client.ask("POST", path, body)
        case "update":
            return client.ask("PUT", path, body)
        case "patch":
            return client.ask("PATCH", path, {"metadata": {"labels": None}}, content_type=MERGE_PATCH)
        case _:
            return client.ask("DELETE", path)


def _served(probe: Probe) -> ResourceType:
    return next(each for each in BUILT_IN if (each.group, each.plural) == (probe.group, probe.resource))
