"""etcd and kube-apiserver from a folder, on free ports of this machine, as envtest runs them.

The flags follow envtest
(https://github.com/kubernetes-sigs/controller-runtime/tree/main/pkg/internal/testing/controlplane), with
certificates and authentication of our own. All of them are in every kube-apiserver from 1.29 to 1.36
(https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/).
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.lambda_.kubernetes_api.program import Program
from tests.lambda_.kubernetes_api.token_webhook import Identify, TokenWebhook

VARIABLE = "KUBEBUILDER_ASSETS"
UNSET = f"{VARIABLE} names no folder with etcd and kube-apiserver"
PROGRAMS = ("etcd", "kube-apiserver")
#: Optional in the folder; envtest does not have it.
CONTROLLERS = "kube-controller-manager"
#: What runs in it: what a cluster without nodes needs. Builds of vendors add controllers of their own to `*`.
_CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "horizontal-pod-autoscaler-controller",
    "job-controller",
    "namespace-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "statefulset-controller",
)
# No controller makes the ServiceAccounts that this plugin wants, and no test makes a pod.
WITHOUT_CONTROLLERS = "--disable-admission-plugins=ServiceAccount"
#: Seconds each program may take until it is ready; a kube-apiserver takes some ten on a busy machine.
START_TIMEOUT = 60.0


class AssetsError(Exception):
    """A folder was named, but it is not what it must be."""


def find_assets(environment: Mapping[str, str]) -> Path | None:
    """The folder with the programs, None where none is named.

    Raises:
        AssetsError: The folder lacks a program.
    """
    named = environment.get(VARIABLE, "")
    if not named:
        return None
    folder = Path(named)
    missing = [name for name in PROGRAMS if not (folder / name).is_file()]
    if missing:
        raise AssetsError(
            f"{VARIABLE}: must be a folder with {' and '.join(PROGRAMS)}, got {named!r} without "
            f"{' and '.join(missing)}; set it to what `setup-envtest use -p path` prints, or unset it"
        )
    return folder


def free_port() -> int:
    """A port of this machine that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Files:
    """What the programs read and where they write, all in one folder."""

    folder: Path

    @property
    def etcd_data(self) -> Path:
        return self.folder / "etcd"

    @property
    def certificate(self) -> Path:
        return self.folder / "apiserver.crt"

    @property
    def key(self) -> Path:
        return self.folder / "apiserver.key"

    @property
    def service_account_key(self) -> Path:
        return self.folder / "service-accounts.key"

    @property
    def webhook(self) -> Path:
        return self.folder / "token-webhook.json"

    @property
    def authority(self) -> Path:
        return self.folder / "authority.crt"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "controllers.json"

    def log(self, program: str) -> Path:
        return self.folder / f"{program}.log"

    def write_for_controllers(self, authority: trustme.CA, endpoint: str, token: str) -> None:
        """Write how the controllers reach the API, readable for their owner alone."""
        config = _client_config(authority, endpoint, {"token": token})
        for path, text in (
            (self.authority, authority.cert_pem.bytes()),
            (self.kubeconfig, json.dumps(config).encode()),
        ):
            path.touch(mode=0o600)
            path.write_bytes(text)

    def write(self, authority: trustme.CA, webhook_url: str) -> None:
        """Write certificates, keys and the way to the webhook, readable for their owner alone."""
        serving = authority.issue_cert("localhost", "127.0.0.1")
        texts = {
            self.certificate: b"".join(pem.bytes() for pem in serving.cert_chain_pems),
            self.key: serving.private_key_pem.bytes(),
            # The API server signs with the private key, and checks with the public key inside it.
            self.service_account_key: trustme.CA().private_key_pem.bytes(),
            self.webhook: json.dumps(webhook_kubeconfig(authority, webhook_url)).encode(),
        }
        for path, text in texts.items():
            path.touch(mode=0o600)
            path.write_bytes(text)


def webhook_kubeconfig(authority: trustme.CA, url: str) -> dict[str, object]:
    """How the API server reaches the webhook, in the form of a kubeconfig
    (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication).
    """
    return _client_config(authority, url, {})


def _client_config(authority: trustme.CA, url: str, user: dict[str, str]) -> dict[str, object]:
    pem = base64.b64encode(authority.cert_pem.bytes()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "server", "cluster": {"server": url, "certificate-authority-data": pem}}],
        "users": [{"name": "client", "user": user}],
        "contexts": [{"name": "server", "context": {"cluster": "server", "user": "client"}}],
        "current-context": "server",
    }


def etcd_command(assets: Path, files: Files, port: int, peer_port: int) -> list[str]:
    """etcd for one client on this machine, with data that need not outlive a crash."""
    url = f"http://127.0.0.1:{port}"
    return [
        str(assets / "etcd"),
        f"--data-dir={files.etcd_data}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls=http://127.0.0.1:{peer_port}",
        "--unsafe-no-fsync=true",
    ]


def api_server_command(assets: Path, files: Files, port: int, etcd_port: int) -> list[str]:
    """kube-apiserver with RBAC, and tokens that the webhook judges."""
    return [
        str(assets / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={files.certificate}",
        f"--tls-private-key-file={files.key}",
        f"--service-account-issuer=https://127.0.0.1:{port}/",
        f"--service-account-key-file={files.service_account_key}",
        f"--service-account-signing-key-file={files.service_account_key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        # As on EKS; agents of CNIs need it.
        "--allow-privileged=true",
        "--authorization-mode=RBAC",
        f"--authentication-token-webhook-config-file={files.webhook}",
        "--authentication-token-webhook-version=v1",
        # Else a role that was unknown a moment ago stays so for two minutes.
        "--authentication-token-webhook-cache-ttl=0s",
    ]


def controllers_command(assets: Path, files: Files, port: int) -> list[str]:
    """kube-controller-manager as an administrator."""
    return [
        str(assets / CONTROLLERS),
        f"--kubeconfig={files.kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--leader-elect=false",
        f"--controllers={','.join(_CONTROLLERS)}",
        f"--root-ca-file={files.authority}",
        f"--service-account-private-key-file={files.service_account_key}",
    ]


def is_up(port: int, path: str, tls: ssl.SSLContext | None = None, token: str = "") -> bool:
    """Whether a server on this machine answers *path* with 200.

    Raises:
        OSError: Nobody answers.
    """
    if tls is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=tls)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
        return connection.getresponse().status == 200
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


class ControlPlane:
    """etcd, kube-apiserver and the webhook between start and stop.

    Args:
        assets: The folder with the programs.
        folder: Where certificates, data and logs go; must exist and be empty.
        identify: Says who a bearer token belongs to.
        token: A token of an administrator, to ask whether the API server is ready.
        controllers: Whether kube-controller-manager runs, too.

    Attributes:
        endpoint: The API server's URL.
        certificate_authority_pem: What clients must trust.
    """

    def __init__(
        self, assets: Path, folder: Path, identify: Identify, token: str, *, controllers: bool = False
    ) -> None:
        authority = trustme.CA()
        self.certificate_authority_pem = authority.cert_pem.bytes().decode()
        tls = ssl.create_default_context(cadata=self.certificate_authority_pem)
        port, etcd_port = free_port(), free_port()
        self.endpoint = f"https://localhost:{port}"
        self._files, self._authority, self._identify = Files(folder), authority, identify
        self._webhook: TokenWebhook | None = None
        api_server = api_server_command(assets, self._files, port, etcd_port)
        if not controllers:
            api_server.append(WITHOUT_CONTROLLERS)
        self._programs = [
            Program(
                etcd_command(assets, self._files, etcd_port, free_port()),
                self._files.log("etcd"),
                lambda: is_up(etcd_port, "/health"),
            ),
            Program(
                api_server,
                self._files.log("kube-apiserver"),
                lambda: is_up(port, "/readyz", tls, token),
            ),
        ]
        if controllers:
            account = "/api/v1/namespaces/kube-node-lease/serviceaccounts/default"
            self._files.write_for_controllers(authority, self.endpoint, token)
            self._programs.append(
                Program(
                    controllers_command(assets, self._files, free_port()),
                    self._files.log(CONTROLLERS),
                    lambda: is_up(port, account, tls, token),
                )
            )

    def start(self, timeout: float = START_TIMEOUT) -> None:
        """Start everything; returns when the API server is ready.

        Raises:
            StartError: A program did not get ready; nothing runs then.
        """
        self._webhook = TokenWebhook(self._identify, self._authority)
        self._files.write(self._authority, self._webhook.url)
        try:
            for program in self._programs:
                program.start(timeout)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything, in reverse."""
        for program in reversed(self._programs):
            program.stop()
        if self._webhook:
            self._webhook.stop()
            self._webhook = None

    def logs(self) -> str:
        """The ends of the programs' output."""
        return "\n".join(f"--- {program.name}\n{program.tail()}" for program in self._programs)
