"""The doctor on a served API with RBAC, with exactly the rights that it prints.

The objects are the healthy cluster's of the checks' own tests. The embedded API serves them, and a real
kube-apiserver where `KUBEBUILDER_ASSETS` names one. What only nodes or AWS can tell comes from the tests'
world.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

import pytest

from cdk_eks_cilium.cli import main
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.check import Check
from cdk_eks_cilium.doctor.engine.diagnosis import Diagnosis
from cdk_eks_cilium.doctor.engine.examine import examine, look
from cdk_eks_cilium.doctor.engine.reader import Read
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading
from cdk_eks_cilium.doctor.readers import api, live
from cdk_eks_cilium.doctor.readers.access import access_of
from cdk_eks_cilium.doctor.readers.live import LiveReader
from cdk_eks_cilium.doctor.readers.rights import NAME, manifests
from rehearsal.kubernetes.api import Api
from rehearsal.kubernetes.cluster import NAMESPACES
from rehearsal.kubernetes.model import Identity
from rehearsal.kubernetes.real.assets import UNSET, find_assets
from rehearsal.kubernetes.real.control_plane import ControlPlane
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.server import ApiServer
from rehearsal.kubernetes.store import Store
from tests.lambda_.kubernetes_api.client import Client
from tests.lambda_.kubernetes_api.kinds import wait_until
from tests.rehearsal.kubernetes.real.worlds import path_to, put, remove, replace_one
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations import Mutation, mutations
from tests.unit.doctor.world import NOW, Thing, World, findings, told

pytestmark = pytest.mark.slow

# Read once: tests of the harness itself set the variable to folders of their own.
_ENVIRONMENT = dict(os.environ)
ADMINISTRATOR, DOCTOR = "administrator-token", "doctor-token"
PEOPLE: Final = {
    ADMINISTRATOR: Identity("administrator", frozenset({"system:masters"})),
    DOCTOR: Identity("somebody", frozenset({NAME})),
}
SERVICES: Final = "10.100.0.0/16"


class Served:
    """A served API that has the healthy cluster, and somebody with the printed role.

    Attributes:
        server: What serves it.
        administrator: May do everything.
        access: How the doctor reaches it.
    """

    def __init__(self, server: Any, folder: Path) -> None:
        self.server = server
        self.administrator = self._client(ADMINISTRATOR)
        self.doctor = self._client(DOCTOR)
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(self._config()))

    def _client(self, token: str) -> Client:
        return Client(self.server.endpoint, self.server.certificate_authority_pem, token)

    def _config(self) -> dict[str, Any]:
        authority = base64.b64encode(self.server.certificate_authority_pem.encode()).decode()
        cluster = {"server": self.server.endpoint, "certificate-authority-data": authority}
        return {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": DOCTOR}}],
        }

    def grant(self) -> None:
        """Apply what ``doctor role`` prints, and wait until the server has seen it."""
        rbac = "/apis/rbac.authorization.k8s.io/v1"
        for each in manifests(reading for check in all_checks() for reading in check.reads):
            space = each["metadata"].get("namespace")
            inside = f"/namespaces/{space}" if space else ""
            self.administrator.create(f"{rbac}{inside}/{each['kind'].lower()}s", each)
        wait_until(lambda: self.doctor.ask("GET", "/api/v1/nodes").ok, "the role is known")
        wait_until(
            lambda: self.doctor.ask("GET", "/api/v1/namespaces/kube-system/configmaps").ok,
            "the role in kube-system is known",
        )

    def stop(self) -> None:
        for client in (self.administrator, self.doctor):
            client.close()
        self.server.stop()


def _embedded() -> ApiServer:
    store, types = Store(), ResourceTypes()

    def serve_custom_types() -> None:
        for crd in store.find("apiextensions.k8s.io", "customresourcedefinitions"):
            types.serve(crd)

    embedded = Api(
        store,
        types,
        "1.35",
        after_write=serve_custom_types,
        stopped=lambda: False,
        services=IPv4Network(SERVICES),
    )
    for name in NAMESPACES:
        embedded.submit({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    server = ApiServer(embedded, PEOPLE.get)
    server.start()
    return server


@pytest.fixture(scope="module", params=["embedded", "real"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("control-plane")
    server: Any
    if request.param == "embedded":
        server = _embedded()
    else:
        assets = find_assets(_ENVIRONMENT)
        if assets is None:
            pytest.skip(UNSET)
        server = ControlPlane(assets, folder, PEOPLE.get, ADMINISTRATOR, services=SERVICES, version="1.35")
        server.start()
    made = Served(server, Path(tmp_path_factory.mktemp("client")))
    try:
        for name in NAMESPACES:
            _await(made, f"/api/v1/namespaces/{name}")
        put(healthy(), made.administrator)
        made.grant()
        yield made
    finally:
        made.stop()


def _await(served: Served, path: str) -> None:
    wait_until(lambda: served.administrator.get(path) is not None, f"{path} is there")


class Cluster:
    """Reads Kubernetes from a server, and of a world what no API server has."""

    def __init__(self, served: Served, world: World) -> None:
        self.reader = LiveReader(access_of(served.kubeconfig, None))
        self._world = world

    def read(self, reading: Reading) -> Read | None:
        if isinstance(reading, (Aws, Logs, Metrics)):
            return self._world.read(reading)
        read = self.reader.read(reading)
        # Whatever release the server has, the cluster of the world has its own.
        return self._world.read(reading) if isinstance(reading, ApiVersion) else read


def diagnosed(served: Served, world: World | None = None) -> Diagnosis:
    world = world or healthy()
    checks = all_checks()
    seen = look(checks, Cluster(served, world), world.plan, lambda *_: None)
    seen.now = NOW
    return examine(checks, seen)


def test_a_healthy_cluster_is_healthy_with_the_printed_role(served: Served) -> None:
    diagnosis = diagnosed(served)
    assert told(diagnosis) == ""
    judged = {each.check.id for each in diagnosis.results if each.verdict == "ok"}
    assert judged == {each.check.id for each in healthy().diagnose().results if each.verdict == "ok"}


def test_the_printed_role_reads_and_nothing_else(served: Served) -> None:
    rules = [
        rule
        for each in manifests(reading for check in all_checks() for reading in check.reads)
        for rule in each.get("rules") or ()
    ]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    for path in ("/api/v1/secrets", "/api/v1/namespaces/kube-system/secrets", "/api/v1/namespaces"):
        assert served.doctor.ask("GET", path).status == (403 if "secrets" in path else 200)
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}}
    for verb, path, body in (
        ("POST", "/api/v1/namespaces/kube-system/configmaps", made),
        ("DELETE", "/api/v1/namespaces/kube-system/configmaps/cilium-config", None),
        ("GET", "/api/v1/nodes?watch=true&timeoutSeconds=1", None),
    ):
        assert served.doctor.ask(verb, path, body).status == 403


def test_small_pages_give_the_same(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every list goes on by the server's own tokens."""
    asked: list[str] = []
    get = api.Api.get

    def noted(self: api.Api, path: str, query: Any = None, **more: Any) -> api.Reply:
        asked.append(str(query))
        return get(self, path, query, **more)

    monkeypatch.setattr(live, "PAGE", 2)
    monkeypatch.setattr(api.Api, "get", noted)
    assert told(diagnosed(served)) == ""
    assert sum("continue" in each for each in asked) > 10


def test_a_list_that_expires_on_its_way_begins_anew(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    if not isinstance(served.server, ControlPlane):
        pytest.skip("only etcd forgets revisions: the embedded API keeps them all")
    get, statuses = api.Api.get, list[int]()

    def expiring(self: api.Api, path: str, query: Any = None, **more: Any) -> api.Reply:
        if len(statuses) == 1:
            _compact(served)
        reply = get(self, path, query, **more)
        statuses.append(reply.status)
        return reply

    monkeypatch.setattr(live, "PAGE", 2)
    monkeypatch.setattr(api.Api, "get", expiring)
    read = LiveReader(access_of(served.kubeconfig, None)).read(kinds.PODS)
    assert read is not None
    assert statuses[:3] == [200, 410, 200]
    assert len(read.objects) == len(healthy().all(kinds.PODS))


def _compact(served: Served) -> None:
    """Write something, and let etcd forget all that was before."""
    name = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "later"}}
    made = served.administrator.create("/api/v1/namespaces/default/configmaps", name)
    served.administrator.ask("DELETE", "/api/v1/namespaces/default/configmaps/later")
    etcd = served.server.etcd_endpoint
    body = json.dumps({"revision": made["metadata"]["resourceVersion"]}).encode()
    urlopen(Request(f"{etcd}/v3/kv/compaction", data=body, method="POST"), timeout=10)


#: What breaks on a server as it does in the tests' own world. Ages are left out: the objects are new here.
BROKEN: Final = (
    "a budget lets no healthy pod go",
    "a pod may take an hour to end",
    "aws-node is installed again",
    "Cilium refuses a policy",
    "CoreDNS does not answer",
    "kube-system refuses Cilium's pods",
    "the operator wrote an error into a CiliumNode",
    "the taint stays on a Ready node",
)


@pytest.mark.parametrize(
    "mutation",
    [next(each for each in mutations() if each.title == title) for title in BROKEN],
    ids=lambda each: each.title,
)
def test_what_breaks_there_is_found(served: Served, mutation: Mutation) -> None:
    world, whole = healthy(), healthy()
    mutation.apply(world)
    changed = list(_differences(whole, world))
    assert changed
    try:
        for reading, _, after in changed:
            replace_one(reading, after, served.administrator)
        diagnosis = diagnosed(served, world)
        assert findings(diagnosis) == list(mutation.found_by), told(diagnosis)
        assert [words for words in mutation.words if words not in told(diagnosis)] == [], told(diagnosis)
    finally:
        for reading, before, after in changed:
            if before is None:
                remove(reading, after, served.administrator)
            else:
                replace_one(reading, before, served.administrator)


def _differences(before: World, after: World) -> Iterator[tuple[Objects, Thing | None, Thing]]:
    """The objects that are new or other, each with what was before."""
    for reading, found in after.things.items():
        if not isinstance(reading, Objects):
            continue
        old = {path_to(reading, each): each for each in before.things.get(reading, [])}
        for each in found:
            if old.get(path_to(reading, each)) != each:
                yield reading, old.get(path_to(reading, each)), each


def _is_elsewhere(check: Check) -> bool:
    """Whether a check reads what kubelets give, or the server's own release: neither is the cluster's."""
    return any(isinstance(each, (ApiVersion, Logs, Metrics)) for each in check.reads)


def test_the_command_ends_well(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    skipped = [word for each in all_checks() if _is_elsewhere(each) for word in ("--skip", each.id)]
    status = main(["doctor", "--kubeconfig", str(served.kubeconfig), "--no-aws", "--json", *skipped])
    report = json.loads(capsys.readouterr().out)
    bad = [each for each in report["checks"] if each["findings"] or each["unknown"]]
    assert [(each["id"], each["findings"], each["unknown"]) for each in bad] == []
    assert status == 0
    assert report["counts"]["ok"] > 30
