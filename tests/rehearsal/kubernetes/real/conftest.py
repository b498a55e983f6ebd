from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rehearsal.kubernetes.api import Api
from rehearsal.kubernetes.cluster import NAMESPACES
from rehearsal.kubernetes.real.assets import CONTROLLERS, PROGRAMS, UNSET, VARIABLE, find_assets
from rehearsal.kubernetes.real.cluster import RealCluster
from rehearsal.kubernetes.real.connection import Connection
from rehearsal.kubernetes.real.front import Front, Known
from rehearsal.kubernetes.real.remote_store import RemoteStore
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.server import ApiServer
from rehearsal.kubernetes.store import Store
from tests.lambda_.kubernetes_api.stand_ins import install
from tests.rehearsal.kubernetes.commands import IDENTITIES

# Read once: tests of the harness itself set the variable to folders of their own.
_ENVIRONMENT = dict(os.environ)


REAL = ["bare", "with controllers"]
EITHER = pytest.mark.parametrize("cluster", ["stand-ins", *REAL], indirect=True, scope="module")


@dataclass
class Behind:
    """The embedded API in the place of a real server, and an administrator's way to it."""

    store: Store
    types: ResourceTypes
    server: ApiServer
    connection: Connection


@pytest.fixture
def behind() -> Iterator[Behind]:
    """A started server without controllers, which serves the types of CRDs."""
    store, types = Store(), ResourceTypes()

    def serve_custom_types() -> None:
        for crd in store.find("apiextensions.k8s.io", "customresourcedefinitions"):
            types.serve(crd)

    api = Api(store, types, "1.35", after_write=serve_custom_types, stopped=lambda: False)
    for name in NAMESPACES:
        api.submit({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    server = ApiServer(api, IDENTITIES.get)
    server.start()
    connection = Connection(server.endpoint, server.certificate_authority_pem, "admin")
    yield Behind(store, types, server, connection)
    connection.close()
    server.stop()


@pytest.fixture
def front(behind: Behind) -> Iterator[Front]:
    """A started front of `behind`."""
    made = Front(behind.connection.call, behind.connection, Known(IDENTITIES.get))
    # Behind it nobody tells who is who, as the webhook does.
    for token in IDENTITIES:
        made.known.identify(token)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def remote(behind: Behind) -> RemoteStore:
    """The objects of `behind`."""
    return RemoteStore(behind.types, behind.connection)


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder with a real etcd and kube-apiserver."""
    found = find_assets(_ENVIRONMENT)
    if found is None:
        pytest.skip(UNSET)
    return found


@pytest.fixture(scope="module", params=REAL)
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealCluster]:
    """A started cluster: on a real kube-apiserver by default, without kube-controller-manager and with it.

    With `EITHER` also on stand-ins. Their API deletes what belongs to an object at once, and tells nobody.
    """
    folder = tmp_path_factory.mktemp("assets")
    if request.param == "stand-ins":
        install(folder)
    else:
        assets: Path = request.getfixturevalue("assets")
        names = [*PROGRAMS, *([CONTROLLERS] if request.param == "with controllers" else [])]
        if not all((assets / name).is_file() for name in names):
            pytest.skip(f"{VARIABLE} names a folder without {CONTROLLERS}")
        for name in names:
            (folder / name).symlink_to(assets / name)
    made = RealCluster(
        name="demo",
        version="1.35",
        identify=IDENTITIES.get,
        assets=folder,
        folder=tmp_path_factory.mktemp("plane"),
    )
    made.start()
    yield made
    made.stop()
