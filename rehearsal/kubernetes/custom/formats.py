"""The formats of strings that a structural schema may name.

The server checks the ones in ``pkg/validation/strfmt/default.go`` of https://github.com/kubernetes/kube-openapi;
it takes any text for a format that it does not know.
"""

# belief: K8S-custom-resources-are-validated

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import uuid
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from rehearsal.kubernetes.schemas import times

_HOST = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*"
)
_DURATION = re.compile(
    r"[-+]?(\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|m|h|d|w|[a-z]+)(\s*(\d+(\.\d*)?|\.\d+)\s*[a-zµ]+)*|0"
)


def _raises(check: Callable[[str], Any]) -> Callable[[str], bool]:
    def fits(text: str) -> bool:
        try:
            check(text)
        except (ValueError, binascii.Error):
            return False
        return True

    return fits


def _cidr(text: str) -> None:
    if "/" not in text:
        raise ValueError(text)  # no belief: told as False
    ipaddress.ip_network(text, strict=False)


def _date(text: str) -> None:
    times.canonical(f"{text}T00:00:00Z")


def _is_uuid(text: str, version: int) -> bool:
    try:
        return uuid.UUID(text).version == version
    except ValueError:
        return False


_CHECKS: Final[dict[str, Callable[[str], bool]]] = {
    "byte": _raises(lambda text: base64.b64decode(text, validate=True)),
    "cidr": _raises(_cidr),
    "date": _raises(_date),
    "date-time": _raises(times.canonical),
    "datetime": _raises(times.canonical),
    "duration": lambda text: bool(_DURATION.fullmatch(text)),
    "email": lambda text: bool(re.fullmatch(r"[^@\s]+@[^@\s]+", text)),
    "hexcolor": lambda text: bool(re.fullmatch(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text)),
    "hostname": lambda text: bool(_HOST.fullmatch(text)),
    "ipv4": _raises(ipaddress.IPv4Address),
    "ipv6": _raises(ipaddress.IPv6Address),
    "mac": lambda text: bool(re.fullmatch(r"([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}", text)),
    "uri": lambda text: bool(urlsplit(text).scheme),
    "uuid": _raises(uuid.UUID),
    "uuid3": lambda text: _is_uuid(text, 3),
    "uuid4": lambda text: _is_uuid(text, 4),
    "uuid5": lambda text: _is_uuid(text, 5),
}


def fits(text: str, name: str) -> bool:
    """Whether a text has a format; any text has one that the server does not know."""
    check = _CHECKS.get(name)
    return check is None or check(text)
