from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from rehearsal.kubernetes.real.assets import UNSET, find_assets
from tests.lambda_.kubernetes_api.authenticator import Authenticator
from tests.lambda_.kubernetes_api.function import Function
from tests.lambda_.kubernetes_api.kinds import CLUSTER, REGION, Embedded, KubernetesApi, Server, real

# Read once: tests of the harness itself set the variable to folders of their own.
_ENVIRONMENT = dict(os.environ)


@pytest.fixture(scope="module", params=["embedded", "real"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KubernetesApi]:
    """The API of each kind, started once for a file of tests; they have it by `api`."""
    authenticator = Authenticator(CLUSTER, REGION)
    server: Server
    if request.param == "embedded":
        server = Embedded(authenticator)
    else:
        assets = find_assets(_ENVIRONMENT)
        if assets is None:
            pytest.skip(UNSET)
        server = real(authenticator, assets, Path(tmp_path_factory.mktemp("control-plane")))
    made = KubernetesApi(server, authenticator)
    try:
        made.wait_for_namespaces()
        yield made
    finally:
        made.stop()


@pytest.fixture
def api(served: KubernetesApi) -> Iterator[KubernetesApi]:
    """The API without what earlier tests left; when a test fails, pytest shows the server's last words."""
    yield served
    print(served.server.logs())
    served.clean()


@pytest.fixture
def function(api: KubernetesApi, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Function:
    """The function, with the credentials of a role of its own and no rights yet."""
    made = Function(api, code)
    # A server's own time is real: nobody waits here for a DaemonSet that may appear late.
    if hasattr(code, "taking_off"):
        monkeypatch.setattr(code.taking_off, "APPEARS", 0.0)
    for name, value in made.role.variables().items():
        monkeypatch.setenv(name, value)
    return made
