"""The bearer of a Kubernetes token of EKS, found by the check that EKS's authenticator makes.

A token is `k8s-aws-v1.` and a base64url presigned GetCallerIdentity URL whose signature covers the header
`x-k8s-aws-id` with the cluster's name. Here the signature is computed again with the secret of the
credentials that were handed out, instead of asking STS.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import urllib.parse
from collections.abc import Mapping

from rehearsal.aws.account import AccessEntry, Cluster
from rehearsal.aws.moto import Credentials
from rehearsal.kubernetes import Identity
from rehearsal.pace import PACE

_PREFIX = "k8s-aws-v1."
# More than the two attempts that `kubectl create` makes for the API's schema before it gives up.
_REFUSALS = 3


# belief: EKS-token
def role_of_token(token: str, cluster: str, handed_out: Mapping[str, Credentials]) -> str | None:
    """ARN of the role that signed the token for this cluster; None for a wrong or an old token."""
    if not token.startswith(_PREFIX):
        return None
    encoded = token.removeprefix(_PREFIX)
    try:
        url = urllib.parse.urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    except (binascii.Error, UnicodeDecodeError):
        return None
    query = dict(urllib.parse.parse_qsl(url.query))
    credentials = handed_out.get(query.get("X-Amz-Credential", "").split("/")[0])
    if credentials is None or query.get("Action") != "GetCallerIdentity":
        return None
    if _expired(query) or not _signed(url, query, cluster, credentials.secret_key):
        return None
    return credentials.role_arn


def _expired(query: dict[str, str]) -> bool:
    try:
        signed = dt.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    except (KeyError, ValueError):
        return True
    # EKS accepts a token for fifteen minutes whatever X-Amz-Expires says. Seconds in which this machine held
    # up the rehearsal do not count, and when they were is not known here: all of them are added.
    return dt.datetime.now(dt.UTC) - signed > dt.timedelta(minutes=15, seconds=PACE.lag())


def _signed(url: urllib.parse.SplitResult, query: dict[str, str], cluster: str, secret: str) -> bool:
    """Recomputes the SigV4 query signature over host and x-k8s-aws-id."""
    if query.get("X-Amz-SignedHeaders") != "host;x-k8s-aws-id":
        return False
    unsigned = sorted((key, value) for key, value in query.items() if key != "X-Amz-Signature")
    request = "\n".join(
        [
            "GET",
            url.path or "/",
            "&".join(f"{_quote(key)}={_quote(value)}" for key, value in unsigned),
            f"host:{url.netloc}\nx-k8s-aws-id:{cluster}\n",
            "host;x-k8s-aws-id",
            hashlib.sha256(b"").hexdigest(),
        ]
    )
    date, region, service, end = query["X-Amz-Credential"].split("/")[1:]
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            query["X-Amz-Date"],
            f"{date}/{region}/{service}/{end}",
            hashlib.sha256(request.encode()).hexdigest(),
        ]
    )
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, end, text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(key.hex(), query.get("X-Amz-Signature", ""))


def _quote(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def identify(
    handed_out: Mapping[str, Credentials], cluster: Cluster, token: str, delay: float
) -> Identity | None:
    """Identity of a token's bearer in the cluster, None for 401.

    An access entry refuses the first attempts of its principal, and all within *delay* seconds of the
    first attempt. AWS counts from the creation. Counting from the attempt makes the first attempt always too
    early, so that a deployment which does not wait fails here every time.

    Args:
        handed_out: Credentials of roles, by access key.
        cluster: The cluster of the request.
        token: The bearer token.
        delay: `Options.authorization_delay`.
    """
    role = role_of_token(token, cluster.name, handed_out)
    entry = cluster.entries.get(role) if role else None
    if entry is None or not _effective(entry, delay):
        return None
    return Identity(
        username=entry.username, groups=frozenset(entry.groups), cluster_admin=entry.cluster_admin
    )


# belief: EKS-access-entry-late
def _effective(entry: AccessEntry, delay: float) -> bool:
    now = PACE.now()
    if entry.first_seen is None:
        entry.first_seen = now
    if delay <= 0 or (entry.refused >= _REFUSALS and now - entry.first_seen >= delay):
        return True
    entry.refused += 1
    return False
