"""The files of a control plane: certificates, keys, tokens, data and logs."""

# no belief: files of this machine

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import trustme

ADMINISTRATOR: Final = "kube-administrator"
"""The user name of the administrator."""


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
    def tokens(self) -> Path:
        return self.folder / "tokens.csv"

    @property
    def authority(self) -> Path:
        return self.folder / "authority.crt"

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "controllers.json"

    def log(self, program: str) -> Path:
        return self.folder / f"{program}.log"

    def write(self, authority: trustme.CA, webhook_url: str, token: str) -> None:
        """Write certificates, keys, the administrator's token and the way to the webhook."""
        serving = authority.issue_cert("localhost", "127.0.0.1")
        self._write(self.certificate, b"".join(pem.bytes() for pem in serving.cert_chain_pems))
        self._write(self.key, serving.private_key_pem.bytes())
        # The API server signs with the private key, and checks with the public key inside it.
        self._write(self.service_account_key, trustme.CA().private_key_pem.bytes())
        self._write(self.tokens, f'{token},{ADMINISTRATOR},{ADMINISTRATOR},"system:masters"\n'.encode())
        self._write(self.webhook, json.dumps(client_config(authority.cert_pem.bytes(), webhook_url)).encode())

    def write_for_controllers(self, authority: bytes, endpoint: str, token: str) -> None:
        """Write how the controllers reach the API."""
        self._write(self.authority, authority)
        self._write(
            self.kubeconfig, json.dumps(client_config(authority, endpoint, {"token": token})).encode()
        )

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        """Write a file for its owner alone."""
        path.touch(mode=0o600)
        path.write_bytes(content)


def client_config(authority: bytes, url: str, user: Mapping[str, str] | None = None) -> dict[str, object]:
    """How a program reaches a server, in the form of a kubeconfig
    (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication).
    """
    pem = base64.b64encode(authority).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "server", "cluster": {"server": url, "certificate-authority-data": pem}}],
        "users": [{"name": "client", "user": dict(user or {})}],
        "contexts": [{"name": "server", "context": {"cluster": "server", "user": "client"}}],
        "current-context": "server",
    }
