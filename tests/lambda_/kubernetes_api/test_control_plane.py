"""How etcd and kube-apiserver are run. Stand-ins take their places, as few machines have the real ones."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import trustme

from rehearsal.kubernetes.real.assets import AssetsError, find_assets
from rehearsal.kubernetes.real.control_plane import (
    ControlPlane,
    api_server_command,
    etcd_command,
    is_up,
)
from rehearsal.kubernetes.real.files import Files
from rehearsal.kubernetes.real.program import StartError
from tests.lambda_.kubernetes_api.authenticator import Authenticator
from tests.lambda_.kubernetes_api.cases import CASES
from tests.lambda_.kubernetes_api.function import Function
from tests.lambda_.kubernetes_api.kinds import CLUSTER, REGION, KubernetesApi, real
from tests.lambda_.kubernetes_api.objects import daemon_set
from tests.lambda_.kubernetes_api.stand_ins import install, script

ASSETS = Path("/opt/assets")
FILES = Files(Path("/run/plane"))


@pytest.fixture(scope="module")
def authenticator() -> Authenticator:
    return Authenticator(CLUSTER, REGION)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A folder for programs and one for what they write."""
    made = (tmp_path / "assets", tmp_path / "plane")
    for folder in made:
        folder.mkdir()
    return made


@pytest.fixture(scope="module")
def started(
    authenticator: Authenticator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KubernetesApi]:
    """The kind `real`, with stand-ins for its programs."""
    assets = install(tmp_path_factory.mktemp("assets"))
    server = real(authenticator, assets, tmp_path_factory.mktemp("plane"))
    made = KubernetesApi(server, authenticator)
    yield made
    made.stop()


@pytest.fixture
def stood_in(started: KubernetesApi) -> Iterator[KubernetesApi]:
    yield started
    started.clean()


@pytest.mark.parametrize("environment", [{}, {"KUBEBUILDER_ASSETS": ""}], ids=["unset", "empty"])
def test_without_the_variable_there_are_no_assets(environment: dict[str, str]) -> None:
    assert find_assets(environment) is None


def test_a_folder_with_both_programs_is_taken(folders: tuple[Path, Path]) -> None:
    install(folders[0])
    assert find_assets({"KUBEBUILDER_ASSETS": str(folders[0])}) == folders[0]


def test_a_folder_without_them_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(AssetsError) as caught:
        find_assets({"KUBEBUILDER_ASSETS": str(tmp_path)})
    assert str(caught.value) == (
        f"KUBEBUILDER_ASSETS: must be a folder with etcd and kube-apiserver, got '{tmp_path}' without etcd "
        "and kube-apiserver; set it to what `setup-envtest use -p path` prints, or unset it"
    )


def test_a_folder_that_lacks_one_program_names_it(tmp_path: Path) -> None:
    script(tmp_path, "etcd")
    with pytest.raises(AssetsError, match="without kube-apiserver;"):
        find_assets({"KUBEBUILDER_ASSETS": str(tmp_path)})


def test_etcd_is_for_this_machine_alone() -> None:
    assert etcd_command(ASSETS, FILES, 2379, 2380) == [
        "/opt/assets/etcd",
        "--data-dir=/run/plane/etcd",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--unsafe-no-fsync=true",
    ]


def test_the_api_server_enforces_rbac_and_asks_the_webhook_about_tokens() -> None:
    assert api_server_command(ASSETS, FILES, 6443, 2379) == [
        "/opt/assets/kube-apiserver",
        "--etcd-servers=http://127.0.0.1:2379",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--secure-port=6443",
        "--tls-cert-file=/run/plane/apiserver.crt",
        "--tls-private-key-file=/run/plane/apiserver.key",
        "--service-account-issuer=https://127.0.0.1:6443/",
        "--service-account-key-file=/run/plane/service-accounts.key",
        "--service-account-signing-key-file=/run/plane/service-accounts.key",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=RBAC",
        "--token-auth-file=/run/plane/tokens.csv",
        "--authentication-token-webhook-config-file=/run/plane/token-webhook.json",
        "--authentication-token-webhook-version=v1",
        "--authentication-token-webhook-cache-ttl=0s",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
        "--watch-cache=false",
    ]


def test_the_kubeconfig_has_the_webhook_s_address_and_authority(
    tmp_path: Path, authority: trustme.CA
) -> None:
    files = Files(tmp_path)
    files.write(authority, "https://127.0.0.1:8443/authenticate", "secret")
    config = json.loads(files.webhook.read_text())
    assert config["current-context"] == config["contexts"][0]["name"]
    assert config["contexts"][0]["context"] == {
        "cluster": config["clusters"][0]["name"],
        "user": config["users"][0]["name"],
    }
    cluster = config["clusters"][0]["cluster"]
    assert cluster["server"] == "https://127.0.0.1:8443/authenticate"
    assert base64.b64decode(cluster["certificate-authority-data"]) == authority.cert_pem.bytes()


def test_keys_are_for_their_owner_alone(tmp_path: Path, authority: trustme.CA) -> None:
    Files(tmp_path).write(authority, "https://127.0.0.1:8443/authenticate", "secret")
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_the_key_of_service_accounts_is_in_a_form_that_kubernetes_reads(
    tmp_path: Path, authority: trustme.CA
) -> None:
    """https://github.com/kubernetes/client-go/blob/master/util/keyutil/key.go"""
    files = Files(tmp_path)
    files.write(authority, "https://127.0.0.1:8443/authenticate", "secret")
    assert files.service_account_key.read_text().startswith("-----BEGIN EC PRIVATE KEY-----\n")


def test_the_function_works_against_a_started_control_plane(
    stood_in: KubernetesApi, code: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = Function(stood_in, code)
    for name, value in function.role.variables().items():
        monkeypatch.setenv(name, value)
    stood_in.wait_for_namespaces()
    stood_in.apply(daemon_set())
    function.grant(CASES["remove"])
    data = function.call("create", CASES["remove"])["Data"]
    assert data == {"Removed": "aws-node", "AlreadyGone": ""}


def test_nothing_answers_after_the_stop(authenticator: Authenticator, folders: tuple[Path, Path]) -> None:
    plane = real(authenticator, install(folders[0]), folders[1])
    port = int(plane.endpoint.rpartition(":")[2])
    plane.stop()
    with pytest.raises(ConnectionRefusedError):
        is_up(port, "/readyz")


def test_an_api_server_that_ends_is_reported_and_etcd_is_ended(
    authenticator: Authenticator, folders: tuple[Path, Path]
) -> None:
    install(folders[0])
    script(folders[0], "kube-apiserver", "raise SystemExit('Error: unknown flag: --authorization-mode')")
    plane = ControlPlane(folders[0], folders[1], authenticator.identify, authenticator.administrator)
    with pytest.raises(StartError) as caught:
        plane.start()
    assert "kube-apiserver ended with status 1 before it was ready" in str(caught.value)
    assert str(caught.value).endswith("Error: unknown flag: --authorization-mode")
    command = str(folders[0] / "etcd").encode()
    assert [path for path in Path("/proc").glob("[0-9]*/cmdline") if command in _read(path)] == []


def test_the_logs_have_the_last_words_of_both_programs(stood_in: KubernetesApi) -> None:
    assert stood_in.server.logs() == "--- etcd\n(no output)\n--- kube-apiserver\nserving"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
