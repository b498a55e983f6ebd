"""The EKS cluster of a custom resource, checked before any request is sent."""

from __future__ import annotations

import base64
import binascii
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from api_server import ApiServer, tls_context
from attempts import Call
from deadline import Deadline
from eks_token import REGION, find_credentials, make_token
from readers import DNS_NAME, Reader, matching, text_of

# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
_CLUSTER_NAME: Final = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Cluster:
    """An EKS cluster and its API server.

    Attributes:
        name: The cluster's name.
        host: The API server's host name.
        port: The API server's port; 443 when the endpoint does not name it.
        tls: TLS that trusts the cluster's certificate authority alone.
        region: The cluster's region.
    """

    name: str
    host: str
    port: int
    tls: ssl.SSLContext
    region: str

    def call(self, deadline: Deadline) -> Call:
        """Its API server, asked with the credentials of the function's role within a deadline.

        Raises:
            PermanentError: If credentials are missing.
        """
        credentials = find_credentials()
        server = ApiServer(
            self.host, self.port, self.tls, lambda: make_token(self.name, self.region, credentials)
        )
        return Call(server, self.name, deadline)


def cluster_of(read: Mapping[str, Any]) -> Cluster:
    """The cluster, from what `READERS` made of the properties."""
    host, port = read["Endpoint"]
    return Cluster(read["ClusterName"], host, port, read["CertificateAuthorityData"], read["Region"])


def _endpoint(value: object) -> tuple[str, int]:
    rule, fix = "must be the API server's https URL", "pass the cluster's Endpoint attribute as it is"
    url = text_of(value, rule, fix)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{rule}, got one that cannot be read; {fix}") from None
    if parts.username is not None or parts.query or parts.fragment:
        # The URL is not quoted: it may hold a secret.
        raise ValueError(f"{rule}, got one with a user, query or fragment; {fix}")
    if parts.scheme != "https" or not DNS_NAME.fullmatch(host or "") or parts.path not in ("", "/"):
        raise ValueError(f"{rule}, got {url!r}; {fix}")
    return str(host), port or 443


def _certificate_authority(value: object) -> ssl.SSLContext:
    rule = "must be the cluster's certificate authority, a PEM certificate in base64"
    fix = "pass the cluster's CertificateAuthorityData attribute as it is"
    text = text_of(value, rule, fix)
    try:
        pem = base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError(f"{rule}, got {len(text)} characters of something else; {fix}") from None
    try:
        return tls_context(pem)
    except ValueError as error:
        raise ValueError(f"{rule}, got base64 of something else ({error}); {fix}") from None


READERS: Final[Mapping[str, Reader]] = {
    "ClusterName": matching(
        _CLUSTER_NAME, "must be an EKS cluster's name", "pass the cluster's name, not its ARN"
    ),
    "Endpoint": _endpoint,
    "CertificateAuthorityData": _certificate_authority,
    "Region": matching(REGION, "must be an AWS region", "pass one like 'eu-central-1'"),
}
"""The readers of the properties that name the cluster."""
