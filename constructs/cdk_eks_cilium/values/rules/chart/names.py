"""Names and addresses that go into the certificates which Helm makes: ``genSignedCert`` stops at others."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterator
from typing import Any, Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rules.cluster_name import is_token

from .blame import Blame

Found = tuple[Problem, frozenset[str]]

_SERVERS: Final = (
    "hubble.tls.server",
    "hubble.relay.tls.server",
    "hubble.metrics.tls.server",
    "clustermesh.apiserver.tls.server",
    "clustermesh.apiserver.tls.auto.server",
)


def name_problems(values: EffectiveValues, blame: Blame) -> Iterator[Found]:
    """Which further names and addresses of certificates are malformed."""
    for server in _SERVERS:
        for leaf, fits, what in (
            ("extraDnsNames", _is_name, "names, each a text"),
            ("extraIpAddresses", _is_address, "IP addresses, each a text"),
        ):
            path = f"{server}.{leaf}"
            given = values.get(path)
            if isinstance(given, list) and not all(map(fits, given)):
                where, got = blame.first([path])
                rule = f"must list {what}: Helm stops where it makes the certificate"
                yield Problem(where, rule, got, "correct the list", id="CEK2244"), frozenset({path})


def authority_problems(values: EffectiveValues, blame: Blame) -> Iterator[Found]:
    """Whether an authority of one's own, which signs these certificates, is written as Helm reads it."""
    paths = ("tls.ca.cert", "tls.ca.key")
    if not all(map(values.on, paths)):
        return
    for path in paths:
        if not _is_pem(values.get(path)):
            where, _ = blame.first([path])
            rule = "must be PEM in base64: Helm stops where it reads the authority"
            yield Problem(where, rule, fix="encode the file with base64", id="CEK2245"), frozenset({path})


def _is_pem(given: Any) -> bool:
    try:
        return base64.b64decode(str(given), validate=True).lstrip().startswith(b"-----BEGIN")
    except ValueError:
        return is_token(str(given))


def _is_name(given: Any) -> bool:
    return isinstance(given, str)


def _is_address(given: Any) -> bool:
    try:
        return isinstance(given, str) and bool(ipaddress.ip_address(given))
    except ValueError:
        return False
