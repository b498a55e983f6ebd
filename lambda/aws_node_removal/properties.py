"""What the custom resource is given, checked before anything is sent."""

from __future__ import annotations

import base64
import binascii
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from api_server import tls_context
from eks_token import REGION
from errors import PermanentError

DEFAULT_DAEMON_SETS: Final = ("aws-node",)
REMOVE: Final = "remove"
PATCH: Final = "patch"

# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
_CLUSTER_NAME: Final = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", re.ASCII)
# Host names and, for the same reason, names of objects:
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DNS_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cluster_name: The EKS cluster's name.
        host: The API server's host name.
        port: The API server's port; 443 when the endpoint names none.
        tls: TLS that trusts the cluster's certificate authority alone.
        region: The cluster's region.
        daemon_sets: Names in kube-system, in the order they are removed; ``aws-node`` when not given.
        strategy: ``remove``, also when not given, or ``patch``.
        kept_off: Names in kube-system that get a selector whatever the strategy; none when not given.
        remove_extras: Whether to remove what belongs to aws-node beside the DaemonSet, too.
        refuse_nodes: Whether to refuse a removal while nodes live on the DaemonSet.
        managed_addon: Whether to delete EKS's add-on ``vpc-cni`` first.
    """

    cluster_name: str
    host: str
    port: int
    tls: ssl.SSLContext
    region: str
    daemon_sets: tuple[str, ...]
    strategy: str
    kept_off: tuple[str, ...]
    remove_extras: bool
    refuse_nodes: bool
    managed_addon: bool

    @classmethod
    def of(cls, raw: object) -> Properties:
        """Read ``ResourceProperties``.

        Raises:
            PermanentError: With every property that is missing or malformed.
        """
        given: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {}
        readers = {
            "ClusterName": _cluster_name,
            "Endpoint": _endpoint,
            "CertificateAuthorityData": _certificate_authority,
            "Region": _region,
            "DaemonSets": _daemon_sets,
            "Strategy": _strategy,
            "KeptOff": _kept_off,
            "RemoveExtras": _flag,
            "RefuseNodes": _flag,
            "ManagedAddon": _flag,
        }
        read: dict[str, Any] = {}
        problems = []
        for name, reader in readers.items():
            try:
                read[name] = reader(given.get(name))
            except ValueError as error:
                problems.append(f"{name}: {error}")
        if problems:
            raise PermanentError("\n".join(problems))
        host, port = read["Endpoint"]
        return cls(
            cluster_name=read["ClusterName"],
            host=host,
            port=port,
            tls=read["CertificateAuthorityData"],
            region=read["Region"],
            daemon_sets=read["DaemonSets"],
            strategy=read["Strategy"],
            kept_off=read["KeptOff"],
            remove_extras=read["RemoveExtras"],
            refuse_nodes=read["RefuseNodes"],
            managed_addon=read["ManagedAddon"],
        )

    @property
    def patched(self) -> tuple[str, ...]:
        """The DaemonSets that get a selector rather than go."""
        return (*(self.daemon_sets if self.strategy == PATCH else ()), *self.kept_off)


def kept_off_of(raw: object) -> tuple[str, ...]:
    """The names under ``KeptOff`` in properties that may be wrong in any way; none where they say none."""
    try:
        return _kept_off(raw.get("KeptOff")) if isinstance(raw, Mapping) else ()
    except ValueError:
        return ()


def _text(value: object, rule: str, fix: str) -> str:
    if not isinstance(value, str) or not value:
        got = "nothing" if value is None else repr(value)
        raise ValueError(f"{rule}, got {got}; {fix}")
    return value


def _cluster_name(value: object) -> str:
    rule, fix = "must be an EKS cluster's name", "pass the cluster's name, not its ARN"
    name = _text(value, rule, fix)
    if not _CLUSTER_NAME.fullmatch(name):
        raise ValueError(f"{rule}, got {name!r}; {fix}")
    return name


def _region(value: object) -> str:
    rule, fix = "must be an AWS region", "pass one like 'eu-central-1'"
    region = _text(value, rule, fix)
    if not REGION.fullmatch(region):
        raise ValueError(f"{rule}, got {region!r}; {fix}")
    return region


def _endpoint(value: object) -> tuple[str, int]:
    rule, fix = "must be the API server's https URL", "pass the cluster's Endpoint attribute as it is"
    url = _text(value, rule, fix)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{rule}, got one that cannot be read; {fix}") from None
    if parts.username is not None or parts.query or parts.fragment:
        # Not quoted: what stands there may be a secret.
        raise ValueError(f"{rule}, got one with a user, query or fragment; {fix}")
    if parts.scheme != "https" or not _DNS_NAME.fullmatch(host or "") or parts.path not in ("", "/"):
        raise ValueError(f"{rule}, got {url!r}; {fix}")
    return str(host), port or 443


def _certificate_authority(value: object) -> ssl.SSLContext:
    rule = "must be the cluster's certificate authority, a PEM certificate in base64"
    fix = "pass the cluster's CertificateAuthorityData attribute as it is"
    text = _text(value, rule, fix)
    try:
        pem = base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError(f"{rule}, got {len(text)} characters of something else; {fix}") from None
    try:
        return tls_context(pem)
    except ValueError as error:
        raise ValueError(f"{rule}, got base64 of something else ({error}); {fix}") from None


def _daemon_sets(value: object) -> tuple[str, ...]:
    fix = "pass one like '[\"aws-node\"]', or leave it out for that"
    return DEFAULT_DAEMON_SETS if value is None else _names(value, fix)


def _kept_off(value: object) -> tuple[str, ...]:
    return (
        () if value is None else _names(value, "pass one like '[\"kube-proxy\"]', or leave it out for none")
    )


def _names(value: object, fix: str) -> tuple[str, ...]:
    rule = "must be names of DaemonSets in kube-system, as a list or as a JSON list"
    try:
        names = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        names = None
    if not isinstance(names, list) or not names:
        raise ValueError(f"{rule}, got {value!r}; {fix}")
    for name in names:
        if not isinstance(name, str) or not _DNS_NAME.fullmatch(name):
            raise ValueError(f"{rule}, got {name!r}; {fix}")
    return tuple(dict.fromkeys(names))


def _strategy(value: object) -> str:
    if value is None:
        return REMOVE
    if value not in (REMOVE, PATCH):
        raise ValueError(f"must be {REMOVE!r} or {PATCH!r}, got {value!r}; leave it out for {REMOVE!r}")
    return str(value)


def _flag(value: object) -> bool:
    # CloudFormation hands every scalar on as text.
    if value not in (None, "true", "false"):
        raise ValueError(f"must be 'true' or 'false', got {value!r}; leave it out for 'false'")
    return value == "true"
