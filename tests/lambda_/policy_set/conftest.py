"""A Kubernetes API with policies in it, over TLS, which also fails when it is told to."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import json
import ssl
import zlib
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonpatch
import pytest
import trustme

from tests.lambda_.conftest import FakeTime, Serve, call_handler, event_of, loaded
from tests.lambda_.fake_api_server import FakeApiServer, Reply, Request, failure

PATH = "/apis/cilium.io/v2/namespaces/team-a/ciliumnetworkpolicies"
OWNER = "cdk-eks-cilium/policy-set"


@pytest.fixture
def code() -> Iterator[SimpleNamespace]:
    """The function's modules and the common ones."""
    with loaded("policy_set") as modules:
        yield modules


class PolicyServer(FakeApiServer):
    """Keeps policies by path; *faults* come first, each for the next request whose method it names.

    Attributes:
        registered: Whether Cilium's operator has registered the kinds.
        faults: What to answer instead, as ``(method, part of the path, reply)``; used up one by one.
        refused: What to answer to whatever would apply a policy of that name.
        foreign: Fields of the rules that others own, so that an apply leaves them alone.
        webhook: Changes a policy before it is stored, as a mutating webhook does.
    """

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(tls)
        self.registered = True
        self.faults: list[tuple[str, str, Reply]] = []
        self.refused: dict[str, Reply] = {}
        self.objects: dict[str, dict[str, Any]] = {}
        self.foreign: set[str] = set()
        self.webhook: Callable[[dict[str, Any]], None] = lambda _: None
        self._uids = itertools.count(1)

    def next_reply(self, request: Request) -> Reply:
        self.requests.append(request)
        path = urlsplit(request.path).path
        for number, (method, part, reply) in enumerate(self.faults):
            if method == request.method and part in request.path:
                del self.faults[number]
                return reply
        if not self.registered:
            return failure(404, "the server could not find the requested resource")
        if request.method == "GET" and path.endswith("policies"):
            return self._list(path, request)
        if request.method == "PATCH":
            return self._apply(path, request)
        found = self.objects.get(path)
        if found is None:
            return failure(404, f"{path} not found")
        if request.method == "DELETE":
            return self._delete(path, found, request)
        return Reply(body=found)

    def put(self, name: str, *, owner: str | None, path: str = PATH, **metadata: Any) -> dict[str, Any]:
        """Have a policy there already."""
        labels = {OWNER: owner} if owner else {}
        self.objects[f"{path}/{name}"] = made = {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumNetworkPolicy",
            "metadata": {"name": name, "labels": labels, "uid": f"uid-{next(self._uids)}", **metadata},
            "spec": {"endpointSelector": {}, "ingress": [{}]},
        }
        return made

    @property
    def names(self) -> list[str]:
        """What is there, in order."""
        return sorted(path.rsplit("/", 1)[1] for path in self.objects)

    def asked(self, method: str) -> list[str]:
        """The last parts of the paths that were asked for with a method."""
        paths = [urlsplit(request.path).path for request in self.requests if request.method == method]
        return [path.rsplit("/", 1)[1] for path in paths]

    def _list(self, path: str, request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        limit, begin = int(query["limit"][0]), int(query.get("continue", ["0"])[0])
        found = [self.objects[each] for each in sorted(self.objects) if each.startswith(f"{path}/")]
        following = str(begin + limit) if begin + limit < len(found) else ""
        page = found[begin : begin + limit]
        return Reply(body={"kind": "List", "metadata": {"continue": following}, "items": page})

    def _apply(self, path: str, request: Request) -> Reply:
        """Apply: fields of the rules that others added stay, and lists are replaced as a whole."""
        name = path.rsplit("/", 1)[1]
        if name in self.refused:
            return self.refused[name]
        made = copy.deepcopy(request.body)
        before = self.objects.get(path)
        if isinstance(made, list):
            assert request.headers["Content-Type"] == "application/json-patch+json"
            made = jsonpatch.apply_patch(before, made)
        elif before is not None:
            foreign = {key: value for key, value in before.items() if key not in made}
            added = {key: before["spec"][key] for key in before.get("spec", {}) if key in self.foreign}
            made = {**foreign, **made, "spec": {**added, **made["spec"]}} if added else {**foreign, **made}
        made["metadata"]["uid"] = before["metadata"]["uid"] if before else f"uid-{next(self._uids)}"
        for rule in made.get("spec", {}).get("ingress") or ():
            for icmp in rule.get("icmps") or ():
                for each in icmp["fields"]:
                    each.setdefault("family", "IPv4")
        self.webhook(made)
        self.objects[path] = made
        return Reply(200 if before else 201, made)

    def _delete(self, path: str, found: dict[str, Any], request: Request) -> Reply:
        if request.body["preconditions"]["uid"] != found["metadata"]["uid"]:
            return failure(409, "the UID in the precondition does not match")
        del self.objects[path]
        return Reply(body={"kind": "Status", "status": "Success"})


@pytest.fixture
def api(server_tls: ssl.SSLContext) -> Iterator[PolicyServer]:
    """A server that is listening already."""
    fake = PolicyServer(server_tls)
    fake.start()
    yield fake
    fake.stop()


def policy(name: str, kind: str = "CiliumNetworkPolicy", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "cilium.io/v2",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"endpointSelector": {}, "ingress": [{}], **spec},
    }


def digest(manifest: dict[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def bundle(policies: Sequence[Any]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(policies).encode())).decode()


def properties(*policies: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The properties of the resource, but for the server's."""
    return {
        "ServiceToken": "arn:aws:lambda:eu-central-1:111122223333:function:provider",
        "ClusterName": "demo",
        "Region": "eu-central-1",
        "Namespace": "team-a",
        "Owner": "team-a",
        "Bundle": bundle(policies),
        "Digests": {each["metadata"]["name"]: digest(each) for each in policies},
        **more,
    }


@pytest.fixture
def serve(code: SimpleNamespace, authority: trustme.CA, fake_time: FakeTime) -> Serve:
    """Calls the function: serve(api, "Create", policy("a"), seconds=60, Namespace="team-b").

    *seconds* is the time up to the deadline, without the reserve. *known* is the physical id, *old* are the
    properties of before.
    """

    def call(
        api: FakeApiServer,
        request_type: str,
        *policies: dict[str, Any],
        seconds: float = 60.0,
        known: str | None = None,
        old: dict[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        given = {name: value for name, value in properties(*policies, **more).items() if value is not None}
        more = {key: value for key, value in more.items() if value is not None}
        known = known or ("" if request_type == "Create" else "policy-set/demo/team-a/team-a")
        event = event_of(request_type, given, api, authority, known=known, **more)
        if old is not None:
            event["OldResourceProperties"] = old
        return call_handler(code, event, seconds, fake_time)

    return call
