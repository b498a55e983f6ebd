"""etcd and kube-apiserver from a folder, on free ports of this machine, as envtest runs them.

The flags follow envtest
(https://github.com/kubernetes-sigs/controller-runtime/tree/main/pkg/internal/testing/controlplane), with
certificates and authentication of our own. All of them are in every kube-apiserver from 1.29 to 1.36
(https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/).
"""

# no belief: programs of this machine

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import trustme

from rehearsal.kubernetes.real.assets import CONTROLLERS, emulated, version_of
from rehearsal.kubernetes.real.files import Files
from rehearsal.kubernetes.real.program import Program
from rehearsal.kubernetes.real.token_webhook import Identify, TokenWebhook

SERVICES: Final = "10.0.0.0/24"
"""The range of the addresses of Services where nobody asks for another."""
WITHOUT_CONTROLLERS: Final = "--disable-admission-plugins=ServiceAccount"
"""No controller makes the ServiceAccounts that this plugin wants, and nobody makes a pod."""
ALL_CONTROLLERS: Final = (
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
"""What a cluster without nodes needs. Builds of vendors add controllers of their own to `*`."""
START_TIMEOUT: Final = 60.0
"""Seconds each program may take until it is ready; a kube-apiserver takes some ten on a busy machine."""


def free_port() -> int:
    """A port of this machine that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def api_server_command(
    assets: Path, files: Files, port: int, etcd_port: int, services: str = SERVICES
) -> list[str]:
    """kube-apiserver with RBAC, one administrator, and other tokens that the webhook judges.

    Args:
        assets: The folder with the program.
        files: What it reads.
        port: Where it listens.
        etcd_port: Where etcd listens.
        services: The range of the addresses of Services.
    """
    return [
        str(assets / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={files.certificate}",
        f"--tls-private-key-file={files.key}",
        f"--service-account-issuer=https://127.0.0.1:{port}/",
        f"--service-account-key-file={files.service_account_key}",
        f"--service-account-signing-key-file={files.service_account_key}",
        f"--service-cluster-ip-range={services}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={files.tokens}",
        f"--authentication-token-webhook-config-file={files.webhook}",
        "--authentication-token-webhook-version=v1",
        # Else a role that was unknown a moment ago stays so for two minutes.
        "--authentication-token-webhook-cache-ttl=0s",
        # As on EKS. Cilium's agents are privileged.
        "--allow-privileged=true",
        # The endpoint would be an address of this machine alone, which endpoints must not have.
        "--endpoint-reconciler-type=none",
        # From the cache, a list after a write to another type waits some 100 ms for etcd's next sign of life.
        "--watch-cache=false",
    ]


def controllers_command(
    assets: Path, files: Files, port: int, controllers: Sequence[str] = ALL_CONTROLLERS
) -> list[str]:
    """kube-controller-manager as an administrator.

    Args:
        assets: The folder with the program.
        files: What it reads.
        port: Where it would tell of its health.
        controllers: The controllers that it runs.
    """
    return [
        str(assets / CONTROLLERS),
        f"--kubeconfig={files.kubeconfig}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        "--leader-elect=false",
        f"--root-ca-file={files.authority}",
        f"--service-account-private-key-file={files.service_account_key}",
        f"--controllers={','.join(controllers)}",
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
        token: A token of an administrator that *identify* knows. By default the server has one of its own.
        controllers: Whether kube-controller-manager runs, too, with all its controllers.
        services: The range of the addresses of Services.
        version: The minor that the API server behaves as, where it can. By default its own.

    Attributes:
        administrator: The token of an administrator.
        identify: Says who a bearer token belongs to. May change until the first token comes.
        endpoint: The API server's URL.
        etcd_endpoint: etcd's URL.
        certificate_authority_pem: What clients must trust.
    """

    def __init__(
        self,
        assets: Path,
        folder: Path,
        identify: Identify,
        token: str = "",
        *,
        controllers: bool = False,
        services: str = SERVICES,
        version: str = "",
    ) -> None:
        self._authority = trustme.CA()
        self.certificate_authority_pem = self._authority.cert_pem.bytes().decode()
        self._assets, self.files, self.identify = assets, Files(folder), identify
        self._starting: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._own = secrets.token_hex(32)
        self.administrator = token or self._own
        self._tls = ssl.create_default_context(cadata=self.certificate_authority_pem)
        self._port, etcd_port = free_port(), free_port()
        self.endpoint = f"https://localhost:{self._port}"
        self.etcd_endpoint = f"http://127.0.0.1:{etcd_port}"
        self._webhook: TokenWebhook | None = None
        api_server = api_server_command(assets, self.files, self._port, etcd_port, services)
        if minor := emulated(version_of(assets), version) if version else None:
            api_server.append(f"--emulated-version=kube={minor}")
        if not controllers:
            api_server.append(WITHOUT_CONTROLLERS)
        self._programs = [
            Program(
                etcd_command(assets, self.files, etcd_port, free_port()),
                self.files.log("etcd"),
                lambda: is_up(etcd_port, "/health"),
            ),
            Program(api_server, self.files.log("kube-apiserver"), lambda: self._answers("/readyz")),
        ]
        if controllers:
            self.files.write_for_controllers(
                self._authority.cert_pem.bytes(), self.endpoint, self.administrator
            )
            self._programs.append(self._controllers())

    def begin(self) -> None:
        """Let everything start beside what this process does; `start` waits for it."""
        self._starting = threading.Thread(target=self._begin, daemon=True)
        self._starting.start()

    def start(self, timeout: float = START_TIMEOUT) -> None:
        """Start everything; returns when the API server is ready.

        Raises:
            StartError: A program did not get ready; nothing runs then.
        """
        if self._starting is None:
            self._start(timeout)
            return
        self._starting.join()
        if self._failure is not None:
            raise self._failure

    def _begin(self) -> None:
        try:
            self._start(START_TIMEOUT)
        except BaseException as error:  # raised where somebody waits for it
            self._failure = error

    def _start(self, timeout: float) -> None:
        self._webhook = TokenWebhook(lambda token: self.identify(token), self._authority)
        self.files.write(self._authority, self._webhook.url, self._own)
        try:
            for program in self._programs:
                program.start(timeout)
        except BaseException:
            self._stop()
            raise

    def start_controllers(
        self, endpoint: str, authority: bytes, controllers: Sequence[str], timeout: float = START_TIMEOUT
    ) -> None:
        """Start kube-controller-manager beside the rest; returns when its first objects are there.

        Args:
            endpoint: The API server that it talks to.
            authority: The certificate of that server's authority, as PEM.
            controllers: The controllers that it runs.
            timeout: Seconds until it must be ready.

        Raises:
            StartError: It did not get ready; nothing runs then.
        """
        self.files.write_for_controllers(authority, endpoint, self.administrator)
        program = self._controllers(controllers)
        self._programs.append(program)
        try:
            program.start(timeout)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything, in reverse; what still starts is awaited first."""
        if self._starting is not None:
            self._starting.join()
        self._stop()

    def _stop(self) -> None:
        for program in reversed(self._programs):
            program.stop()
        if self._webhook:
            self._webhook.stop()
            self._webhook = None

    def logs(self) -> str:
        """The ends of the programs' output."""
        return "\n".join(f"--- {program.name}\n{program.tail()}" for program in self._programs)

    def _controllers(self, controllers: Sequence[str] = ALL_CONTROLLERS) -> Program:
        command = controllers_command(self._assets, self.files, free_port(), controllers)
        account = "/api/v1/namespaces/kube-node-lease/serviceaccounts/default"
        return Program(command, self.files.log(CONTROLLERS), lambda: self._answers(account))

    def _answers(self, path: str) -> bool:
        return is_up(self._port, path, self._tls, self.administrator)
