"""Which names and labels Kubernetes accepts.

https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and, for labels,
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

DNS_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
"""Pattern of a DNS label, such as the name of a namespace: at most 63 characters."""

_SUBDOMAIN: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)

_LABEL_NAME: Final = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"

_PORT_NAME: Final = re.compile(r"(?=.{1,15}\Z)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")

LABEL_KEY: Final = rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_LABEL_NAME}"
"""Pattern of a label's key: a name of at most 63 characters after an optional ``domain/``."""

LABEL_VALUE: Final = f"({_LABEL_NAME})?"
"""Pattern of a label's value: at most 63 letters, digits, ``-``, ``_`` and ``.``; it may be empty."""


def is_dns_label(text: str) -> bool:
    """Whether *text* can name a namespace: at most 63 lower-case letters, digits and hyphens."""
    return re.fullmatch(DNS_LABEL, text) is not None


def is_subdomain(text: str) -> bool:
    """Whether *text* can name most other objects: DNS labels and dots, at most 253 characters."""
    return _SUBDOMAIN.fullmatch(text) is not None


@lru_cache(maxsize=1 << 14)  # the labels of a cluster repeat in each of its policies
def is_label_value(text: str) -> bool:
    """Whether *text* can be the value of a label."""
    return re.fullmatch(LABEL_VALUE, text) is not None


@lru_cache(maxsize=1 << 14)
def is_label_key(text: str) -> bool:
    """Whether *text* can be the key of a label: a name, by itself or after a DNS name and a slash."""
    domain, slash, name = text.rpartition("/")
    return (not slash or is_subdomain(domain)) and re.fullmatch(_LABEL_NAME, name) is not None


def is_port_name(text: str) -> bool:
    """Whether *text* can name a container's port: https://www.rfc-editor.org/rfc/rfc6335#section-5.1."""
    return _PORT_NAME.fullmatch(text) is not None
