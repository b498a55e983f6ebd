"""Who a bearer token belongs to: EKS's check of tokens, with access entries, for one cluster."""

from __future__ import annotations

import base64
import binascii
import secrets
from urllib.parse import urlsplit

from rehearsal.aws import Credentials
from rehearsal.aws.identity import role_of_token
from rehearsal.kubernetes import Identity

ACCOUNT = "123456789012"
_PREFIX = "k8s-aws-v1."


class Authenticator:
    """Knows one administrator, and the roles that have an access entry.

    Args:
        cluster: The cluster's name, which a token must be signed for.
        region: The cluster's region; tokens must lead to its STS and to no other server.

    Attributes:
        administrator: The token of the administrator, made up anew each time.
    """

    def __init__(self, cluster: str, region: str) -> None:
        self.cluster = cluster
        self.administrator = secrets.token_urlsafe(32)
        self._sts = f"sts.{region}.amazonaws.com"
        self._handed_out: dict[str, Credentials] = {}
        self._entries: dict[str, frozenset[str]] = {}

    def new_role(self) -> Credentials:
        """Credentials of a role of its own, so that nobody mistakes its tokens for another's."""
        unique = secrets.token_hex(8)
        role = f"arn:aws:iam::{ACCOUNT}:role/Handler-{unique}"
        made = Credentials(f"ASIA{unique.upper()}", secrets.token_hex(20), secrets.token_hex(20), role)
        self._handed_out[made.access_key] = made
        return made

    def enter(self, role: Credentials, *groups: str) -> None:
        """Give a role an access entry with these groups."""
        self._entries[role.role_arn] = frozenset(groups)

    def identify(self, token: str) -> Identity | None:
        """The bearer's identity, None for 401."""
        if secrets.compare_digest(token.encode(), self.administrator.encode()):
            return Identity("administrator", frozenset({"system:masters"}))
        if not self._asks_sts(token):
            return None
        role = role_of_token(token, self.cluster, self._handed_out)
        if role is None or role not in self._entries:
            return None
        name = role.rpartition("/")[2]
        username = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/function"
        return Identity(username, self._entries[role])

    def _asks_sts(self, token: str) -> bool:
        """EKS sends the request in the token and trusts the answer, so the request must go to STS."""
        encoded = token.removeprefix(_PREFIX)
        try:
            url = urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
        except (binascii.Error, ValueError):
            return False
        return (url.scheme, url.netloc, url.path) == ("https", self._sts, "/")
